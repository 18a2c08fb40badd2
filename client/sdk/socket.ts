import { io } from 'socket.io-client';
import type { Endpoint } from './token.ts';

/** What the SDK needs of a Socket.IO client socket. */
export interface SocketLike {
  readonly connected: boolean;
  connect(): unknown;
  disconnect(): unknown;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Socket.IO's own listener type
  on(event: string, listener: (...args: any[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
}

export interface SocketOptions {
  timeoutMs: number;
  /** Begin with HTTP and upgrade later. Default: begin with WebSocket, which saves the round trips of the upgrade. */
  pollingFirst?: boolean;
}

/** A socket that is not connected yet and never reconnects by itself: coming back takes a ticket. */
export const createSocket = (
  { origin, path }: Endpoint,
  { timeoutMs, pollingFirst = false }: SocketOptions,
): SocketLike =>
  io(origin, {
    path,
    transports: pollingFirst ? ['polling', 'websocket'] : ['websocket', 'polling'],
    // Where WebSocket is blocked, HTTP is left; the other way round it would only add to the failures.
    tryAllTransports: !pollingFirst,
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    timeout: timeoutMs,
  });
