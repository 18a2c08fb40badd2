import { Worker } from 'node:worker_threads';
import type { TextWish } from './text-mask.ts';
import type { Drawn } from './worker.ts';

/** The thread ends when nothing was drawn for so long, ms. */
const idleMs = 5_000;

/** Draws texts in a thread, which is there only while it is needed. */
export class Drawer {
  readonly #script: URL;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(script = new URL('worker.ts', import.meta.url)) {
    this.#script = script;
  }

  /**
   * One batch at a time.
   *
   * @returns for each text what became of it, in the same order
   * @throws Error the thread died, or was stopped by the signal
   */
  async draw(wishes: readonly TextWish[], signal: AbortSignal): Promise<Drawn[]> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    try {
      const drawn = await answerOf(worker, wishes, signal);
      this.#idle = setTimeout(() => {
        this.close();
      }, idleMs);
      this.#idle.unref();
      return drawn;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { resourceLimits: { maxOldGenerationSizeMb: 256 } });
    // Errors end the thread: `draw` hears of it.
    worker.on('error', () => undefined);
    worker.unref();
    return worker;
  }

  close(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}

function answerOf(worker: Worker, wishes: readonly TextWish[], signal: AbortSignal): Promise<Drawn[]> {
  const listening = new AbortController();
  return new Promise<Drawn[]>((resolve, reject) => {
    const stop = () => {
      reject(signal.reason as Error);
    };
    const ended = () => {
      reject(new Error('the thread that draws names has ended'));
    };
    worker.once('message', resolve).once('error', reject).once('exit', ended);
    signal.addEventListener('abort', stop, { signal: listening.signal });
    listening.signal.addEventListener('abort', () => {
      worker.off('message', resolve).off('error', reject).off('exit', ended);
    });
    if (signal.aborted) stop();
    else worker.postMessage(wishes);
  }).finally(() => {
    listening.abort();
  });
}
