import { PorticoClientError, toClientError } from './errors.ts';
import { randomId } from './random-id.ts';
import { backoff, sleep } from './timing.ts';
import { userAgent } from './version.ts';
import type { Connection } from './connection.ts';
import type { Direction } from './media-link.ts';
import type { NotificationLog } from './notification-log.ts';
import type { Signaling } from './signaling.ts';
import type { Logger } from './types.ts';
import type { Answer, Request, RoomSnapshot } from './wire.ts';

/** A token joins; a ticket brings back somebody who knows nothing of the room any more. */
export type Credential =
  { kind: 'token'; token: string; room?: string | undefined } | { kind: 'ticket'; ticket: string };

export interface LoginOptions {
  signaling: Signaling;
  log: NotificationLog;
  logger: Logger;
  credential: Credential;
  transports: readonly Direction[];
  timeoutMs: number;
  /** Turns true when nobody wants the outcome any more. */
  abandoned: () => boolean;
}

/** What both ways of entering a room have in common. */
export type Admission = Pick<
  Answer<'relogin'>,
  'id' | 'user' | 'role' | 'permission' | 'cursor' | 'media' | 'iceServers' | 'portals'
> & { room: RoomSnapshot; ticket?: string | undefined };

type Ask = (connection: Connection, timeoutMs: number) => Promise<Admission>;

/** The request that is repeated until it is answered. */
function request({ credential, transports }: LoginOptions): Ask {
  if (credential.kind === 'ticket') return requestWithTicket(credential.ticket, [...transports]);
  const { token, room } = credential;
  const input: Request<'login'> = {
    token,
    protocol: 'portico/1',
    userAgent,
    // A token joins once, but one whose answer was lost may be shown again under the same request id.
    requestId: randomId(),
    transports: [...transports],
    ...(room !== undefined && { room }),
  };
  return (connection, timeoutMs) => connection.ask('login', input, timeoutMs);
}

/** Without cursor and media: whatever there still was of the earlier page is closed. */
function requestWithTicket(ticket: string, transports: Direction[]): Ask {
  return async (connection, timeoutMs) => {
    const { room, ...answer } = await connection.ask('relogin', { ticket, userAgent, transports }, timeoutMs);
    if (room !== undefined) return { ...answer, room };
    throw new PorticoClientError('internal', 'The server did not show the room.');
  };
}

/**
 * Connects and logs in, again after errors that may pass.
 * @throws PorticoClientError of the server, `connect_failed` or `timeout`
 */
export async function login(options: LoginOptions): Promise<Admission> {
  const { signaling, log, logger, timeoutMs, abandoned } = options;
  const ask = request(options);
  // Who reloads a page does so because the network or the server was away: it may need a moment more.
  const patient = options.credential.kind === 'ticket';
  const deadline = Date.now() + timeoutMs;
  for (let n = 0; ; n += 1) {
    try {
      log.reset();
      const connection = await signaling.open();
      const answer = await ask(connection, deadline - Date.now());
      signaling.admitted(connection);
      return answer;
    } catch (thrown) {
      const error = toClientError(thrown);
      const wait = error.retryAfterMs ?? backoff(n, { baseMs: 100, maxMs: 2000 });
      if (abandoned()) throw new PorticoClientError('ended', 'The conference was left while joining.');
      const passing = error.retryable || (patient && error.code === 'connect_failed');
      if (!passing || Date.now() + wait >= deadline) throw error;
      logger.info('login is tried again', { code: error.code });
      await sleep(wait);
    }
  }
}
