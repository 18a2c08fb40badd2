import type { ClientMethod, NotificationName, NotificationPayload } from '../../common/contract/client.ts';

/** Answer to a request: OWT's convention (OWT 1.1). */
export type Ack = (status: 'ok' | 'error', data: unknown) => void;

/** Events of clients. What really arrives is checked: a client may send anything. */
export type ClientEvents = Record<ClientMethod, (input: unknown, ack?: Ack) => void>;

/** Position of a numbered notification; `prev` is the one before it that was meant for the same client. */
export interface Position {
  epoch: number;
  seq: number;
  prev: number;
}

/** Events to clients. */
export type PortalEvents = {
  [N in NotificationName]: (payload?: NotificationPayload<N>, position?: Position) => void;
};

/** Why a client is told `drop`. */
export type DropReason = NonNullable<NotificationPayload<'drop'>>['reason'];

/** One event as it goes to clients, ready to be encoded. */
export interface Outgoing {
  name: NotificationName;
  args: readonly unknown[];
}

/** Sends one event to many connections, encoded once. */
export interface Outlet {
  send(connections: readonly string[], event: Outgoing): void;
}
