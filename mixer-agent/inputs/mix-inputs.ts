import type { StreamId } from '../../common/contract/ids.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { MixInput, MixSpec } from '../../common/contract/mix.ts';
import { toPixels } from '../../common/layout/pixels.ts';
import type { VideoCodec } from '../mix/media.ts';
import type { Feed, ProcessInput } from '../mix/protocol.ts';
import type { AgentParts } from '../parts.ts';
import type { FeedPlace } from './feeding.ts';
import { InputTrack } from './input-track.ts';
import type { Tile } from './tile-layers.ts';

const kinds: readonly Kind[] = ['audio', 'video'];

interface Input {
  spec: MixInput;
  readonly tracks: Map<Kind, InputTrack>;
}

export interface MixInputsOptions {
  parts: AgentParts;
  place: FeedPlace;
  names: Record<string, string>;
  /** What a mix process has to know of the inputs has changed. */
  onChange: () => void;
}

/** The streams that are mixed, on their way into the mix process. */
export class MixInputs {
  readonly #options: MixInputsOptions;
  readonly #inputs = new Map<StreamId, Input>();

  constructor(options: MixInputsOptions) {
    this.#options = options;
  }

  /** Fetches what is new, gives up what is gone, and lets flow what is heard and shown. */
  set(spec: MixSpec): void {
    const wanted = new Map(spec.inputs.map((input) => [input.stream, input]));
    for (const [stream, input] of this.#inputs) {
      if (wanted.has(stream)) continue;
      this.#inputs.delete(stream);
      for (const track of input.tracks.values()) track.close();
    }
    const tiles = tilesOf(spec);
    for (const [stream, input] of wanted) this.#setInput(input, { spec, tile: tiles.get(stream) });
  }

  /** As a mix process sees them, in their order. */
  feeds(): ProcessInput[] {
    return [...this.#inputs.values()].map(({ spec: { stream, participant, name, video }, tracks }) => {
      const audio = feedOf(tracks.get('audio')) as Feed<'opus'> | undefined;
      const picture = feedOf(tracks.get('video')) as Feed<VideoCodec> | undefined;
      return {
        stream,
        participant,
        name,
        hasVideo: video !== undefined,
        ...(audio === undefined ? {} : { audio }),
        ...(picture === undefined ? {} : { video: picture }),
      };
    });
  }

  /** A picture cannot be decoded. */
  askKeyFrame(ssrc: number): void {
    for (const track of this.#tracks()) if (track.feeding?.codec.ssrc === ssrc) track.feeding.askKeyFrame();
  }

  /** Nobody has seen anything yet. */
  askKeyFrames(): void {
    for (const track of this.#tracks()) track.feeding?.askKeyFrame();
  }

  close(): void {
    for (const track of this.#tracks()) track.close();
    this.#inputs.clear();
  }

  #setInput(input: MixInput, { spec, tile }: { spec: MixSpec; tile: Tile | undefined }): void {
    const known = this.#inputs.get(input.stream) ?? { spec: input, tracks: new Map<Kind, InputTrack>() };
    known.spec = input;
    // In the order of the spec.
    this.#inputs.delete(input.stream);
    this.#inputs.set(input.stream, known);
    for (const kind of kinds) {
      const wanted = spec[kind] === undefined || spec[kind] === false ? undefined : input[kind];
      let track = known.tracks.get(kind);
      if (wanted === undefined) {
        known.tracks.delete(kind);
        track?.close();
        continue;
      }
      if (track === undefined) {
        track = this.#makeTrack(input.stream, kind);
        known.tracks.set(kind, track);
      }
      track.set({ track: wanted, tile: kind === 'video' ? tile : undefined });
    }
  }

  #makeTrack(stream: StreamId, kind: Kind): InputTrack {
    const { parts, place, onChange } = this.#options;
    const names = { ...this.#options.names, stream, kind };
    return new InputTrack({ parts, place, kind, names, onChange });
  }

  *#tracks(): Generator<InputTrack> {
    for (const { tracks } of this.#inputs.values()) yield* tracks.values();
  }
}

/** Where each stream is shown; nowhere when nobody receives pictures. */
function tilesOf({ layout, video, outputs }: MixSpec): Map<StreamId, Tile> {
  const tiles = new Map<StreamId, Tile>();
  if (video === undefined || outputs.video.length === 0) return tiles;
  const { resolution, fit, framerate } = video;
  for (const { stream, region } of layout) {
    if (stream !== undefined) tiles.set(stream, { size: toPixels(region.area, resolution), fit, framerate });
  }
  return tiles;
}

function feedOf(track: InputTrack | undefined): Feed<'opus' | VideoCodec> | undefined {
  const feeding = track?.feeding;
  return feeding === undefined ? undefined : { ...feeding.codec, paused: feeding.paused };
}
