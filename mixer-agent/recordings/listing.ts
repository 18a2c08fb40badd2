import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RoomId } from '../../common/contract/ids.ts';
import { workName } from './places.ts';
import { readSidecar, type Sidecar } from './sidecar.ts';

/** Sidecars below a folder, newest first: of a room, or all. */
export async function listRecordings(
  root: string,
  { room, limit }: { room: RoomId | undefined; limit: number },
): Promise<Sidecar[]> {
  const rooms = room === undefined ? await roomsIn(root) : [room as string];
  const found = (await Promise.all(rooms.map((name) => sidecarsIn(join(root, name))))).flat();
  found.sort((one, other) => other.modified - one.modified);
  const sidecars: Sidecar[] = [];
  for (const { path } of found) {
    if (sidecars.length >= limit) break;
    const sidecar = await readSidecar(path);
    if (sidecar !== undefined) sidecars.push(sidecar);
  }
  return sidecars.toSorted((one, other) => other.endedAt - one.endedAt);
}

async function roomsIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && entry.name !== workName).map(({ name }) => name);
}

async function sidecarsIn(folder: string): Promise<{ path: string; modified: number }[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      // It may just be removed.
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: -1 }));
      return { path, modified: mtimeMs };
    }),
  );
  return found.filter(({ modified }) => modified >= 0);
}
