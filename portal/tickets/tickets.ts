import { createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { Protocol, TicketText } from '../../common/contract/client.ts';
import type { ParticipantRecord } from '../../common/contract/cluster.ts';
import { PorticoError, type ErrorCode } from '../../common/contract/errors.ts';
import { ParticipantId, RoomId, TokenId } from '../../common/contract/ids.ts';
import { Attributes, Permission } from '../../common/contract/media.ts';
import { canonical } from './canonical.ts';

/** What a ticket says: OWT's fields (OWT 2.1) and all that brings a participant back when nobody remembers it. */
const Ticket = z.strictObject({
  participantId: ParticipantId,
  ticketId: z.string().max(64),
  /** ms since 1970. */
  notBefore: z.number(),
  notAfter: z.number(),
  room: RoomId,
  user: z.string().max(256),
  role: z.string().max(100),
  attributes: Attributes.optional(),
  permission: Permission,
  /** When management changed it, ms. */
  permittedAt: z.number().optional(),
  tokenId: TokenId,
  /** The service that signed the token. */
  service: z.string().max(256).optional(),
  joinedAt: z.number(),
  protocol: Protocol,
  /** Number of the ticket among those of its participant. */
  generation: z.number().int().min(1),
  /** Which key signed it. */
  kid: z.string(),
});
export type Ticket = z.infer<typeof Ticket>;

/** A ticket as it was read: nothing of it is known but that it claims to be signed. */
interface Envelope {
  signature: string;
  fields: Record<string, unknown>;
}

export interface TicketsOptions {
  /** The same for all portals of a deployment. */
  key: KeyObject;
  lifetimeMs: number;
  /** Clock, ms since 1970. */
  now?: () => number;
}

/** How far the clock of another portal may run ahead of ours, ms. */
const clockSkewMs = 60_000;

/** Makes and reads reconnection tickets. Every field is signed; who holds a ticket can change nothing of it. */
export class Tickets {
  readonly #key: KeyObject;
  readonly #kid: string;
  readonly #lifetimeMs: number;
  readonly #now: () => number;

  constructor({ key, lifetimeMs, now = Date.now }: TicketsOptions) {
    this.#key = key;
    // Tells keys apart and nothing else: of the key it gives away what any signature does.
    this.#kid = createHmac('sha256', key).update('kid').digest('hex').slice(0, 12);
    this.#lifetimeMs = lifetimeMs;
    this.#now = now;
  }

  /** A ticket of the newest generation of a participant: base64 text. */
  mint(room: RoomId, record: ParticipantRecord): string {
    const notBefore = this.#now();
    const ticket: Ticket = {
      participantId: record.id,
      ticketId: randomBytes(12).toString('hex'),
      notBefore,
      notAfter: notBefore + this.#lifetimeMs,
      room,
      user: record.user,
      role: record.role,
      ...(record.attributes === undefined ? {} : { attributes: record.attributes }),
      permission: record.permission,
      ...(record.permittedAt === undefined ? {} : { permittedAt: record.permittedAt }),
      tokenId: record.token,
      ...(record.service === undefined ? {} : { service: record.service }),
      joinedAt: record.joinedAt,
      protocol: record.protocol,
      generation: record.generations.newest,
      kid: this.#kid,
    };
    // What is signed is what a reader will find, without the keys that JSON leaves out.
    const fields = JSON.parse(JSON.stringify(ticket)) as Record<string, unknown>;
    const text = JSON.stringify({ ...fields, signature: this.#sign(fields) });
    return Buffer.from(text).toString('base64');
  }

  /**
   * Reads a ticket and checks all of it that needs no memory (its generation is the room's to judge).
   * @throws PorticoError `ticket_malformed`, `ticket_foreign`, `ticket_signature`, `ticket_expired`.
   */
  verify(text: string): Ticket {
    const { signature, fields } = readEnvelope(text);
    if (fields['kid'] !== this.#kid) {
      throw refusal('ticket_foreign', 'the reconnection ticket was issued by another deployment');
    }
    if (!isSame(signature, this.#signatureOf(fields))) {
      throw refusal('ticket_signature', 'the signature of the reconnection ticket does not match');
    }
    const ticket = Ticket.safeParse(fields);
    if (!ticket.success) throw malformed('the reconnection ticket lacks an acceptable field');
    const now = this.#now();
    if (ticket.data.notBefore > now + clockSkewMs) {
      throw malformed('the reconnection ticket was issued in the future');
    }
    if (ticket.data.notAfter <= now) {
      throw refusal('ticket_expired', 'the reconnection ticket has expired');
    }
    return ticket.data;
  }

  #signatureOf(fields: Record<string, unknown>): string {
    try {
      return this.#sign(fields);
    } catch {
      throw malformed('the reconnection ticket is nested too deeply');
    }
  }

  /** OWT's form: base64 of hex of the HMAC. */
  #sign(fields: Record<string, unknown>): string {
    const digest = createHmac('sha256', this.#key).update(canonical(fields)).digest('hex');
    return Buffer.from(digest).toString('base64');
  }
}

function readEnvelope(text: string): Envelope {
  if (!TicketText.safeParse(text).success || !/^[0-9A-Za-z+/]+={0,2}$/.test(text)) {
    throw malformed('the reconnection ticket is not base64 text of acceptable length');
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    throw malformed('the reconnection ticket is not base64 of JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('the reconnection ticket is not an object');
  }
  // The fields stay as they were parsed: a schema might leave out what the signature has to cover.
  const { signature, ...fields } = value as Record<string, unknown>;
  if (typeof signature !== 'string' || typeof fields['kid'] !== 'string') {
    throw malformed('the reconnection ticket is not signed');
  }
  return { signature, fields };
}

/** In constant time. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const refusal = (code: ErrorCode, message: string) => new PorticoError(code, message, { field: 'ticket' });

const malformed = (message: string) => refusal('ticket_malformed', message);
