import type { LeaveReason } from '../../common/contract/reasons.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Attendee, Connection } from './attendee.ts';
import type { Departures, DetachOptions } from './departures.ts';
import type { Roster } from './roster.ts';

export interface PresenceOptions {
  roster: Roster;
  departures: Departures;
  /** How long the place of a participant is kept, ms; 0: not at all. */
  windowMs: number;
  log: Logger;
}

/** The owner of the room says when somebody's time is up; this long after that it is believed to have forgotten, ms. */
const forgetMs = 60_000;

/** Whether participants of this portal are there, away or gone. */
export class Presence {
  readonly #options: PresenceOptions;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** The place of one whose connection breaks is kept. */
  get keepsPlaces(): boolean {
    return this.#options.windowMs > 0;
  }

  /**
   * A connection of a participant is gone: it is away, unless it has another one already, and may come back. Where no
   * places are kept it leaves. Resolves when its room knows, or after a while.
   */
  async away(attendee: Attendee, connection: Connection, options: DetachOptions = {}): Promise<void> {
    if (attendee.connection !== connection) return;
    if (!this.keepsPlaces || options.returnWithinMs === 0) {
      const reason = options.returnWithinMs === undefined ? 'disconnected' : 'left';
      await this.leave(attendee, reason, options.timeoutMs);
      return;
    }
    const { roster, log } = this.#options;
    attendee.suspend();
    attendee.connection = undefined;
    if (roster.find(attendee.room, attendee.id) !== attendee) return;
    log.info({ room: attendee.room, participant: attendee.id }, 'connection lost');
    await this.#detach(attendee, options);
  }

  /** The participant is no longer here; resolves when its room knows, or after a while. */
  async leave(attendee: Attendee, reason: LeaveReason, timeoutMs?: number): Promise<void> {
    const { roster, departures, log } = this.#options;
    attendee.suspend();
    attendee.connection = undefined;
    if (!roster.remove(attendee)) return;
    log.info({ room: attendee.room, participant: attendee.id, reason }, 'left');
    await departures.report(attendee, reason, timeoutMs);
  }

  /** Forgets those of whom nobody has said what became of them. */
  sweep(now = Date.now()): void {
    const { roster, log } = this.#options;
    for (const attendee of [...roster.all()]) {
      const { connection, record } = attendee;
      if (connection !== undefined || (record?.lost?.until ?? now) + forgetMs >= now) continue;
      log.info({ room: attendee.room, participant: attendee.id }, 'participant forgotten');
      roster.remove(attendee);
    }
  }

  async #detach(attendee: Attendee, options: DetachOptions): Promise<void> {
    const { roster, departures, windowMs } = this.#options;
    const at = Date.now();
    const keepMs = Math.min(options.returnWithinMs ?? windowMs, windowMs);
    attendee.update({ lost: { at, until: at + keepMs } });
    const detached = await departures.detach(attendee, options);
    if (detached === undefined || attendee.connection !== undefined) return;
    if (!detached.known) roster.remove(attendee);
    else if (detached.lost !== undefined) attendee.update({ lost: detached.lost });
  }
}
