import type { Cursor, Protocol } from '../../common/contract/client.ts';
import type { ParticipantRecord } from '../../common/contract/cluster.ts';
import type { MemberId, ParticipantId, RoomId } from '../../common/contract/ids.ts';
import { isAfter, type LogEntry, type StampedEntry } from '../../common/contract/log.ts';
import { concerns, positionOf, type Rest, type Tail } from '../../common/room-log/tail.ts';
import type { DropReason } from '../signalling/wire.ts';
import { beginning, later } from './feed.ts';
import { Registrations } from './registrations.ts';
import { TicketProof } from './ticket-proof.ts';

/** The client behind a participant, while it is connected. */
export interface Connection {
  /** Names it in broadcasts. */
  readonly id: string;
  /** Tells the client that it is removed and closes its connection; the participant is not reported as gone. */
  drop(reason: DropReason): void;
  /** Closes the connection because the same participant goes on with another one. */
  retire(reason: 'replaced' | 'moved'): void;
}

export interface AttendeeOptions {
  id: ParticipantId;
  room: RoomId;
  protocol: Protocol;
  connection: Connection;
}

/** How a participant comes back whose notifications were kept elsewhere. */
export interface Return {
  /** What its client has. */
  cursor: Cursor;
  /** What the entries reach up to; what follows comes with the room's log. */
  position: Cursor;
  /** What it missed. */
  entries: readonly StampedEntry[];
}

/** Transient notifications that wait for a login answer at most. */
const maxTransient = 100;

/**
 * A participant of this portal: what it keeps for the room (enough to rebuild it) and how far the client has been told.
 * It outlives its connection. What it was told is in the tail of the room's log, and before that in a backlog of its own.
 */
export class Attendee {
  readonly room: RoomId;
  readonly protocol: Protocol;
  readonly registrations = new Registrations();
  readonly ticketProof = new TicketProof();
  /** Undefined while it is away. */
  connection: Connection | undefined;
  readonly #provisionalId: ParticipantId;
  #record: ParticipantRecord | undefined;
  #permitted: Pick<ParticipantRecord, 'permission' | 'permittedAt'> | undefined;
  /** The client was sent everything up to here. */
  #sent = beginning;
  /** It has everything up to here. */
  #acked = beginning;
  /** What had been sent at the last sign of life (OWT clients). */
  #signed = beginning;
  /** The tail of the room's log has everything for it after this position. */
  #split = beginning;
  #backlog: StampedEntry[] = [];
  #flowing = false;
  #transient: LogEntry['event'][] = [];

  constructor(options: AttendeeOptions) {
    this.#provisionalId = options.id;
    this.room = options.room;
    this.protocol = options.protocol;
    this.connection = options.connection;
  }

  get id(): ParticipantId {
    return this.#record?.id ?? this.#provisionalId;
  }

  /** Undefined until the room has admitted it. */
  get record(): ParticipantRecord | undefined {
    return this.#record;
  }

  get native(): boolean {
    return this.protocol === 'portico/1';
  }

  /** Position of the last numbered entry that the client was sent or that its answer reflected. */
  get cursor(): Cursor {
    return this.#sent;
  }

  /** The tail need not keep anything for it up to here. */
  get settled(): Cursor {
    return later(this.#acked, this.#split);
  }

  /** Entries and bytes that are kept for it alone. */
  get backlog(): readonly StampedEntry[] {
    return this.#backlog;
  }

  /** Whether the client has its answer, so that notifications go out. */
  get flowing(): boolean {
    return this.#flowing && this.connection !== undefined;
  }

  /** The room has admitted it; the answer reflects everything up to the position. */
  admit(record: ParticipantRecord, position: Cursor): void {
    this.return(record, { cursor: position, position, entries: [] });
  }

  /** It is back, and what it missed comes from another source. */
  return(record: ParticipantRecord, { cursor, position, entries }: Return): void {
    const last = entries.at(-1);
    this.#split = last === undefined ? position : later(position, positionOf(last));
    this.#backlog = [...entries];
    // A client cannot have what was not said yet.
    this.#sent = isAfter(cursor, position) ? position : cursor;
    this.#acked = this.#sent;
    this.#signed = this.#sent;
    this.note(record);
  }

  /** The room says how it keeps this participant. */
  note(record: ParticipantRecord): void {
    const isNewer = (this.#permitted?.permittedAt ?? 0) > (record.permittedAt ?? 0);
    this.#record = isNewer ? { ...record, ...this.#permitted } : record;
  }

  /** Its record with some facts that have changed. */
  update(facts: Partial<Pick<ParticipantRecord, 'agent' | 'generations' | 'lost'>>): void {
    if (this.#record !== undefined) this.#record = { ...this.#record, ...facts };
  }

  /** Management has changed what it may do; the answer to its login may still be on its way. */
  permit(facts: Pick<ParticipantRecord, 'permission' | 'permittedAt'>): void {
    this.#permitted = facts;
    if (this.#record !== undefined) this.#record = { ...this.#record, ...facts };
  }

  /** The agent that carries its media has changed. */
  seatAt(agent: MemberId): void {
    this.update({ agent });
  }

  /** Notifications wait from now on: transient ones for a moment, numbered ones are kept anyway. */
  suspend(): void {
    this.#flowing = false;
  }

  /** The client has its answer: returns the transient notifications that waited for it. */
  flow(): LogEntry['event'][] {
    this.#flowing = true;
    return this.#transient.splice(0);
  }

  /** Keeps a transient notification until the client has its answer; of one that is away there is no such thing. */
  hold(event: LogEntry['event']): void {
    if (this.connection !== undefined && this.#transient.length < maxTransient) this.#transient.push(event);
  }

  /** Whether all that it was told or has to be told after a position is known here. */
  covers(cursor: Cursor, tail: Tail): boolean {
    if (isAfter(this.#acked, cursor) || isAfter(cursor, this.#sent)) return false;
    return !isAfter(tail.floor, later(cursor, this.#split));
  }

  /** What is meant for it after a position, as far as it is here. */
  rest(cursor: Cursor, tail: Tail): Rest {
    const old = this.#backlog.filter((stamped) => isAfter(positionOf(stamped), cursor));
    const { complete, entries } = tail.after(later(cursor, this.#split));
    const mine = entries.filter(({ entry }) => concerns(entry, this.id));
    return { complete: complete && !isAfter(this.#acked, cursor), entries: [...old, ...mine] };
  }

  /** The client has this and no more: the rest is sent once more. */
  rewind(cursor: Cursor): void {
    this.#sent = cursor;
    this.acknowledge(cursor);
    this.#transient = [];
  }

  /** What may not have arrived: sent, but nothing was heard of the client since (OWT clients). */
  unsure(tail: Tail): StampedEntry[] {
    const { entries } = this.rest(this.#acked, tail);
    return entries.filter((stamped) => !isAfter(positionOf(stamped), this.#sent));
  }

  /**
   * Notes that a numbered entry goes to the client.
   * @returns the seq of the previous one meant for it; undefined when it has this one already.
   */
  advance(position: Cursor): number | undefined {
    if (!isAfter(position, this.#sent)) return undefined;
    const previous = this.#sent.seq;
    this.#sent = position;
    return previous;
  }

  /** The client has everything up to here: it is not kept for it any longer. */
  acknowledge(cursor: Cursor): void {
    const known = isAfter(cursor, this.#sent) ? this.#sent : cursor;
    if (!isAfter(known, this.#acked)) return;
    this.#acked = known;
    const index = this.#backlog.findIndex((stamped) => isAfter(positionOf(stamped), known));
    this.#backlog.splice(0, index === -1 ? this.#backlog.length : index);
  }

  /**
   * A sign of life of a client that cannot acknowledge. What was sent just before may still be on its way; what was
   * sent before the previous sign has arrived.
   */
  signOfLife(): void {
    this.acknowledge(this.#signed);
    this.#signed = this.#sent;
  }
}
