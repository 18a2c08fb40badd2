import type { Logger } from '../../common/observe/log.ts';
import { EngineProcess, type EngineKind } from './engine-process.ts';
import type { EngineWords } from './engine-words.ts';

/** A process that loads takes CPU from the one that has just begun, so the next spare one waits a moment, ms. */
const refillMs = 1_000;
/** Spare processes that end by themselves are replaced less and less often, ms. */
const maxRefillMs = 30_000;

export interface ProcessPoolOptions {
  kind: EngineKind;
  /** How many are kept ready. */
  spare: number;
  log: Logger;
}

/** Makes processes of one kind and keeps some ready, because loading one takes a good part of a second. */
export class ProcessPool<W extends EngineWords> {
  readonly #options: ProcessPoolOptions;
  readonly #spare: EngineProcess<W>[] = [];
  /** All that are not gone. */
  readonly #all = new Set<EngineProcess<W>>();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
    this.#refillLater();
  }

  /** A process that was not started yet, ready if possible. Whoever takes it ends it, at the latest the pool. */
  take(): EngineProcess<W> {
    const process = this.#spare.shift() ?? this.#make();
    this.#refillLater();
    return process;
  }

  /** Ends all; resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#spare.splice(0);
    await Promise.all([...this.#all].map((process) => process.close()));
  }

  #make(): EngineProcess<W> {
    const { kind, log } = this.#options;
    const process = new EngineProcess<W>(kind, log);
    this.#all.add(process);
    process.once('ended', () => this.#all.delete(process));
    return process;
  }

  #refillLater(): void {
    if (this.#closed || this.#spare.length >= this.#options.spare) return;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#refill();
      },
      Math.min(maxRefillMs, refillMs * 2 ** this.#failures),
    );
  }

  #refill(): void {
    const process = this.#make();
    this.#spare.push(process);
    process.once('idle', () => {
      this.#failures = 0;
    });
    process.once('ended', () => {
      const place = this.#spare.indexOf(process);
      if (place < 0) return;
      this.#spare.splice(place, 1);
      this.#failures += 1;
      this.#refillLater();
    });
    this.#refillLater();
  }
}
