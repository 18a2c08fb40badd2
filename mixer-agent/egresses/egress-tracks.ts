import type { EgressAudio, EgressSpec, EgressVideo } from '../../common/contract/egress.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { EgressProcessSpec } from '../egress/protocol.ts';
import type { FeedPlace } from '../inputs/feeding.ts';
import { InputTrack } from '../inputs/input-track.ts';
import type { Tile } from '../inputs/tile-layers.ts';
import type { VideoCodec } from '../mix/media.ts';
import type { Feed } from '../mix/protocol.ts';
import type { AgentParts } from '../parts.ts';

export interface EgressTracksOptions {
  parts: AgentParts;
  place: FeedPlace;
  /** For the log. */
  names: Record<string, string>;
  /** What a process has to know of them has changed. */
  onChange: () => void;
}

interface Wanted {
  audio: EgressAudio | undefined;
  video: EgressVideo | undefined;
}

/** As large and as smooth as it comes, unless something smaller is asked for. */
const largest = { width: 7_680, height: 4_320 };
const smoothest = 60;

/** The sound and the picture of a recording or live stream, on their way into its process. */
export class EgressTracks {
  readonly #options: EgressTracksOptions;
  readonly #tracks = new Map<Kind, InputTrack>();
  #wanted: Wanted = { audio: undefined, video: undefined };

  constructor(options: EgressTracksOptions) {
    this.#options = options;
  }

  set({ audio, video }: EgressSpec): void {
    this.#wanted = { audio, video };
    this.#setTrack('audio', audio);
    this.#setTrack('video', video, tileOf(video));
  }

  /** As a process sees them. */
  feeds(): Pick<EgressProcessSpec, 'audio' | 'video'> {
    const { audio, video } = this.#wanted;
    return {
      ...(audio === undefined
        ? {}
        : { audio: { ...this.#feed<'opus'>('audio', audio), ...encodeOf(audio) } }),
      ...(video === undefined
        ? {}
        : { video: { ...this.#feed<VideoCodec>('video', video), ...encodeOf(video) } }),
    };
  }

  askKeyFrame(ssrc: number): void {
    const feeding = this.#tracks.get('video')?.feeding;
    if (feeding?.codec.ssrc === ssrc) feeding.askKeyFrame();
  }

  /** Nobody has seen anything yet. */
  askKeyFrames(): void {
    this.#tracks.get('video')?.feeding?.askKeyFrame();
  }

  close(): void {
    for (const track of this.#tracks.values()) track.close();
    this.#tracks.clear();
  }

  #setTrack(kind: Kind, wanted: EgressAudio | EgressVideo | undefined, tile?: Tile): void {
    let track = this.#tracks.get(kind);
    if (wanted === undefined) {
      track?.close();
      this.#tracks.delete(kind);
      return;
    }
    if (track === undefined) {
      const { parts, place, names, onChange } = this.#options;
      track = new InputTrack({ parts, place, kind, names: { ...names, kind }, onChange });
      this.#tracks.set(kind, track);
    }
    const { id, origin, paused, muted } = wanted;
    const { parameters, layers } = wanted as EgressVideo;
    const asked = {
      id,
      paused: paused || muted,
      ...(origin === undefined ? {} : { origin }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(layers === undefined ? {} : { layers }),
    };
    track.set({ track: asked, tile });
  }

  #feed<Codec>(
    kind: Kind,
    { id, paused, muted }: EgressAudio | EgressVideo,
  ): {
    track: string;
    silent: boolean;
    feed?: Feed<Codec>;
  } {
    const feeding = this.#tracks.get(kind)?.feeding;
    const silent = paused || muted;
    if (feeding === undefined) return { track: id, silent };
    return { track: id, silent, feed: { ...feeding.codec, paused: feeding.paused } as Feed<Codec> };
  }
}

const encodeOf = <E>({ encode }: { encode?: E | undefined }): { encode?: E } =>
  encode === undefined ? {} : { encode };

function tileOf(video: EgressVideo | undefined): Tile | undefined {
  if (video === undefined) return undefined;
  const { resolution: size = largest, framerate = smoothest } = video.encode ?? {};
  return { size, fit: 'letterbox', framerate };
}
