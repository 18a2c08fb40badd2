import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { EgressOrigin, EgressTarget } from '../../common/contract/egress.ts';
import { FinishedRecording } from '../../common/contract/mixing.ts';
import { ParticipantId } from '../../common/contract/ids.ts';
import { Journal } from '../egress/record/journal.ts';

/** What stands beside the files of a recording. */
export const Sidecar = FinishedRecording.extend({
  version: z.literal(1),
  target: EgressTarget,
  origin: EgressOrigin,
  participants: z.array(z.object({ id: ParticipantId, user: z.string() })),
  /** Times in which nothing came of a track; ms since 1970. */
  gaps: Journal.shape.gaps,
  /** Tracks that were recorded, each from then on. */
  sources: Journal.shape.sources,
  /** Pictures that were left out. */
  dropped: z.number(),
  /** What is still to be done with it; absent: nothing. */
  delivery: z
    .object({
      /** Times that it was tried. */
      attempts: z.int(),
      command: z.enum(['none', 'waiting', 'done']),
      s3: z.enum(['none', 'waiting', 'done']),
      error: z.string().optional(),
    })
    .optional(),
});
export type Sidecar = z.infer<typeof Sidecar>;

/** Undefined: there is none that can be read. */
export async function readSidecar(path: string): Promise<Sidecar | undefined> {
  try {
    return Sidecar.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Replaces a sidecar at once, and safely. */
export async function writeSidecar(path: string, sidecar: Sidecar): Promise<void> {
  const draft = `${path}.new`;
  const handle = await open(draft, 'w', 0o640);
  try {
    await handle.writeFile(`${JSON.stringify(sidecar, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
}

/** As the contract tells it. */
export const toFinished = (sidecar: Sidecar): FinishedRecording => FinishedRecording.parse(sidecar);
