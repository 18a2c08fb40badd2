import { PorticoClientError, toClientError } from './errors.ts';
import { backoff, sleep } from './timing.ts';
import type { Connection } from './connection.ts';
import type { Dialer } from './dialer.ts';
import type { Logger } from './types.ts';
import type { Answer } from './wire.ts';

export interface Return {
  connection: Connection;
  answer: Answer<'relogin'>;
}

export interface ComeBackOptions {
  dialer: Dialer;
  /** A connection that stands already. */
  first?: Connection | undefined;
  relogin: (connection: Connection) => Promise<Answer<'relogin'>>;
  signal: AbortSignal;
  logger: Logger;
}

/** After these the same ticket may be accepted a moment later, perhaps by another portal. */
const passing = new Set<string>(['connect_failed', 'internal', 'ended']);

/** Whether the server has decided: no portal takes this client back. */
export const isRefusal = (error: PorticoClientError): boolean => !error.retryable && !passing.has(error.code);

/**
 * Connects and presents the ticket until a portal takes the client back.
 * @throws PorticoClientError why the server refuses, or `ended` when the signal aborts
 */
export async function comeBack(options: ComeBackOptions): Promise<Return> {
  const { dialer, relogin, signal, logger } = options;
  let { first } = options;
  for (let n = 0; ; n += 1) {
    const connection = first ?? (await dialer.dial(signal));
    first = undefined;
    const close = (): void => {
      connection.close();
    };
    signal.addEventListener('abort', close);
    try {
      const answer = await relogin(connection);
      signal.throwIfAborted();
      return { connection, answer };
    } catch (thrown) {
      connection.close();
      if (signal.aborted) throw new PorticoClientError('ended', 'Nobody waits for the return any more.');
      const error = toClientError(thrown);
      logger.info('relogin failed', { origin: connection.endpoint.origin, code: error.code });
      if (isRefusal(error)) throw error;
      await sleep(error.retryAfterMs ?? backoff(n, { baseMs: 100, maxMs: 3000 }), signal);
    } finally {
      signal.removeEventListener('abort', close);
    }
  }
}
