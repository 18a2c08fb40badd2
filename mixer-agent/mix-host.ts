import { EventEmitter } from 'node:events';
import { compareOwners } from '../common/cluster/owners.ts';
import type { Owner } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { RoomId } from '../common/contract/ids.ts';
import type { MixSpec, MixState } from '../common/contract/mix.ts';
import type { MixMeasure } from '../common/contract/mixing.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import { SerialQueue } from '../common/lifecycle/serial-queue.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { Logger } from '../common/observe/log.ts';
import { MixMedia } from './mix-media.ts';
import type { MixParts } from './parts.ts';
import type { ProcessMeasure } from './mix/protocol.ts';

export interface MixHostOptions {
  parts: MixParts;
  room: RoomId;
  worker: MediaWorker;
  owner: Owner;
  spec: MixSpec;
}

/** Ends that nobody asked for: whoever receives the mix may expect it again. */
const interruptions: readonly SessionEndReason[] = ['worker_died', 'shutdown'];

/** One mix, as its owner wants it: the newest spec counts, one change after the other. */
export class MixHost extends EventEmitter<{ closed: [SessionEndReason] }> {
  readonly room: RoomId;
  readonly worker: MediaWorker;
  readonly #parts: MixParts;
  readonly #log: Logger;
  readonly #queue = new SerialQueue();
  readonly #since = performance.now();
  #owner: Owner;
  #spec: MixSpec;
  /** What the media follow. */
  #applied: MixSpec | undefined;
  #media: MixMedia | undefined;
  #measure: ProcessMeasure | undefined;
  #closed = false;

  constructor({ parts, room, worker, owner, spec }: MixHostOptions) {
    super();
    this.#parts = parts;
    this.room = room;
    this.worker = worker;
    this.#owner = owner;
    this.#spec = spec;
    this.#log = parts.log.child({ room, view: spec.view });
    parts.metrics.mixes.inc();
  }

  /** The newest spec. */
  get spec(): MixSpec {
    return this.#spec;
  }

  /** Cores that it uses; undefined as long as that was not measured. */
  get cpu(): number | undefined {
    return this.#measure?.cpu;
  }

  /** ms. */
  get age(): number {
    return performance.now() - this.#since;
  }

  /** Of the process that mixes at the moment. */
  get pid(): number | undefined {
    return this.#media?.pid;
  }

  /**
   * Makes the mix what the newest spec says that was told so far; resolves when it can be received.
   * @throws PorticoError `unavailable` when it does not start, or is closed meanwhile; `worker_lost`
   */
  async apply(owner: Owner, spec: MixSpec): Promise<MixState> {
    const order = compareOwners(owner, this.#owner);
    // Each owner counts revisions for itself.
    if (order > 0 || (order === 0 && spec.revision > this.#spec.revision)) {
      this.#owner = owner;
      this.#spec = spec;
    }
    return await this.#queue.run(() => this.#reconcile());
  }

  /** As inventories tell it; undefined before it can be received. */
  inventory(): { spec: MixSpec; state: MixState } | undefined {
    const spec = this.#applied;
    const state = spec === undefined ? undefined : this.#media?.state(spec);
    return spec === undefined || state === undefined ? undefined : { spec, state };
  }

  /** Undefined as long as nothing was measured. */
  measure(): MixMeasure | undefined {
    if (this.#measure === undefined) return undefined;
    return { view: this.#spec.view, ...this.#measure, restarts: this.#media?.restarts ?? 0 };
  }

  /** Ends it; resolves when its process is gone. */
  async close(reason: SessionEndReason): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.metrics.mixes.dec();
    this.#log.info({ reason }, 'mix closed');
    const gone = this.#media?.close(interruptions.includes(reason) ? 'source_interrupted' : 'source_ended');
    this.emit('closed', reason);
    await gone;
  }

  async #reconcile(): Promise<MixState> {
    const spec = this.#spec;
    if (this.#closed) throw this.#gone();
    let media = this.#media;
    if (media === undefined) media = await this.#open(spec);
    else if (spec !== this.#applied) await media.set(spec);
    if (this.#closed) throw this.#gone();
    if (spec !== this.#applied) {
      const { revision, inputs, outputs } = spec;
      const counts = { inputs: inputs.length, audio: outputs.audio.length, video: outputs.video.length };
      this.#log.info({ revision, ...counts }, 'mix applied');
    }
    this.#applied = spec;
    return media.state(spec);
  }

  async #open(spec: MixSpec): Promise<MixMedia> {
    let media: MixMedia;
    try {
      const { room, worker } = this;
      media = await MixMedia.open({ parts: this.#parts, room, worker, spec, log: this.#log });
    } catch (error) {
      void this.close('closed');
      throw error;
    }
    if (this.#closed) {
      await media.close('source_ended');
      throw this.#gone();
    }
    this.#media = media;
    media.on('measure', (measure) => {
      this.#parts.metrics.measured(measure, this.#measure);
      this.#measure = measure;
    });
    media.on('restarted', () => {
      this.#parts.metrics.restarts.inc();
      // The counts of another process begin at 0.
      this.#measure = undefined;
    });
    media.once('failed', () => void this.close('worker_died'));
    return media;
  }

  #gone(): PorticoError {
    return new PorticoError('unavailable', `the mix '${this.#spec.view}' of room '${this.room}' was closed`);
  }
}
