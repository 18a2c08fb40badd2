import { randomUUID } from 'node:crypto';
import { compareOwners } from '../../../common/cluster/owners.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import type { MemberId, RoomId } from '../../../common/contract/ids.ts';
import type { RoomEvent } from '../../../common/contract/management.ts';
import type { Database, Statement } from '../database/database.ts';
import type { EventLog } from '../store.ts';
import { announce, type Announcement } from './announce.ts';
import { readPresence, remember } from './presence.ts';

type Report = Parameters<EventLog['report']>[0];

/** What was heard of a room so far. */
interface Row {
  service: string | null;
  epoch: number;
  owner: MemberId;
  seq: number;
  running: number;
  version: number;
}

/** Attempts of a report that others about the same room get in the way of. */
const attempts = 50;

export class EventTable implements EventLog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async report(report: Report): Promise<RoomEvent[]> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const told = await this.#reportOnce(report);
      if (told !== undefined) return told;
    }
    throw new PorticoError('unavailable', `too many report on the room '${report.room}' at a time`);
  }

  async tell({ room, service, orElse, type, bodyOf, now }: Parameters<EventLog['tell']>[0]): Promise<void> {
    const whose = service ?? (await this.#find(room))?.service ?? orElse;
    if (whose === undefined) return;
    const announcements = [{ type, body: bodyOf(whose) }];
    await this.#database.write(announce(this.#database.engine, { service: whose, room, now, announcements }));
  }

  /** @returns undefined when another report came in between */
  async #reportOnce(report: Report): Promise<RoomEvent[] | undefined> {
    const { room, owner, now } = report;
    const found = await this.#find(room);
    const order = found === undefined ? 1 : compareOwners(owner, { epoch: found.epoch, id: found.owner });
    const heard = order > 0 ? 0 : (found?.seq ?? 0);
    const fresh = report.events.filter(({ seq }) => seq > heard);
    const upTo = report.upTo ?? 0;
    if (order < 0 || (order === 0 && fresh.length === 0 && upTo <= heard)) return [];

    const service = report.service ?? found?.service ?? undefined;
    const before = await this.#missing(
      report,
      fresh.map(({ event }) => event),
      found?.running === 1,
    );
    const news = [...before.map((event) => ({ event, at: now })), ...fresh];
    const last = news.findLast(({ event }) => event.type === 'room_started' || event.type === 'room_ended');
    const running = last === undefined ? found?.running === 1 : last.event.type === 'room_started';
    const version = (found?.version ?? 0) + 1;
    const done = await this.#database.write([
      noteReport(report, {
        // A room made later under the same name may be another service's.
        service: running ? (service ?? null) : null,
        seq: Math.max(heard, upTo, fresh.at(-1)?.seq ?? 0),
        running: Number(running),
        version,
      }),
      ...news.flatMap(({ event }) => remember(room, event, version)),
      ...this.#announce(report, news, service ?? report.orElse),
    ]);
    return done === undefined ? undefined : news.map(({ event }) => event);
  }

  async #find(room: RoomId): Promise<Row | undefined> {
    const [row] = await this.#database.read<Row>('SELECT * FROM reported_rooms WHERE room = ?', [room]);
    return row;
  }

  /** If the room changes between the two looks at it, the version tells when this is written. */
  async #missing(report: Report, fresh: readonly RoomEvent[], running: boolean): Promise<RoomEvent[]> {
    if (report.missing === undefined) return [];
    return report.missing({ running, ...(await readPresence(this.#database, report.room)) }, fresh);
  }

  #announce(
    { room, bodyOf, now }: Report,
    news: readonly { event: RoomEvent; at: number }[],
    service: string | undefined,
  ): Statement[] {
    if (service === undefined) return [];
    const announcements = news.map(({ event, at }): Announcement => {
      const body = bodyOf({ event, at, id: randomUUID(), service });
      return { type: event.type, body };
    });
    return announce(this.#database.engine, { service, room, now, announcements });
  }
}

/** Needed: it finds nothing when another report was faster. */
function noteReport(
  { room, owner, now }: Report,
  { service, seq, running, version }: Pick<Row, 'service' | 'seq' | 'running' | 'version'>,
): Statement {
  const values = [service, owner.epoch, owner.id, seq, running, version, now, room];
  if (version === 1) {
    const sql = `INSERT INTO reported_rooms (service, epoch, owner, seq, running, version, changed_at, room)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    return { sql, values, needed: true };
  }
  return {
    sql: `UPDATE reported_rooms SET service = ?, epoch = ?, owner = ?, seq = ?, running = ?, version = ?, changed_at = ?
          WHERE room = ? AND version = ?`,
    values: [...values, version - 1],
    needed: true,
  };
}
