import type { Protocol } from '../../common/contract/client.ts';
import type { ErrorCode, PorticoError, WireError } from '../../common/contract/errors.ts';
import type { Ack } from './wire.ts';

/** Sentences that OWT clients have always got (OWT 1.3, 1.4, 2.4, 3); the rest is told in our own words. */
const owtSentences: Partial<Record<ErrorCode, string>> = {
  illegal_request: 'Illegal request',
  already_joined: 'Connection is in service',
  token_signature: 'Invalid token signature',
  token_expired: 'Expired',
  ticket_expired: 'Ticket is expired',
  ticket_signature: 'Invalid reconnection ticket signature',
  ticket_foreign: 'Invalid reconnection ticket signature',
  ticket_malformed: 'Invalid reconnection ticket signature',
  ticket_used: 'Reconnection is not allowed',
  ticket_revoked: 'Reconnection is not allowed',
  role_unknown: 'Invalid role',
  room_full: 'Room is full',
  too_many_inputs: 'Too many inputs',
  forbidden: 'unauthorized',
};

/** Longest sentence and field name sent back: an error must not echo a huge request. */
const maxText = 400;

const shorten = (text: string) => (text.length > maxText ? `${text.slice(0, maxText)}…` : text);

/** An error as a client of this protocol expects it; before the protocol is known, as ours does. */
export function failure(error: PorticoError, protocol: Protocol | undefined): WireError | string {
  if (protocol !== undefined && protocol !== 'portico/1') {
    return owtSentences[error.code] ?? shorten(error.message);
  }
  const wire: WireError = { ...error.toWire(), message: shorten(error.message) };
  if (wire.field !== undefined) wire.field = shorten(wire.field);
  return wire;
}

/** Answers a request, if the client wants to know. */
export class Reply {
  readonly #ack: Ack | undefined;

  constructor(ack: Ack | undefined) {
    this.#ack = ack;
  }

  ok(output: unknown): void {
    this.#ack?.('ok', output);
  }

  fail(error: PorticoError, protocol: Protocol | undefined): void {
    this.#ack?.('error', failure(error, protocol));
  }
}
