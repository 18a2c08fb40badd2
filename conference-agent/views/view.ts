import type { Inventory, ViewRecord } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { StreamId as StreamIdSchema, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import type { ParticipantId, StreamId, TrackId } from '../../common/contract/ids.ts';
import type { Layout, LayoutMode } from '../../common/contract/layout.ts';
import type { Kind, MixedStreamInfo, TrackInfo } from '../../common/contract/media.ts';
import type { MixState, VideoOutput } from '../../common/contract/mix.ts';
import type { Origin } from '../../common/contract/origin.ts';
import type { View as ViewSettings } from '../../common/contract/room-settings.ts';
import { ViewLayout } from '../../common/layout/view-layout.ts';
import { Stream } from '../stream.ts';
import { optionalOf, mainOutput, type Variants, type ViewVideo } from './variants.ts';

/** Streams mixed into one view at most. */
export const mostMixed = 1_000;

/** A mix that runs, and where. */
export interface RunningMix {
  agent: MemberId;
  state: MixState;
}

/** A mix as a mixer agent lists it. */
export type ListedMix = NonNullable<Inventory['mixes']>[number];

const trackIndex = { audio: 0, video: 1 } as const;

/** One mixed stream of a room (OWT 5.3): what goes into it, what it shows where. Whether it runs is another matter. */
export class View {
  readonly label: string;
  readonly stream: StreamId;
  /** Streams that are mixed in, in the order in which they came. */
  readonly mixed = new Set<StreamId>();
  /** Streams that somebody took out: they are not mixed in again by themselves. */
  readonly unmixed = new Set<StreamId>();
  /** Stream of whoever spoke last. */
  activeInput: StreamId | undefined;
  /** Set while its mix was lost and is not back yet. */
  interrupted = false;
  running: RunningMix | undefined;
  /** Somebody has changed what it shows since this process owns the room. */
  touched = false;
  /** Its id and those of its tracks. */
  readonly #names: ReadonlySet<string>;
  #settings: ViewSettings;
  #variants: Variants;
  /** Chosen while the room runs; undefined: as configured. */
  #followsSpeaker: boolean | undefined;
  #layout: ViewLayout | undefined;

  /** Id of the mixed stream of a view. */
  static streamId(room: RoomId, label: string): StreamId {
    return StreamIdSchema.parse(`${room}-${label}`);
  }

  constructor(room: RoomId, settings: ViewSettings, variants: Variants) {
    this.label = settings.label;
    this.stream = View.streamId(room, settings.label);
    this.#names = new Set([this.stream, Stream.trackId(this.stream, 0), Stream.trackId(this.stream, 1)]);
    this.#settings = settings;
    this.#variants = variants;
    this.#layout = makeLayout(settings);
  }

  get settings(): ViewSettings {
    return this.#settings;
  }

  /** Undefined: a view without picture. */
  get video(): ViewVideo | undefined {
    return this.#settings.video === false ? undefined : this.#settings.video;
  }

  get variants(): Variants {
    return this.#variants;
  }

  get layout(): Layout {
    return this.#layout?.layout ?? [];
  }

  /** What decides about the regions; undefined: there are none. */
  get layoutMode(): LayoutMode | undefined {
    return this.#layout && { template: this.#layout.template, follow: this.followsSpeaker };
  }

  /** Whether whoever speaks moves to the first region. */
  get followsSpeaker(): boolean {
    return this.#followsSpeaker ?? this.video?.keepActiveInputPrimary ?? false;
  }

  set followsSpeaker(follows: boolean) {
    this.#followsSpeaker = follows;
  }

  track(kind: Kind): TrackId | undefined {
    if (kind === 'video' && this.video === undefined) return undefined;
    return Stream.trackId(this.stream, trackIndex[kind]);
  }

  /** Whether a stream or track of this name would be mistaken for this one. */
  isNamed(id: string): boolean {
    return this.#names.has(id);
  }

  /** Other settings of the same view: its inputs stay, its layout as far as it was not configured anew. */
  configure(settings: ViewSettings, variants: Variants): boolean {
    const before = JSON.stringify([this.#settings, this.#variants]);
    if (before === JSON.stringify([settings, variants])) return false;
    const shown = this.#layout?.record();
    const kept =
      layoutText(this.#settings) === layoutText(settings) ? shown : { inputs: shown?.inputs ?? [] };
    this.#settings = settings;
    this.#variants = variants;
    this.#layout = makeLayout(settings, kept);
    return true;
  }

  /** What is needed to change the layout. @throws PorticoError `bad_request` when there is no picture. */
  requireLayout(): ViewLayout {
    if (this.#layout !== undefined) return this.#layout;
    throw new PorticoError('bad_request', `the view '${this.label}' has no picture`, { field: 'id' });
  }

  /** @param shown it has a picture, and takes a region */
  add(stream: StreamId, shown: boolean): void {
    this.mixed.add(stream);
    this.unmixed.delete(stream);
    if (shown) this.#layout?.add(stream);
  }

  /** Takes a stream out. Returns whether it was in. */
  remove(stream: StreamId): boolean {
    this.unmixed.delete(stream);
    if (!this.mixed.delete(stream)) return false;
    this.#layout?.remove(stream);
    if (this.activeInput === stream) this.activeInput = undefined;
    return true;
  }

  /** Region in which a stream is shown right now. */
  regionOf(stream: StreamId): string | undefined {
    return this.layout.find((entry) => entry.stream === stream)?.region.id;
  }

  /** What it showed at the owner before; what has come since follows. */
  restore(record: ViewRecord): void {
    if (this.touched) {
      const missing = record.mixed.filter((stream) => !this.unmixed.has(stream));
      for (const stream of missing) this.add(stream, record.layout.inputs.includes(stream));
      return;
    }
    const since = [...this.mixed].filter((stream) => !record.mixed.includes(stream));
    const shownSince = since.filter((stream) => this.#layout?.has(stream) === true);
    this.mixed.clear();
    for (const stream of [...record.mixed.slice(0, mostMixed), ...since]) this.mixed.add(stream);
    for (const stream of record.unmixed ?? []) if (!this.mixed.has(stream)) this.unmixed.add(stream);
    this.#layout = makeLayout(this.#settings, record.layout);
    for (const stream of shownSince) this.#layout?.add(stream);
    this.#followsSpeaker = record.keepActiveInputPrimary ?? this.#followsSpeaker;
    this.activeInput ??= record.activeInput;
  }

  /** For whoever has to rebuild the room. */
  record(): ViewRecord {
    return {
      label: this.label,
      mixed: [...this.mixed],
      layout: this.#layout?.record() ?? { inputs: [] },
      ...(this.unmixed.size === 0 ? {} : { unmixed: [...this.unmixed] }),
      ...(this.#followsSpeaker === undefined ? {} : { keepActiveInputPrimary: this.#followsSpeaker }),
      ...(this.activeInput === undefined ? {} : { activeInput: this.activeInput }),
    };
  }

  /** Where an output can be received; undefined while it cannot. */
  origin(kind: Kind, key: string): Origin | undefined {
    if (this.running === undefined) return undefined;
    const { agent, state } = this.running;
    const outputs: readonly { key: string; producer: Origin['producer'] }[] = state[kind];
    const found = outputs.find((output) => output.key === key);
    return found === undefined ? undefined : { agent, router: state.router, producer: found.producer };
  }

  /** Whether a track that was granted is still an output of the mix that runs. */
  isCurrent(kind: Kind, { agent, producer }: Origin): boolean {
    if (this.running?.agent !== agent) return false;
    return this.running.state[kind].some((output) => output.producer === producer);
  }

  /** As clients see it (OWT 5.3). */
  toInfo(): MixedStreamInfo {
    const tracks = [this.#audioInfo(), ...(this.video === undefined ? [] : [this.#videoInfo(this.video)])];
    return {
      id: this.stream,
      type: 'mixed',
      status: this.interrupted ? 'interrupted' : 'active',
      media: { tracks },
      data: false,
      info: {
        label: this.label,
        activeInput: this.activeInput ?? 'unknown',
        layout: this.layout,
        ...this.layoutMode,
      },
    };
  }

  #audioInfo(): TrackInfo {
    const { codec, sampleRate, channelNum } = this.#settings.audio.format;
    return {
      id: Stream.trackId(this.stream, trackIndex.audio),
      type: 'audio',
      source: 'mixed',
      status: 'active',
      format: {
        codec,
        ...(sampleRate === undefined ? {} : { sampleRate }),
        ...(channelNum === undefined ? {} : { channelNum }),
      },
      optional: { format: [] },
    };
  }

  #videoInfo(video: ViewVideo): TrackInfo {
    const { codec, profile } = video.format;
    return {
      id: Stream.trackId(this.stream, trackIndex.video),
      type: 'video',
      source: 'mixed',
      status: 'active',
      format: profile === undefined ? { codec } : { codec, profile },
      parameters: toParameters(mainOutput(video)),
      // A view is encoded with one codec.
      optional: { format: [], parameters: optionalOf(video, this.#variants) },
    };
  }
}

/** What an output delivers. */
export const toParameters = ({ key: _key, ...parameters }: VideoOutput): Omit<VideoOutput, 'key'> =>
  parameters;

/** Key of the sound for somebody: who may speak hears everybody but itself. */
export const audioKeyOf = ({ id, permission }: AudioListener): string =>
  permission.publish?.audio === true ? id : 'common';

interface AudioListener {
  readonly id: ParticipantId;
  readonly permission: { publish?: { audio?: boolean | undefined } | undefined };
}

const layoutText = ({ video }: ViewSettings): string =>
  video === false ? '' : JSON.stringify([video.maxInput, video.layout.templates]);

function makeLayout({ video }: ViewSettings, record?: ViewRecord['layout']): ViewLayout | undefined {
  if (video === false) return undefined;
  return new ViewLayout({ maxInput: video.maxInput, templates: video.layout.templates }, record);
}
