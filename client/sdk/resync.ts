import { toClientError } from './errors.ts';
import { sleep } from './timing.ts';
import type { NotificationLog } from './notification-log.ts';
import type { Logger } from './types.ts';
import type { Answer, Cursor } from './wire.ts';

export interface ResyncOptions {
  log: NotificationLog;
  logger: Logger;
  /** Asks the present connection for everything after a position. */
  ask: (cursor: Cursor, timeoutMs: number) => Promise<Answer<'resync'>>;
  /** The connection cannot bring what is missing. */
  onHopeless: () => void;
}

const probeMs = 2000;
const askMs = 5000;
/** What was asked for follows the answer within this time, or was lost as well, ms. */
const fillMs = 2000;
const tries = 3;

/** Answers of a connection that is gone, or as good as gone. */
const lifeless = new Set<string>(['timeout', 'disconnected', 'ended']);

/** Asks the server to say again what is missing. */
export class Resync {
  readonly #options: ResyncOptions;
  #filling = false;
  #proof: Promise<boolean> | undefined;

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  /** A notification is missing. */
  async fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    const { log, logger, onHopeless } = this.#options;
    for (let n = 0; n < tries && !log.complete; n += 1) {
      logger.info('notifications are missing', { after: log.cursor });
      await this.#ask(askMs);
      if (!log.complete) await sleep(fillMs);
    }
    this.#filling = false;
    if (!log.complete) onHopeless();
  }

  /**
   * Whether the connection is alive: it answers within 2 s. This request is the cheapest proof, as the portal answers it
   * alone, and it brings along what may have been lost; a new ticket would cost a call to the room's owner.
   */
  prove(): Promise<boolean> {
    this.#proof ??= this.#ask(probeMs).finally(() => {
      this.#proof = undefined;
    });
    return this.#proof;
  }

  /** Returns whether the connection answered at all. */
  async #ask(timeoutMs: number): Promise<boolean> {
    const { log, logger, ask } = this.#options;
    const { cursor } = log;
    if (cursor === undefined) return true;
    try {
      const { resume } = await ask(cursor, timeoutMs);
      if (resume === 'snapshot') log.expect('snapshot');
      return true;
    } catch (thrown) {
      const { code } = toClientError(thrown);
      logger.debug('resync', { code });
      return !lifeless.has(code);
    }
  }
}
