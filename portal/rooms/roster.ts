import { EventEmitter } from 'node:events';
import type { UsedToken } from '../../common/contract/cluster.ts';
import type { ParticipantId, RoomId, TokenId } from '../../common/contract/ids.ts';
import type { TailLimits } from '../../common/room-log/tail.ts';
import type { Attendee } from './attendee.ts';
import { Feed } from './feed.ts';
import type { RoomPicture } from './room-picture.ts';

/** What this portal knows of a room. */
export interface RoomRecord {
  readonly id: RoomId;
  readonly joining: Set<Attendee>;
  readonly attendees: Map<ParticipantId, Attendee>;
  /** Tokens used here, also by participants who have left. */
  readonly tokens: Map<TokenId, UsedToken>;
  /** What the room's owner said, as far as it is kept. */
  readonly feed: Feed;
  /** The room as OWT clients know it; undefined while there is none here. */
  picture: RoomPicture | undefined;
  /** Highest position of the room's log that arrived here; -1: none. */
  seq: number;
  /** When something last happened, ms since 1970. */
  touchedAt: number;
}

interface RosterEvents {
  /** The room has its first participant here. */
  occupied: [RoomId];
  /** Its last one is gone. */
  vacated: [RoomId];
  /** Nothing of the room is left here. */
  forgotten: [RoomId];
}

/** How long a room without participants and tokens is remembered, ms: a stale owner must be known for a while. */
const rememberMs = 600_000;

/** The participants of this portal, by room. */
export class Roster extends EventEmitter<RosterEvents> {
  readonly #rooms = new Map<RoomId, RoomRecord>();
  readonly #limits: TailLimits;

  /** @param limits how much of a room's log is kept */
  constructor(limits: TailLimits) {
    super();
    this.#limits = limits;
  }

  get(room: RoomId): RoomRecord | undefined {
    return this.#rooms.get(room);
  }

  /** The record of a room, made when there is none. */
  touch(room: RoomId): RoomRecord {
    let record = this.#rooms.get(room);
    if (record === undefined) {
      record = {
        id: room,
        joining: new Set(),
        attendees: new Map(),
        tokens: new Map(),
        feed: new Feed(this.#limits),
        picture: undefined,
        seq: -1,
        touchedAt: Date.now(),
      };
      this.#rooms.set(room, record);
    }
    record.touchedAt = Date.now();
    return record;
  }

  /** All rooms this portal knows something of. */
  rooms(): Iterable<RoomRecord> {
    return this.#rooms.values();
  }

  /** Everybody who has joined. */
  *all(): Iterable<Attendee> {
    for (const { attendees } of this.#rooms.values()) yield* attendees.values();
  }

  find(room: RoomId, participant: ParticipantId): Attendee | undefined {
    return this.#rooms.get(room)?.attendees.get(participant);
  }

  /** Its login is on the way: what the room says meanwhile is held for it. */
  expect(attendee: Attendee): void {
    this.touch(attendee.room).joining.add(attendee);
  }

  /** Its login failed. */
  dismiss(attendee: Attendee): void {
    const record = this.#rooms.get(attendee.room);
    if (record?.joining.delete(attendee) === true) clearIfEmpty(record);
  }

  /**
   * The room has admitted it.
   * @param token the one that it has used, if it has just joined
   * @returns whoever had this id here before: the same participant on an older connection.
   */
  add(attendee: Attendee, token?: UsedToken): Attendee | undefined {
    const record = this.touch(attendee.room);
    record.joining.delete(attendee);
    if (token !== undefined) record.tokens.set(token.id, token);
    const previous = record.attendees.get(attendee.id);
    record.attendees.set(attendee.id, attendee);
    record.feed.need(attendee.settled);
    if (record.attendees.size === 1 && previous === undefined) this.emit('occupied', attendee.room);
    return previous;
  }

  /** Forgets it; false when it was not there (any more, or its id belongs to a newer connection). */
  remove(attendee: Attendee): boolean {
    const record = this.#rooms.get(attendee.room);
    if (record?.attendees.get(attendee.id) !== attendee) return false;
    record.attendees.delete(attendee.id);
    record.touchedAt = Date.now();
    clearIfEmpty(record);
    if (record.attendees.size === 0) this.emit('vacated', attendee.room);
    return true;
  }

  /** Drops expired tokens and what is too old of a log, and rooms of which nothing has been left for a while. */
  sweep(now = Date.now()): void {
    for (const record of this.#rooms.values()) {
      record.feed.sweep();
      for (const [id, { exp }] of record.tokens) if (exp * 1000 < now) record.tokens.delete(id);
      const empty = record.attendees.size + record.joining.size + record.tokens.size === 0;
      if (empty && now - record.touchedAt > rememberMs) {
        this.#rooms.delete(record.id);
        this.emit('forgotten', record.id);
      }
    }
  }
}

/** What nobody here needs is not kept. */
function clearIfEmpty(record: RoomRecord): void {
  if (record.attendees.size + record.joining.size === 0) record.feed.reset();
  const known = [...record.attendees.values(), ...record.joining];
  if (record.picture !== undefined && known.every(({ native }) => native)) record.picture = undefined;
}
