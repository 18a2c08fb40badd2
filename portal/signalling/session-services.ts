import type { Logger } from '../../common/observe/log.ts';
import type { RequestLimit } from '../limits.ts';
import type { PortalMetrics } from '../metrics.ts';
import type { Logins } from './login.ts';
import type { Relogins } from './relogin.ts';
import type { RequestServices } from './requests.ts';
import type { Resyncs } from './resync.ts';
import type { Outgoing } from './wire.ts';

/** The socket of a session. */
export interface Link {
  readonly id: string;
  /** Network address of the client. */
  readonly address: string;
  emit(event: Outgoing): void;
  /** Sends what is waiting, then disconnects; the client stays away. */
  close(): void;
  /** Ends the connection below Socket.IO, so that the client connects again. */
  cut(): void;
}

export interface SessionServices extends RequestServices {
  loginTimeoutMs: number;
  logins: Logins;
  relogins: Relogins;
  resyncs: Resyncs;
  limit: RequestLimit;
  metrics: PortalMetrics;
  log: Logger;
}
