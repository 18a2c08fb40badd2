import type { Cursor, Resume } from '../../common/contract/client.ts';
import type { ParticipantRecord } from '../../common/contract/cluster.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { StampedEntry } from '../../common/contract/log.ts';
import type { Attendee } from './attendee.ts';
import { beginning } from './feed.ts';
import type { RoomClient } from './room-client.ts';
import type { Roster } from './roster.ts';

export interface CatchUpOptions {
  portal: MemberId;
  roster: Roster;
  rooms: Pick<RoomClient, 'call'>;
}

/** How a client learns what it missed. */
export interface Missed {
  resume: Resume;
  /** Prepares the participant for it, once its connection is the one to be told. */
  apply: (attendee: Attendee) => void;
}

/** What the room says that a participant missed. */
interface Told {
  /** What its client has; absent: it cannot say, and the room has found out. */
  cursor: Cursor | undefined;
  position: Cursor;
  complete: boolean;
  entries: readonly StampedEntry[];
}

/** Finds out what a client was not told: kept here, where it was here all the time, else known to the room. */
export class CatchUp {
  readonly #options: CatchUpOptions;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Whether all that follows a position is kept here for the participant. */
  covers(attendee: Attendee, cursor: Cursor): boolean {
    const record = this.#options.roster.get(attendee.room);
    if (record?.attendees.get(attendee.id) !== attendee) return false;
    return attendee.covers(cursor, record.feed.tail);
  }

  /** Its client knows nothing: the answer shows the room as it is at this position. */
  fresh(record: ParticipantRecord, position: Cursor): Missed {
    return {
      resume: 'fresh',
      apply: (attendee) => {
        attendee.admit(record, position);
      },
    };
  }

  /** The room has told what is missing. */
  from(record: ParticipantRecord, { cursor = beginning, position, complete, entries }: Told): Missed {
    return {
      resume: complete ? 'replay' : 'snapshot',
      apply: (attendee) => {
        attendee.return(record, { cursor, position, entries });
      },
    };
  }

  /**
   * Everything after what a client says that it has; rejects when it is not kept here and the room does not answer.
   */
  since(attendee: Attendee, cursor: Cursor, record: ParticipantRecord): Missed | Promise<Missed> {
    if (!this.covers(attendee, cursor)) return this.#ask(attendee, cursor, record);
    return {
      resume: 'replay',
      apply: () => {
        attendee.note(record);
        attendee.rewind(cursor);
      },
    };
  }

  /** A client that cannot say what it has (OWT): all since its connection broke, where that is known. */
  unspoken(attendee: Attendee, record: ParticipantRecord, position: Cursor): Missed {
    if (this.covers(attendee, attendee.cursor)) {
      return {
        resume: 'replay',
        apply: () => {
          attendee.note(record);
        },
      };
    }
    return { ...this.fresh(record, position), resume: 'snapshot' };
  }

  async #ask(attendee: Attendee, cursor: Cursor, record: ParticipantRecord): Promise<Missed> {
    const { portal, rooms } = this.#options;
    const { owner, result } = await rooms.call(attendee.room, 'missed', {
      portal,
      participant: attendee.id,
      cursor,
    });
    const { seq, ...told } = result;
    return this.from(record, { cursor, position: { epoch: owner.epoch, seq }, ...told });
  }
}
