import { EventEmitter } from 'node:events';
import { compareOwners } from '../../common/cluster/owners.ts';
import type { Owner } from '../../common/contract/cluster.ts';
import type { EgressSpec, EgressState } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import type { MediaWorker } from '../../common/media/media-worker.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { EgressProgress } from '../egress/protocol.ts';
import { EgressMedia } from './egress-media.ts';
import { openOutlet, type Outlet } from './outlet.ts';
import type { EgressParts } from './parts.ts';

export interface EgressHostOptions {
  parts: EgressParts;
  worker: MediaWorker;
  owner: Owner;
  spec: EgressSpec;
}

interface EgressHostEvents {
  /** The owner of the room has to hear of it; with a reason when it is over. */
  changed: [EgressState, EgressEndReason | undefined];
  /** It has got further. */
  measured: [EgressState];
  /** Nothing is left to be done. */
  gone: [];
}

/** One recording or live stream, as its owner wants it. */
export class EgressHost extends EventEmitter<EgressHostEvents> {
  readonly worker: MediaWorker;
  readonly #parts: EgressParts;
  readonly #log: Logger;
  #owner: Owner;
  #spec: EgressSpec;
  #state: EgressState;
  #opening: Promise<void> | undefined;
  #beginning: Promise<void> | undefined;
  #outlet: Outlet | undefined;
  #media: EgressMedia | undefined;
  #ending: Promise<void> | undefined;
  #reason: EgressEndReason | undefined;

  constructor({ parts, worker, owner, spec }: EgressHostOptions) {
    super();
    this.#parts = parts;
    this.worker = worker;
    this.#owner = owner;
    this.#spec = spec;
    this.#log = parts.log.child({ room: spec.room, egress: spec.id });
    this.#state = {
      id: spec.id,
      revision: spec.revision,
      part: spec.part,
      status: 'connecting',
      durationMs: 0,
      bytes: 0,
      bitrate: 0,
      dropped: 0,
      reconnects: 0,
      files: [],
    };
  }

  get spec(): EgressSpec {
    return this.#spec;
  }

  get state(): EgressState {
    return this.#state;
  }

  /** Of the process that runs at the moment. */
  get pid(): number | undefined {
    return this.#media?.pid;
  }

  /**
   * Makes it what the newest spec says that was told so far; resolves when it has been taken on.
   * @throws PorticoError `resource_exhausted`, `bad_request`, `unavailable`, `worker_lost`
   */
  async apply(owner: Owner, spec: EgressSpec): Promise<EgressState> {
    const order = compareOwners(owner, this.#owner);
    // Each owner counts revisions for itself.
    if (order > 0 || (order === 0 && spec.revision > this.#spec.revision)) {
      this.#owner = owner;
      this.#spec = spec;
      this.#state = { ...this.#state, revision: spec.revision };
      this.#media?.set(spec);
    }
    this.#opening ??= this.#open();
    await this.#opening;
    return this.#state;
  }

  /** Ends it; resolves when everything is written. Files are finished later. */
  async close(reason: EgressEndReason): Promise<EgressState> {
    this.#end(reason);
    await this.#ending;
    return this.#state;
  }

  /** Resolves when its files are finished, too. */
  async finished(): Promise<void> {
    await this.#ending;
    if (this.#state.status === 'finalising') await new Promise<void>((resolve) => this.once('gone', resolve));
  }

  async #open(): Promise<void> {
    try {
      this.#outlet = await openOutlet(this.#parts, this.#spec);
    } catch (error) {
      // Whoever asked hears of it by this; there is nothing to be ended.
      this.#state = { ...this.#state, status: 'failed' };
      this.#ending = Promise.resolve();
      this.emit('gone');
      throw error;
    }
    const { url, target } = this.#outlet;
    if (url !== undefined) this.#state = { ...this.#state, url };
    // Whoever asked need not wait for a process; that it does not start is told as everything else.
    this.#beginning = this.#begin(target).catch((error: unknown) => {
      this.#failed(error);
    });
  }

  async #begin(target: Outlet['target']): Promise<void> {
    const { worker } = this;
    const media = await EgressMedia.open({
      ...{ parts: this.#parts, worker, spec: this.#spec, target, log: this.#log },
    });
    this.#media = media;
    this.#watch(media);
    // It may have changed meanwhile.
    media.set(this.#spec);
    this.#log.info({ target: target.type }, 'egress began');
  }

  #watch(media: EgressMedia): void {
    media
      .on('progress', (progress) => {
        this.#note(progress);
      })
      .on('over', ({ reason, progress }) => {
        this.#note(progress);
        this.#end(reason);
      })
      .on('restarted', () => {
        this.#parts.metrics.restarts.inc();
      })
      .once('failed', () => {
        // Another agent, or another worker of this one, can go on.
        const error = { code: 'worker_lost', message: 'the process or media worker was lost' };
        this.#fail('shutdown', error);
      });
  }

  #note(progress: EgressProgress): void {
    if (this.#ending !== undefined) return;
    const before = this.#state.status;
    this.#state = { ...this.#state, ...progress };
    if (progress.error === undefined) delete this.#state.error;
    this.emit('measured', this.#state);
    // That it failed is told with its end.
    if (progress.status !== before && progress.status !== 'failed') this.#tell();
  }

  /** Another agent may be able to do what this one is not; a wrong address is wrong everywhere. */
  #failed(error: unknown): void {
    const { code, message, retryable } = PorticoError.from(error);
    this.#fail(retryable ? 'shutdown' : 'failed', { code, message });
  }

  #fail(reason: EgressEndReason, error: NonNullable<EgressState['error']>): void {
    this.#state = { ...this.#state, error };
    this.#end(reason);
  }

  #end(reason: EgressEndReason): void {
    if (this.#ending !== undefined) return;
    this.#reason = reason;
    this.#log.info({ reason, error: this.#state.error }, 'egress ends');
    this.#ending = this.#finishMedia();
    void this.#ending.then(() => this.#finishFiles(reason));
  }

  async #finishMedia(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#beginning;
    await this.#media?.close();
    this.#state = { ...this.#state, status: 'finalising', bitrate: 0 };
  }

  async #finishFiles(reason: EgressEndReason): Promise<void> {
    this.#tell();
    try {
      const files = (await this.#outlet?.finish(reason)) ?? [];
      this.#state = { ...this.#state, files, status: reason === 'failed' ? 'failed' : 'ended' };
    } catch (error) {
      // What was written stays in the folder; the next start tries again.
      const { code, message } = PorticoError.from(error);
      this.#log.error({ err: error }, 'recording not finished');
      this.#state = { ...this.#state, status: 'failed', error: { code, message } };
    }
    this.#tell();
    this.emit('gone');
  }

  #tell(): void {
    this.emit('changed', this.#state, this.#reason);
  }
}
