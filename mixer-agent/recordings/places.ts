import { join, relative, resolve, sep } from 'node:path';
import { PorticoError } from '../../common/contract/errors.ts';
import { EgressId, RoomId } from '../../common/contract/ids.ts';

/* Where things are below the folder of recordings. Ids come from elsewhere: none of them leads out of it. */

/** Work folders; no room can have this name. */
export const workName = '.work';

/** Ids as names of files: without what any file system minds. */
const fileName = (id: string): string => id.replaceAll(/[^0-9A-Za-z_.@-]/g, '_');

/** Of a file of a recording, below the folder. @param number 1: the first */
export function recordingName(
  room: RoomId,
  id: EgressId,
  { number, extension }: { number: number; extension: string },
): string {
  const part = number === 1 ? '' : `.part-${number}`;
  return `${RoomId.parse(room)}/${fileName(EgressId.parse(id))}${part}.${extension}`;
}

/** Of the sidecar of a recording, below the folder. @param part of which it tells, unless it tells of all */
export const sidecarName = (room: RoomId, id: EgressId, part = 1): string =>
  recordingName(room, id, { number: part, extension: 'json' });

/** Of the work folder of a part, in that of all. */
export const workFolderName = (id: EgressId, part: number): string => `${workFolderPrefix(id)}${part}`;

/** How the names of the work folders of all its parts begin. */
export const workFolderPrefix = (id: EgressId): string => `${fileName(id)}.part-`;

/** @throws PorticoError `internal` when a name would lead out of the folder */
export function inside(folder: string, name: string): string {
  const path = resolve(folder, name);
  const from = relative(folder, path);
  if (from === '' || from === '..' || from.startsWith(`..${sep}`) || resolve(from) === from) {
    throw new PorticoError('internal', `'${name}' is no name in the folder of recordings`);
  }
  return join(path);
}
