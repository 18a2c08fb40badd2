import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { MediaWorker } from '../common/media/media-worker.ts';

/** What the line to a client carries, as the engine estimates it, and the least that it may estimate. */
export class LineEstimate extends EventEmitter<{ estimate: [bitrate: number] }> {
  readonly #engine: types.WebRtcTransport;
  readonly #worker: MediaWorker;
  readonly #initial: number;
  readonly #floors = new Map<string, number>();
  #floor = 0;
  #newest: number | undefined;
  #watching = false;
  #applying = false;

  /** @param initial what the engine assumes at the beginning, bit/s */
  constructor(engine: types.WebRtcTransport, worker: MediaWorker, initial: number) {
    super();
    this.setMaxListeners(0);
    this.#engine = engine;
    this.#worker = worker;
    this.#initial = initial;
  }

  /**
   * Whether the line is known not to carry this, bit/s. An estimate also falls while little is sent, but then never below
   * what the engine began with.
   */
  isBelow(bitrate: number): boolean {
    return this.#newest !== undefined && this.#newest < Math.min(bitrate, this.#initial * 0.9);
  }

  /** Has the engine tell its estimates, about one each second while something flows. */
  watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#engine.on('trace', (trace) => {
      if (trace.type !== 'bwe') return;
      const { availableBitrate } = trace.info as { availableBitrate: number };
      this.#newest = availableBitrate;
      this.emit('estimate', availableBitrate);
    });
    this.#worker.run('enableTraceEvent', () => this.#engine.enableTraceEvent(['bwe'])).catch(() => undefined);
  }

  /** What is being sent right now, bit/s. */
  async sending(): Promise<number> {
    try {
      const [stats] = await this.#worker.run('getStats', () => this.#engine.getStats());
      return stats?.rtpSendBitrate ?? 0;
    } catch {
      // The worker is gone, and the transport with it.
      return 0;
    }
  }

  /** Sets how much somebody must get whatever the line carries, bit/s; floors of several add up. 0: nothing. */
  setFloor(key: string, bitrate: number): void {
    if (bitrate === 0) this.#floors.delete(key);
    else this.#floors.set(key, bitrate);
    if (!this.#applying) void this.#apply();
  }

  /** One request at a time, until the engine has the newest floor. */
  async #apply(): Promise<void> {
    this.#applying = true;
    try {
      for (;;) {
        const floor = Math.round([...this.#floors.values()].reduce((sum, bitrate) => sum + bitrate, 0));
        if (floor === this.#floor || this.#engine.closed) break;
        this.#floor = floor;
        await this.#worker.run('setMinOutgoingBitrate', () => this.#engine.setMinOutgoingBitrate(floor));
      }
    } catch {
      // The worker is gone, and the transport with it.
    } finally {
      this.#applying = false;
    }
  }
}
