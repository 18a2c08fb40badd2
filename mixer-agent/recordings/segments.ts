import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyJournal, Journal, journalName } from '../egress/record/journal.ts';
import { MatroskaReader, type StoredTrack } from '../egress/matroska/reader.ts';

/** A file that a recording process wrote, as it really is. */
export interface SegmentFacts {
  path: string;
  bytes: number;
  /** Wall clock of time 0 in it, ms since 1970. */
  zeroAt: number;
  fromMs: number;
  toMs: number;
  tracks: StoredTrack[];
  /** Names of the codecs as in the journal. */
  codecs: { audio?: string; video?: string };
}

const codecNames: Record<string, string> = {
  V_VP8: 'vp8',
  V_VP9: 'vp9',
  'V_MPEG4/ISO/AVC': 'h264',
  V_AV1: 'av1',
  A_OPUS: 'opus',
  A_AAC: 'aac',
};

/** Undefined: there is none that can be read. */
export async function readJournal(folder: string): Promise<Journal> {
  try {
    return Journal.parse(JSON.parse(await readFile(join(folder, journalName), 'utf8')));
  } catch {
    return emptyJournal();
  }
}

/**
 * All segments of a work folder in which there are media, in order. What the journal says was true some time before the
 * end; what it does not say is looked up.
 */
export async function segmentsOf(folder: string, journal: Journal): Promise<SegmentFacts[]> {
  const names = (await readdir(folder)).filter((name) => /^segment-\d+\.mkv$/.test(name));
  const numberOf = (name: string) => Number(/\d+/.exec(name)?.[0]);
  names.sort((one, other) => numberOf(one) - numberOf(other));
  const segments: SegmentFacts[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const { birthtimeMs, size: bytes } = await stat(path);
    const noted = journal.segments.find(({ file }) => file === name);
    const seen = await glance(path);
    if (seen === undefined) continue;
    const { tracks, fromMs } = seen;
    // A crash may have come between the last note and the end.
    const toMs = Math.max(noted?.toMs ?? 0, fromMs);
    segments.push({
      path,
      bytes,
      zeroAt: noted?.zeroAt ?? birthtimeMs,
      fromMs,
      toMs,
      tracks,
      codecs: codecsOf(tracks),
    });
  }
  return segments;
}

/** How much of a file is looked at for its tracks and first unit. */
const glanceBytes = 4 * 1024 * 1024;

/** The tracks of a file and the time of its first unit; undefined: there is none. */
async function glance(path: string): Promise<{ tracks: StoredTrack[]; fromMs: number } | undefined> {
  const tracks: StoredTrack[] = [];
  let fromMs: number | undefined;
  const reader = new MatroskaReader({
    track: (track) => tracks.push(track),
    unit: ({ timeMs }) => {
      fromMs = Math.min(fromMs ?? Infinity, timeMs);
    },
  });
  for await (const chunk of createReadStream(path, { end: glanceBytes - 1 })) {
    reader.push(chunk as Buffer);
    if (fromMs !== undefined || reader.broken) break;
  }
  return fromMs === undefined ? undefined : { tracks, fromMs };
}

function codecsOf(tracks: readonly StoredTrack[]): SegmentFacts['codecs'] {
  const codecs: SegmentFacts['codecs'] = {};
  for (const { codecId } of tracks) {
    codecs[codecId.startsWith('V_') ? 'video' : 'audio'] = codecNames[codecId] ?? codecId;
  }
  return codecs;
}

/** Segments that follow each other with the same codecs, which can be one file. */
export function groupsOf(segments: readonly SegmentFacts[]): SegmentFacts[][] {
  const groups: SegmentFacts[][] = [];
  for (const segment of segments) {
    const before = groups.at(-1)?.at(-1);
    const same =
      before?.codecs.audio === segment.codecs.audio && before?.codecs.video === segment.codecs.video;
    if (before !== undefined && same) groups.at(-1)?.push(segment);
    else groups.push([segment]);
  }
  return groups;
}
