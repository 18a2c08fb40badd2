import { PorticoClientError, toClientError } from './errors.ts';
import { randomId } from './random-id.ts';
import { backoff, sleep } from './timing.ts';
import { version } from './version.ts';
import type { Direction } from './media-link.ts';
import type { NotificationLog } from './notification-log.ts';
import type { Signaling } from './signaling.ts';
import type { Logger } from './types.ts';
import type { Answer } from './wire.ts';

export interface LoginOptions {
  signaling: Signaling;
  log: NotificationLog;
  logger: Logger;
  token: string;
  room: string | undefined;
  transports: readonly Direction[];
  timeoutMs: number;
  /** Turns true when nobody wants the outcome any more. */
  abandoned: () => boolean;
}

/**
 * Connects and logs in. A token joins once, but one whose answer was lost may be shown again under the same request
 * id: that is what happens after an error that may pass.
 * @throws PorticoClientError of the server, `connect_failed` or `timeout`
 */
export async function login(options: LoginOptions): Promise<Answer<'login'>> {
  const { signaling, log, logger, timeoutMs, abandoned } = options;
  const request = {
    token: options.token,
    protocol: 'portico/1' as const,
    userAgent: { sdk: { type: 'Portico', version } },
    requestId: randomId(),
    transports: [...options.transports],
    ...(options.room !== undefined && { room: options.room }),
  };
  const deadline = Date.now() + timeoutMs;
  for (let n = 0; ; n += 1) {
    try {
      log.reset();
      await signaling.open();
      return await signaling.request('login', request, { retry: false, timeoutMs: deadline - Date.now() });
    } catch (thrown) {
      const error = toClientError(thrown);
      const wait = error.retryAfterMs ?? backoff(n, { baseMs: 100, maxMs: 2000 });
      if (abandoned()) throw new PorticoClientError('ended', 'The conference was left while joining.');
      if (!error.retryable || Date.now() + wait >= deadline) throw error;
      logger.info('login is tried again', { code: error.code });
      await sleep(wait);
    }
  }
}
