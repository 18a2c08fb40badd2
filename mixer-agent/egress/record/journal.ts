import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/*
 * What the process that writes a recording says about its files, for whoever finishes them, perhaps after a crash. It
 * stands in the work folder beside them.
 */

export const journalName = 'journal.json';

const Codecs = z.object({ audio: z.string().optional(), video: z.string().optional() });

export const Segment = z.object({
  /** In the work folder. */
  file: z.string().regex(/^segment-\d+\.mkv$/),
  /** Wall clock of time 0 in the file, ms since 1970. */
  zeroAt: z.number(),
  codecs: Codecs,
  /** First time in it, and the end of the last, ms; as of the last note. */
  fromMs: z.number().min(0),
  toMs: z.number().min(0),
  bytes: z.number().min(0),
  units: z.object({ audio: z.number(), video: z.number() }),
});
export type Segment = z.infer<typeof Segment>;

export const Journal = z.object({
  version: z.literal(1),
  segments: z.array(Segment).max(10_000),
  /** Times in which nothing came of a track, by the wall clock, ms since 1970. */
  gaps: z.array(z.object({ kind: z.enum(['audio', 'video']), from: z.number(), to: z.number() })).max(10_000),
  /** Tracks that were recorded, each from then on. */
  sources: z
    .array(z.object({ kind: z.enum(['audio', 'video']), track: z.string(), from: z.number() }))
    .max(10_000),
  /** Pictures that were left out. */
  dropped: z.number(),
});
export type Journal = z.infer<typeof Journal>;

export const emptyJournal = (): Journal => ({ version: 1, segments: [], gaps: [], sources: [], dropped: 0 });

/** Replaces the journal at once: whoever reads it finds the old one or the new one. */
export async function writeJournal(folder: string, journal: Journal): Promise<void> {
  const draft = join(folder, `${journalName}.new`);
  await writeFile(draft, JSON.stringify(journal));
  await rename(draft, join(folder, journalName));
}
