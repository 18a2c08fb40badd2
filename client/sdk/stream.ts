import type { Attributes, RemoteTrack, TrackSource } from './types.ts';
import type { StreamInfo, TrackInfo } from './wire.ts';

const toTrack = (track: TrackInfo): RemoteTrack => ({
  id: track.id,
  kind: track.type,
  muted: track.status === 'inactive',
  format: track.format as RemoteTrack['format'],
  ...(track.source !== undefined && { source: track.source }),
  ...(track.parameters !== undefined && {
    parameters: track.parameters as RemoteTrack['parameters'] & object,
  }),
  ...(track.layers !== undefined && { layers: track.layers }),
});

/** A stream of somebody else, or one mixed by the room. The object stays the same while the stream lives. */
export class RemoteStream {
  readonly id: string;
  #info: StreamInfo;

  /** @internal */
  constructor(info: StreamInfo) {
    this.id = info.id;
    this.#info = info;
  }

  /** Id of the participant who publishes it; null for streams of the room itself. */
  get participantId(): string | null {
    return this.#info.info.owner === 'admin' ? null : this.#info.info.owner;
  }

  get type(): 'forward' | 'mixed' {
    return this.#info.type;
  }

  /** `interrupted`: its publisher lost its server and is about to publish again. */
  get status(): 'active' | 'interrupted' {
    return this.#info.status;
  }

  get attributes(): Attributes {
    return this.#info.info.attributes;
  }

  get audio(): RemoteTrack | undefined {
    return this.#track('audio');
  }

  get video(): RemoteTrack | undefined {
    return this.#track('video');
  }

  get tracks(): RemoteTrack[] {
    return this.#info.media.tracks.map(toTrack);
  }

  /** Where its picture comes from, or its sound when it has no picture. */
  get source(): TrackSource | undefined {
    return (this.video ?? this.audio)?.source;
  }

  /** Which of its tracks are muted; a missing track counts as muted. */
  get muted(): { audio: boolean; video: boolean } {
    return { audio: this.audio?.muted ?? true, video: this.video?.muted ?? true };
  }

  /** @internal */
  get info(): StreamInfo {
    return this.#info;
  }

  /** @internal */
  set info(info: StreamInfo) {
    this.#info = info;
  }

  #track(kind: 'audio' | 'video'): RemoteTrack | undefined {
    const track = this.#info.media.tracks.find((one) => one.type === kind);
    return track && toTrack(track);
  }
}
