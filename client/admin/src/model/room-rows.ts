import type { RunningRoom } from '../../../../management-api/schemas/cluster.ts';
import type { Room } from '../../../../management-api/schemas/rooms.ts';

/** A room that is stored, that runs, or both. */
export interface RoomRow {
  id: string;
  room?: Room;
  running?: RunningRoom;
}

/** Running rooms first, those with most participants at the top; then the others as they come. */
export function roomRows(stored: readonly Room[], running: readonly RunningRoom[]): RoomRow[] {
  const byId = new Map(stored.map((room) => [room._id as string, room]));
  const busy = [...running]
    .sort((one, other) => other.participants - one.participants || (one.room < other.room ? -1 : 1))
    .map((summary): RoomRow => {
      const room = byId.get(summary.room);
      return { id: summary.room, running: summary, ...(room === undefined ? {} : { room }) };
    });
  const runs = new Set(busy.map(({ id }) => id));
  return [...busy, ...stored.filter(({ _id }) => !runs.has(_id)).map((room) => ({ id: room._id, room }))];
}

/** By id and name, whatever the case and accents. */
export function matching(rows: readonly RoomRow[], search: string): RoomRow[] {
  const plain = (text: string): string =>
    text
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLocaleLowerCase();
  const wanted = plain(search.trim());
  return rows.filter(({ id, room }) => plain(`${id} ${room?.name ?? ''}`).includes(wanted));
}
