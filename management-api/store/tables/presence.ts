import type { z } from 'zod';
import { PorticoError } from '../../../common/contract/errors.ts';
import type { RoomId } from '../../../common/contract/ids.ts';
import { ManagedParticipant, type RoomEvent } from '../../../common/contract/management.ts';
import { StreamInfo } from '../../../common/contract/media.ts';
import type { Database, Statement } from '../database/database.ts';
import type { Presence } from '../store.ts';

type Kind = 'participant' | 'stream';

interface Row {
  kind: Kind;
  id: string;
  data: string;
}

/** Who and what is in a room as far as was told, in the order of arrival. */
export async function readPresence(
  database: Database,
  room: RoomId,
): Promise<Pick<Presence, 'participants' | 'streams'>> {
  const sql = 'SELECT kind, id, data FROM told WHERE room = ? ORDER BY place, id';
  const rows = await database.read<Row>(sql, [room]);
  const all = <T>(kind: Kind, schema: z.ZodType<T>): Map<string, T> =>
    new Map(rows.filter((row) => row.kind === kind).map((row) => [row.id, read(row, schema)]));
  return { participants: all('participant', ManagedParticipant), streams: all('stream', StreamInfo) };
}

/** What an event changes of it. */
export function remember(room: RoomId, event: RoomEvent, place: number): Statement[] {
  switch (event.type) {
    case 'room_started':
    case 'room_ended':
      return [{ sql: 'DELETE FROM told WHERE room = ?', values: [room] }];
    case 'participant_joined':
      return [add(room, { kind: 'participant', id: event.participant.id, data: event.participant }, place)];
    case 'participant_left':
      return [remove(room, 'participant', event.participant.id)];
    case 'stream_added':
      return [add(room, { kind: 'stream', id: event.stream.id, data: event.stream }, place)];
    case 'stream_removed':
      return [remove(room, 'stream', event.stream.id)];
    // What a view shows and what is recorded is no presence: it is asked for, where it matters.
    case 'mix_started':
    case 'mix_stopped':
    case 'layout_changed':
    case 'recording_started':
    case 'recording_ended':
    case 'recording_ready':
    case 'live_started':
    case 'live_changed':
    case 'live_ended':
      return [];
  }
}

const add = (
  room: RoomId,
  { kind, id, data }: { kind: Kind; id: string; data: unknown },
  place: number,
): Statement => ({
  sql: `INSERT INTO told (room, kind, id, place, data) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (room, kind, id) DO UPDATE SET data = excluded.data`,
  values: [room, kind, id, place, JSON.stringify(data)],
});

const remove = (room: RoomId, kind: Kind, id: string): Statement => ({
  sql: 'DELETE FROM told WHERE room = ? AND kind = ? AND id = ?',
  values: [room, kind, id],
});

function read<T>({ kind, id, data }: Row, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(JSON.parse(data));
  if (parsed.success) return parsed.data;
  const message = `what the store remembers of the ${kind} '${id}' is not readable`;
  throw new PorticoError('internal', message, {}, { cause: parsed.error });
}
