import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EgressSpec, EgressState } from '../../common/contract/egress.ts';
import type { EgressId, RoomId } from '../../common/contract/ids.ts';
import type { UnfinishedRecording } from '../../common/contract/mixing.ts';
import { workFolderPrefix } from './places.ts';
import { readJournal } from './segments.ts';
import { readJob, readPlan, readSpec } from './work-folder.ts';

/** A folder that somebody takes over is called otherwise in the next moment. */
const attempts = 3;

/**
 * The last part of a recording that has no finished files yet. What its folder says holds whatever has become of the
 * process that wrote it, of its agent, of the room and of its owner.
 * @param work folder of all work folders; `held` are those that this agent works on
 * @returns undefined: its files are finished, or there is nothing of it here
 */
export async function findUnfinished(
  { work, held }: { work: string; held: readonly string[] },
  { room, id }: { room: RoomId; id: EgressId },
): Promise<UnfinishedRecording | undefined> {
  const prefix = workFolderPrefix(id);
  let found: { folder: string; spec: EgressSpec } | undefined;
  for (let attempt = 0, missed = true; missed && attempt < attempts; attempt += 1) {
    missed = false;
    const names = (await readdir(work)).filter((name) => name.startsWith(prefix));
    for (const folder of names.map((name) => join(work, name))) {
      const spec = await readSpec(folder);
      if (spec === undefined) missed = true;
      else if (spec.id !== id || spec.room !== room || (await readJob(folder)) !== undefined) continue;
      else if (found === undefined || spec.part >= found.spec.part) found = { folder, spec };
    }
  }
  if (found === undefined) return undefined;
  const { folder, spec } = found;
  return { spec, state: await stateOf(folder, spec), held: held.includes(folder) };
}

/** As far as what wrote it has noted it. */
async function stateOf(folder: string, { id, revision, part }: EgressSpec): Promise<EgressState> {
  const { segments, dropped } = await readJournal(folder);
  const plan = await readPlan(folder);
  return {
    ...{ id, revision, part, status: 'finalising', bitrate: 0, dropped, reconnects: 0 },
    durationMs: segments.reduce((total, { fromMs, toMs }) => total + Math.max(0, toMs - fromMs), 0),
    bytes: segments.reduce((total, { bytes }) => total + bytes, 0),
    files: plan?.done ?? [],
  };
}
