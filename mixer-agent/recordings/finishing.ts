import { access, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { EgressSpec, RecordingFile } from '../../common/contract/egress.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import type { Logger } from '../../common/observe/log.ts';
import { containerOf } from '../egress/carriage.ts';
import type { Journal } from '../egress/record/journal.ts';
import type { Launch } from '../ffmpeg/launch/child.ts';
import { digestOf, joinInProcess } from './bulk/bulk.ts';
import { checkFile, finaliseFile } from './finalise.ts';
import { nameOf } from './holds.ts';
import { inside, recordingName, sidecarName } from './places.ts';
import { groupsOf, readJournal, type SegmentFacts, segmentsOf } from './segments.ts';
import { readSidecar, type Sidecar, writeSidecar } from './sidecar.ts';
import { freeReserve, type Plan, readPlan, writePlan } from './work-folder.ts';
import type { z } from 'zod';

export interface FinishingOptions {
  /** Of recordings. */
  root: string;
  /** Those of all parts that become one recording; the first is that of `spec`. */
  workFolders: readonly string[];
  spec: EgressSpec;
  /** Other agents see the same folder. */
  shared: boolean;
  reason: z.infer<typeof EgressEndReason>;
  ffmpeg: () => Promise<string>;
  /** Starts what goes through whole files. */
  launch: Launch;
  /** What is to be done with it then. */
  delivery: Sidecar['delivery'];
  log: Logger;
}

/** A hole between two segments is worth a word, ms. */
const leastGapMs = 1_000;

/**
 * Makes the files of a recording out of what its processes wrote, and its sidecar. Can be begun again at any time.
 * @returns its sidecar, with its name; undefined: nothing was recorded
 * @throws PorticoError, or an error of the system; then everything that was recorded is still there
 */
export async function finishRecording(
  options: FinishingOptions,
): Promise<{ name: string; sidecar: Sidecar } | undefined> {
  const { root, workFolders, spec, shared } = options;
  await Promise.all(workFolders.map((folder) => freeReserve(folder)));
  const found = await Promise.all(workFolders.map((folder) => look(folder)));
  const plan = (await readPlan(workFolders[0] ?? '')) ?? { names: [], done: [] };
  const segments = found
    .flatMap((one) => one.segments)
    .toSorted((one, other) => startOf(one) - startOf(other));
  if (segments.length === 0 && plan.done.length === 0) return undefined;
  const whole = inside(root, sidecarName(spec.room, spec.id));
  const known = await readSidecar(whole);
  const isRest = spec.part > 1 && known === undefined && !shared;
  const files = await makeFiles(options, { segments, plan });
  const name = sidecarName(spec.room, spec.id, isRest ? spec.part : 1);
  const journals = found.map(({ journal }) => journal);
  const sidecar = sidecarOf(options, {
    files,
    journals,
    holes: holesOf(segments),
    known: isRest ? undefined : known,
  });
  await writeSidecar(inside(root, name), sidecar);
  return { name, sidecar };
}

async function look(folder: string): Promise<{ journal: Journal; segments: SegmentFacts[] }> {
  const journal = await readJournal(folder);
  return { journal, segments: await segmentsOf(folder, journal) };
}

const startOf = ({ zeroAt, fromMs }: SegmentFacts): number => zeroAt + fromMs;

/** The same for whoever has taken over its work folder. */
const nameOfSegment = ({ path }: SegmentFacts): string => join(nameOf(dirname(path)), basename(path));

async function makeFiles(
  options: FinishingOptions,
  { segments, plan }: { segments: readonly SegmentFacts[]; plan: Plan },
): Promise<RecordingFile[]> {
  const { root, spec, workFolders, shared } = options;
  const work = workFolders[0] ?? '';
  const done = [...plan.done];
  const groups = groupsOf(segments);
  // Segments are still there after their file was made; those of raw files are not.
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    const of = group.map(nameOfSegment).join('|');
    if (plan.names.includes(of)) continue;
    const first = shared || spec.part === 1 ? 1 : spec.part;
    const file = await makeFile(options, { group, first: first + done.length });
    if (file === undefined) {
      groups.unshift(...group.map((segment) => [segment]));
      continue;
    }
    done.push(file);
    plan.names.push(of);
    await writePlan(work, { names: plan.names, done });
  }
  const there = await Promise.all(done.map(({ name }) => isThere(inside(root, name))));
  return done.filter((_file, index) => there[index] === true);
}

/**
 * @param first Number that it may have at least
 * @returns undefined: the segments cannot be one file
 */
async function makeFile(
  options: FinishingOptions,
  { group, first }: { group: readonly SegmentFacts[]; first: number },
): Promise<RecordingFile | undefined> {
  const { root, spec, workFolders, log } = options;
  const base = join(workFolders[0] ?? '', `final-${first}`);
  const made = await makeSeekable(options, group, base).catch(async (error: unknown) => {
    // Without space for a copy, or without FFmpeg: what was written can be played, too.
    log.error({ err: error, room: spec.room, egress: spec.id }, 'recording not made seekable');
    await Promise.all(
      ['joined.mkv', 'mkv', 'webm', 'mp4', 'ts'].map((end) => rm(`${base}.${end}`, { force: true })),
    );
    const [alone, ...more] = group;
    return alone === undefined || more.length > 0 ? undefined : rawOf(alone);
  });
  if (made === undefined) return undefined;
  const part = await freeNumber(options, made.extension, first);
  const name = recordingName(spec.room, spec.id, { number: part, extension: made.extension });
  const path = inside(root, name);
  const sha256 = await digestOf(made.path, options.launch);
  const { size: bytes } = await stat(made.path);
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  await rename(made.path, path);
  const [segment] = group;
  const startedAt = segment === undefined ? spec.startedAt : startOf(segment);
  return { name, part, bytes, durationMs: made.durationMs, startedAt, sha256 };
}

interface MadeFile {
  path: string;
  extension: string;
  durationMs: number;
}

async function makeSeekable(
  options: FinishingOptions,
  group: readonly SegmentFacts[],
  base: string,
): Promise<MadeFile> {
  const { spec, launch } = options;
  const ffmpeg = await options.ffmpeg();
  const asked = spec.target.type === 'recording' ? spec.target.container : 'auto';
  const container = containerOf(asked, group[0]?.codecs ?? {});
  let from = group[0]?.path ?? '';
  if (group.length > 1) {
    from = `${base}.joined.mkv`;
    await joinInProcess(group, from, launch);
  }
  const path = `${base}.${container}`;
  await finaliseFile({ ffmpeg, from, to: path, container, launch });
  return { path, extension: container, durationMs: await checkFile(ffmpeg, path, launch) };
}

const rawOf = ({ path, fromMs, toMs }: SegmentFacts): MadeFile => ({
  ...{ path, extension: 'mkv', durationMs: toMs - fromMs },
});

/** A file that is there already is another part, which was finished for itself. */
async function freeNumber(
  { root, spec }: FinishingOptions,
  extension: string,
  first: number,
): Promise<number> {
  for (let number = first; ; number++) {
    const name = recordingName(spec.room, spec.id, { number, extension });
    if (!(await isThere(inside(root, name)))) return number;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** Times between segments, in which no process ran. */
function holesOf(segments: readonly SegmentFacts[]): Journal['gaps'] {
  return segments.flatMap((segment, index) => {
    const before = segments[index - 1];
    if (before === undefined) return [];
    const [from, to] = [before.zeroAt + before.toMs, startOf(segment)];
    if (to - from < leastGapMs) return [];
    return (['audio', 'video'] as const)
      .filter((kind) => segment.codecs[kind] !== undefined)
      .map((kind) => ({ kind, from, to }));
  });
}

function sidecarOf(
  { spec, reason, delivery }: FinishingOptions,
  facts: { files: RecordingFile[]; journals: Journal[]; holes: Journal['gaps']; known: Sidecar | undefined },
): Sidecar {
  const { journals, holes, known } = facts;
  // Whoever began before and died may have written them down already.
  const names = new Set(facts.files.map(({ name }) => name));
  const files = [...(known?.files ?? []).filter(({ name }) => !names.has(name)), ...facts.files];
  const sum = (of: (file: RecordingFile) => number) => files.reduce((total, file) => total + of(file), 0);
  const gaps = [...(known?.gaps ?? []), ...journals.flatMap((journal) => journal.gaps), ...holes];
  return {
    version: 1,
    id: spec.id,
    room: spec.room,
    startedAt: Math.min(...files.map(({ startedAt }) => startedAt)),
    endedAt: Math.max(...files.map(({ startedAt, durationMs }) => startedAt + durationMs)),
    reason,
    durationMs: sum(({ durationMs }) => durationMs),
    bytes: sum(({ bytes }) => bytes),
    files,
    target: spec.target,
    origin: spec.origin,
    participants: spec.participants,
    gaps: gaps.toSorted((one, other) => one.from - other.from),
    sources: [...(known?.sources ?? []), ...journals.flatMap(({ sources }) => sources)],
    dropped: journals.reduce((total, { dropped }) => total + dropped, known?.dropped ?? 0),
    ...(delivery === undefined ? {} : { delivery }),
  };
}
