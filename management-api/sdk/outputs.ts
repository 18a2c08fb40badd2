import type { MediaSubscriptionPatch, MediaSubscription } from '../schemas/media-requests.ts';
import type { EndedRecording, Recording, RecordingCreation } from '../schemas/recordings.ts';
import type { StreamingIn11, StreamingInCreation } from '../schemas/streaming-ins.ts';
import type { StreamingOut, StreamingOutCreation } from '../schemas/streaming-outs.ts';
import type { Stream11 } from '../schemas/streams.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { AdminRequest, Transport } from './transport.ts';

type Plain<T> = T extends string ? string : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

/** Which sound and which picture: ids of streams (of a view: `<room>-<label>`), or false for none. */
export type MediaSelection = Plain<MediaSubscription>;
export type NewRecording = Omit<RecordingCreation, 'media'> & { media: MediaSelection };
export type NewStreamingOut = Omit<StreamingOutCreation, 'media'> & { media: MediaSelection };

/** What is to change; what is not named stays. */
export interface OutputChanges {
  audio?: { from?: string; paused?: boolean };
  video?: {
    from?: string;
    paused?: boolean;
    resolution?: { width: number; height: number };
    /** 6, 12, 15, 24, 30, 48 or 60. */
    framerate?: number;
    /** kbit/s, or a factor: `x0.8`, `x0.6`, `x0.4`, `x0.2`. */
    bitrate?: number | string;
    /** Seconds: 1, 2, 5, 30 or 100. */
    keyFrameInterval?: number;
  };
}

const kinds = ['audio', 'video'] as const;
const parameters = ['resolution', 'framerate', 'bitrate', 'keyFrameInterval'] as const;

/** The server judges the values, and names the field. */
function patchOf(changes: OutputChanges): MediaSubscriptionPatch {
  const patch: { op: 'replace'; path: string; value: unknown }[] = [];
  const add = (path: string, value: unknown): void => {
    if (value !== undefined) patch.push({ op: 'replace', path: `/media/${path}`, value });
  };
  for (const kind of kinds) {
    const { from, paused } = changes[kind] ?? {};
    add(`${kind}/from`, from);
    add(`${kind}/status`, paused === undefined ? undefined : paused ? 'inactive' : 'active');
  }
  for (const name of parameters) add(`video/parameters/${name}`, changes.video?.[name]);
  return patch as MediaSubscriptionPatch;
}

/** A start may have to wait for a mix, a stop for a disk. */
const patienceMs = 20_000;

/** What leaves a room for a file or another server, and has an id. */
class AdminOutputs<New, Running extends { media: Recording['media'] }> {
  protected readonly transport: Transport;
  readonly #noun: string;

  constructor(transport: Transport, noun: string) {
    this.transport = transport;
    this.#noun = noun;
  }

  /** Those that run, oldest first; none while the room does not run. */
  async list(room: string): Promise<Running[]> {
    return (await this.transport.json<Running[]>({ method: 'GET', path: this.path(room) })).data;
  }

  /** Begins one; the room starts when it does not run. @throws PorticoAdminError `stream_not_found`, `resource_exhausted` */
  async start(room: string, wanted: New): Promise<Running> {
    return await this.#send({ method: 'POST', path: this.path(room), body: wanted, repeat: 'keyed' });
  }

  /** Changes what it receives, and how: all of it, or nothing. */
  async change(room: string, id: string, changes: OutputChanges): Promise<Running> {
    return await this.#send({ method: 'PATCH', path: this.path(room, id), body: patchOf(changes) });
  }

  /** Silence, and the last picture, until `play`. @param only one of the two tracks */
  async pause(room: string, id: string, only?: Kind): Promise<Running> {
    return await this.#setPaused(room, id, { paused: true, only });
  }

  /** Goes on after `pause`. */
  async play(room: string, id: string, only?: Kind): Promise<Running> {
    return await this.#setPaused(room, id, { paused: false, only });
  }

  /** Ends it; everything is written when this resolves. @throws PorticoAdminError `egress_not_found` when it is over already */
  async stop(room: string, id: string): Promise<void> {
    await this.transport.done({ method: 'DELETE', path: this.path(room, id), timeoutMs: patienceMs });
  }

  protected path(room: string, ...more: string[]): string[] {
    return ['v1.1', 'rooms', room, this.#noun, ...more];
  }

  async #setPaused(
    room: string,
    id: string,
    { paused, only }: { paused: boolean; only: Kind | undefined },
  ): Promise<Running> {
    // Of one that is over there is only what has become of it; the server says so.
    const { media } = (
      await this.transport.json<Partial<Running>>({ method: 'GET', path: this.path(room, id) })
    ).data;
    const wanted = kinds.filter((kind) => (only === undefined || kind === only) && media?.[kind] !== false);
    // A kind that was named and is not there is the server's to refuse.
    const named = wanted.length === 0 && only !== undefined ? [only] : wanted;
    return await this.change(room, id, Object.fromEntries(named.map((kind) => [kind, { paused }])));
  }

  async #send(request: AdminRequest): Promise<Running> {
    return (await this.transport.json<Running>({ ...request, timeoutMs: patienceMs })).data;
  }
}

/** Recordings of a room. */
export class AdminRecordings extends AdminOutputs<NewRecording, Recording> {
  constructor(transport: Transport) {
    super(transport, 'recordings');
  }

  /**
   * One that runs, whose files are being finished (`status: 'finalising'`), or that is over (`'ended'`, with its files).
   * @throws PorticoAdminError `egress_not_found`
   */
  async get(room: string, id: string): Promise<Recording | EndedRecording> {
    const request = { method: 'GET', path: this.path(room, id) } as const;
    return (await this.transport.json<Recording | EndedRecording>(request)).data;
  }

  /** Those that are over, newest first, with their files. @param limit 1 to 1000 */
  async ended(room: string, limit = 100): Promise<EndedRecording[]> {
    const request = { method: 'GET', path: this.path(room), query: { ended: 'true', limit } } as const;
    return (await this.transport.json<EndedRecording[]>(request)).data;
  }
}

/** Live streams of a room: to other servers, or served by this one (HLS and DASH without a URL). */
export class AdminStreamingOuts extends AdminOutputs<NewStreamingOut, StreamingOut> {
  constructor(transport: Transport) {
    super(transport, 'streaming-outs');
  }

  /** @throws PorticoAdminError `egress_not_found` */
  async get(room: string, id: string): Promise<StreamingOut> {
    const request = { method: 'GET', path: this.path(room, id) } as const;
    return (await this.transport.json<StreamingOut>(request)).data;
  }
}

/** Streams that are fetched from URLs into a room. */
export class AdminStreamingIns {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list(room: string): Promise<StreamingIn11[]> {
    return (await this.#transport.json<StreamingIn11[]>({ method: 'GET', path: pathOf(room) })).data;
  }

  /** @throws PorticoAdminError `stream_not_found` */
  async get(room: string, id: string): Promise<StreamingIn11> {
    return (await this.#transport.json<StreamingIn11>({ method: 'GET', path: pathOf(room, id) })).data;
  }

  /** Resolves with the stream when media come. @throws PorticoAdminError `source_failed` in the words of the source */
  async start(room: string, wanted: StreamingInCreation): Promise<Stream11> {
    const request = { method: 'POST', path: pathOf(room), body: wanted, repeat: 'keyed' } as const;
    return (await this.#transport.json<Stream11>({ ...request, timeoutMs: 2 * patienceMs })).data;
  }

  async stop(room: string, id: string): Promise<void> {
    await this.#transport.done({ method: 'DELETE', path: pathOf(room, id) });
  }
}

const pathOf = (room: string, ...more: string[]): string[] => [
  'v1.1',
  'rooms',
  room,
  'streaming-ins',
  ...more,
];
