import { Emitter } from './emitter.ts';
import type { EventSource } from './emitter.ts';
import type { Layout, LayoutRule } from './layout-types.ts';
import type { Attributes, MixedStreamEvents, RemoteTrack, TrackSource } from './types.ts';
import type { MixedStreamInfo, StreamInfo, TrackInfo } from './wire.ts';

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
    const { type, info } = this.#info;
    return type === 'mixed' || info.owner === 'admin' ? null : info.owner;
  }

  get type(): 'forward' | 'mixed' {
    return this.#info.type;
  }

  /** `interrupted`: its publisher, or whoever mixes it, lost its server; it is about to come back. */
  get status(): 'active' | 'interrupted' {
    return this.#info.status;
  }

  get attributes(): Attributes {
    return this.#info.type === 'mixed' ? {} : this.#info.info.attributes;
  }

  /** Labels of the views that it is mixed into. */
  get inViews(): readonly string[] {
    return this.#info.type === 'mixed' ? [] : this.#info.info.inViews;
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

/** A view of the room: one picture and one sound of all who are mixed into it. */
export class MixedStream extends RemoteStream implements EventSource<MixedStreamEvents> {
  readonly #events = new Emitter<MixedStreamEvents>();

  /** Of its view. */
  get label(): string {
    return this.#mix.label;
  }

  /** What it shows where, in the order of its regions; those without a stream are empty. */
  get layout(): Layout {
    return this.#mix.layout;
  }

  /** What decides about the regions: a template, or `custom` regions that somebody set; undefined without a picture. */
  get template(): LayoutRule | undefined {
    return this.#mix.template;
  }

  /** Whether whoever speaks moves to the first region. */
  get followsSpeaker(): boolean {
    return this.#mix.follow ?? false;
  }

  /** Id of the stream whose owner speaks, or spoke last; null before anybody has. */
  get activeInput(): string | null {
    const { activeInput } = this.#mix;
    return activeInput === 'unknown' ? null : activeInput;
  }

  on<N extends keyof MixedStreamEvents>(
    name: N,
    listener: (event: MixedStreamEvents[N]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  once<N extends keyof MixedStreamEvents>(
    name: N,
    listener: (event: MixedStreamEvents[N]) => void,
  ): () => void {
    return this.#events.once(name, listener);
  }

  off<N extends keyof MixedStreamEvents>(name: N, listener: (event: MixedStreamEvents[N]) => void): void {
    this.#events.off(name, listener);
  }

  /** @internal One of its own properties has changed. */
  changed(property: keyof MixedStreamEvents): void {
    if (property === 'layout') this.#events.emit('layout', { layout: this.layout });
    else this.#events.emit('activeInput', { activeInput: this.activeInput });
  }

  get #mix(): MixedStreamInfo['info'] {
    return (this.info as MixedStreamInfo).info;
  }
}

/** @internal The object for a stream as the room describes it. */
export const streamOf = (info: StreamInfo): RemoteStream =>
  info.type === 'mixed' ? new MixedStream(info) : new RemoteStream(info);
