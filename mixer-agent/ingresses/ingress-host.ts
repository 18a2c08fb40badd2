import { EventEmitter } from 'node:events';
import { compareOwners } from '../../common/cluster/owners.ts';
import type { Owner } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type { IngressSpec, IngressState } from '../../common/contract/ingress.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import { SerialQueue } from '../../common/lifecycle/serial-queue.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { IngressProgress } from '../ingress/protocol.ts';
import { IngressMedia } from './ingress-media.ts';
import type { Placed } from '../placement.ts';
import type { IngressParts } from './parts.ts';

/** How long whoever asks waits for media, ms. */
const patienceMs = 20_000;

export interface IngressHostOptions {
  parts: IngressParts;
  room: RoomId;
  owner: Owner;
  spec: IngressSpec;
}

interface IngressHostEvents {
  /** The owner of the room has to hear of it. */
  changed: [IngressState];
  /** It is over here. */
  closed: [];
  /** Something that is waited for may be there. */
  news: [];
}

/** Between attempts to go on after a media worker was lost, ms. */
const reopen = { baseMs: 200, maxMs: 5_000 };

const workerLost = { code: 'worker_lost', message: 'the media worker was lost' };
const noProcess = {
  code: 'unavailable',
  message: 'the process that fetches the stream does not keep running',
};

/** One stream that is fetched, as its owner wants it. */
export class IngressHost extends EventEmitter<IngressHostEvents> {
  readonly room: RoomId;
  readonly #options: IngressHostOptions;
  readonly #log: Logger;
  readonly #queue = new SerialQueue();
  #owner: Owner;
  #spec: IngressSpec;
  /** What the media follow. */
  #applied: IngressSpec | undefined;
  #state: IngressState;
  #media: IngressMedia | undefined;
  #place: Placed | undefined;
  readonly #closing = new AbortController();

  constructor(options: IngressHostOptions) {
    super();
    this.setMaxListeners(0);
    const { parts, room, owner, spec } = options;
    this.#options = options;
    this.room = room;
    this.#owner = owner;
    this.#spec = spec;
    this.#log = parts.log.child({ room, stream: spec.stream });
    this.#state = {
      ...{ stream: spec.stream, revision: spec.revision, status: 'connecting', tracks: [] },
      ...{ transcoded: { audio: false, video: false }, bitrate: 0, reconnects: 0 },
    };
  }

  /** The newest spec. */
  get spec(): IngressSpec {
    return this.#spec;
  }

  get state(): IngressState {
    return this.#state;
  }

  /** Of the process that runs at the moment. */
  get pid(): number | undefined {
    return this.#media?.pid;
  }

  /**
   * Makes it what the newest spec says that was told so far; resolves when media come, or something hinders them.
   * @throws PorticoError `bad_request`, `unavailable`, `worker_lost`
   */
  async apply(owner: Owner, spec: IngressSpec): Promise<IngressState> {
    const order = compareOwners(owner, this.#owner);
    // Each owner counts revisions for itself.
    if (order > 0 || (order === 0 && spec.revision > this.#spec.revision)) {
      this.#owner = owner;
      this.#spec = spec;
    }
    await this.#queue.run(() => this.#reconcile());
    await this.#settled();
    if (this.#closed) throw this.#gone();
    return this.#state;
  }

  /** Ends it; resolves when its process is gone. */
  async close(why: 'closed' | 'orphaned' | 'shutdown' | 'failed'): Promise<void> {
    if (this.#closed) return;
    this.#closing.abort();
    this.#log.info({ reason: why }, 'ingress closed');
    const gone = this.#media?.close(why === 'shutdown' ? 'source_interrupted' : 'source_ended');
    this.#leave();
    this.emit('closed');
    this.emit('news');
    await gone;
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #reconcile(): Promise<void> {
    const spec = this.#spec;
    if (this.#closed) throw this.#gone();
    if (spec === this.#applied) return;
    if (this.#media === undefined) await this.#open(spec);
    else await this.#media.set(spec);
    if (this.#closed) throw this.#gone();
    // What the process says of the source before counts no more.
    if (this.#applied?.url !== undefined && this.#applied.url !== spec.url)
      this.#state = { ...this.#state, status: 'connecting' };
    this.#applied = spec;
    this.#state = { ...this.#state, revision: spec.revision, ...this.#media?.state() };
    this.#log.info({ revision: spec.revision }, 'ingress applied');
  }

  async #open(spec: IngressSpec): Promise<void> {
    let media: IngressMedia;
    try {
      media = await this.#openMedia(spec);
    } catch (error) {
      void this.close('failed');
      throw error;
    }
    if (!this.#closed) return;
    await media.close('source_ended');
    throw this.#gone();
  }

  async #openMedia(spec: IngressSpec): Promise<IngressMedia> {
    const { parts, room } = this.#options;
    const { placement } = parts;
    await placement.ready();
    this.#leave();
    this.#place = placement.place(room);
    const { worker } = this.#place;
    const media = await IngressMedia.open({ parts, room, worker, spec, log: this.#log });
    this.#media = media;
    this.#watch(media);
    return media;
  }

  #watch(media: IngressMedia): void {
    const { parts } = this.#options;
    media
      .on('progress', (progress) => {
        this.#note(progress);
      })
      .on('tracks', () => {
        this.#change(media.state());
      })
      .on('restarted', () => {
        parts.metrics.restarts.inc();
      })
      .once('failed', (what) => {
        if (what === 'worker') void this.#queue.run(() => this.#reopen());
        else this.#fail();
      });
    // What it said while it was opened.
    this.#change(media.state());
  }

  /** The media worker is gone: goes on with another one, as other producers. */
  async #reopen(): Promise<void> {
    await this.#media?.close('source_interrupted');
    this.#change({ status: 'retrying', error: workerLost, bitrate: 0, tracks: [] });
    for (let attempt = 0; !this.#closed; attempt += 1) {
      const spec = this.#spec;
      try {
        const media = await this.#openMedia(spec);
        if (this.#closed) await media.close('source_ended');
        this.#applied = spec;
        return;
      } catch (error) {
        this.#log.warn({ err: error }, 'ingress cannot go on yet');
        await pause(backoff(attempt, reopen), this.#closing.signal);
      }
    }
  }

  #fail(): void {
    this.#change({ status: 'failed', error: noProcess, bitrate: 0 });
    void this.close('failed');
  }

  #leave(): void {
    if (this.#place !== undefined) this.#options.parts.placement.leave(this.#place);
    this.#place = undefined;
  }

  #note(progress: IngressProgress): void {
    const { status, reconnects, error, bitrate } = progress;
    const before = this.#state;
    if (reconnects > before.reconnects) this.#options.parts.metrics.reconnects.inc();
    if (status !== before.status && (status === 'ended' || status === 'failed'))
      this.#options.parts.metrics.ended.inc({ status });
    const { error: last, ...rest } = before;
    this.#state = { ...rest, status, reconnects, bitrate, ...(error === undefined ? {} : { error }) };
    if (status !== before.status || error?.message !== last?.message) this.#tell();
  }

  #change(change: Partial<IngressState>): void {
    this.#state = { ...this.#state, ...change };
    this.#tell();
  }

  #tell(): void {
    if (this.#closed) return;
    this.emit('changed', this.#state);
    this.emit('news');
  }

  /** Media come and can be received, or something hinders that. */
  get #isSettled(): boolean {
    const { status, tracks } = this.#state;
    return this.#closed || (status === 'live' ? tracks.length > 0 : status !== 'connecting');
  }

  async #settled(): Promise<void> {
    const patience = new AbortController();
    const come = new Promise<void>((resolve) => {
      const look = () => {
        if (!this.#isSettled && !patience.signal.aborted) return;
        this.off('news', look);
        resolve();
      };
      this.on('news', look);
      patience.signal.addEventListener('abort', look);
      look();
    });
    await Promise.race([come, pause(patienceMs, patience.signal)]);
    patience.abort();
  }

  #gone(): PorticoError {
    const { stream } = this.#spec;
    return new PorticoError(
      'unavailable',
      `the fetched stream '${stream}' of room '${this.room}' was closed`,
    );
  }
}
