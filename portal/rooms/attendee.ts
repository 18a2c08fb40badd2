import type { Cursor, Protocol } from '../../common/contract/client.ts';
import type { Owner, PortalParticipant } from '../../common/contract/cluster.ts';
import type { ParticipantId, RoomId } from '../../common/contract/ids.ts';
import type { LogEntry } from '../../common/contract/portal.ts';
import type { DropReason } from '../signalling/wire.ts';
import { Registrations } from './registrations.ts';

/** The client behind a participant, as long as it is connected. */
export interface Connection {
  /** Names it in broadcasts. */
  readonly id: string;
  /** Tells the client that it is removed and closes its connection; the participant is not reported as gone. */
  drop(reason: DropReason): void;
  /** Closes the connection because the same participant has come back on another one. */
  replace(): void;
}

/** An entry of the room's log with the epoch it belongs to. */
export interface Stamped {
  epoch: number;
  entry: LogEntry;
}

/** Whether a position is after another one. */
export function isAfter(epoch: number, seq: number, cursor: Cursor): boolean {
  return epoch === cursor.epoch ? seq > cursor.seq : epoch > cursor.epoch;
}

export interface AttendeeOptions {
  id: ParticipantId;
  room: RoomId;
  protocol: Protocol;
  connection: Connection;
}

/**
 * A participant of this portal: what it keeps for the room (enough to rebuild it) and how far the client has been told.
 * It is apart from the connection, which may go and come back.
 */
export class Attendee {
  readonly room: RoomId;
  readonly protocol: Protocol;
  readonly registrations = new Registrations();
  connection: Connection;
  /** Position of the last numbered entry that the client was sent or that its login answer reflected. */
  cursor: Cursor = { epoch: 0, seq: -1 };
  readonly #provisionalId: ParticipantId;
  #record: PortalParticipant | undefined;
  #held: Stamped[] | undefined = [];

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
  get record(): PortalParticipant | undefined {
    return this.#record;
  }

  get native(): boolean {
    return this.protocol === 'portico/1';
  }

  /** The room has admitted it; the answer reflects everything up to the cursor. */
  admit(record: PortalParticipant, cursor: Cursor): void {
    this.#record = record;
    this.cursor = cursor;
  }

  /** The agent that carries its media has changed. */
  seatAt(agent: NonNullable<PortalParticipant['agent']>): void {
    if (this.#record !== undefined) this.#record = { ...this.#record, agent };
  }

  /**
   * Keeps an entry until the client has its login answer.
   * @returns false when it has: the entry may go out.
   */
  hold(stamped: Stamped): boolean {
    this.#held?.push(stamped);
    return this.#held !== undefined;
  }

  /** The client has its login answer: what was held, in order. */
  release(): Stamped[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }

  /**
   * Notes that a numbered entry goes to the client.
   * @returns the seq of the previous one meant for it; undefined when it has this one already.
   */
  advance({ epoch, seq }: { epoch: Owner['epoch']; seq: number }): number | undefined {
    if (!isAfter(epoch, seq, this.cursor)) return undefined;
    const previous = this.cursor.seq;
    this.cursor = { epoch, seq };
    return previous;
  }
}
