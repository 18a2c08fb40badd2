import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MatroskaWriter } from '../matroska/writer.ts';
import type { EgressProgress } from '../protocol.ts';
import type { MediaUnit, Sink, SinkEvents, SinkProgress, Tracks } from '../unit.ts';
import { emptyJournal, Journal, journalName, type Segment, writeJournal } from './journal.ts';
import { SegmentFile } from './segment-file.ts';

/** Room for the header of a file with more tracks than it began with. */
const headerBytes = 4_096;
/** When the disk is so far behind pictures are left out. */
const maxPending = 64 * 1024 * 1024;
/** Errors of the system that mean that there is no space. */
const full = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** What only those who know the sources can say. */
export interface Notes {
  /** Wall clock of time 0, ms since 1970. */
  zeroAt: number;
  gaps: Journal['gaps'];
  sources: Journal['sources'];
  /** Pictures that were left out before they came here. */
  leftOut: number;
}

export interface RecordSinkOptions {
  /** Exists; files of a process before this one in it stay as they are. */
  folder: string;
  syncMs: number;
  /** Asked when something is noted; only after the first unit. */
  notes: () => Notes;
  events: SinkEvents;
}

/**
 * Writes a recording: Matroska that can be read up to its end at any moment, a new file when a codec changes, and a
 * journal beside it.
 */
export class RecordSink implements Sink {
  readonly #options: RecordSinkOptions;
  /** Of processes before this one. */
  readonly #before: Journal;
  #number: number;
  #segments: Segment[] = [];
  #file: SegmentFile | undefined;
  #writer: MatroskaWriter | undefined;
  /** Files that were written to before, until they are closed. */
  #closing: Promise<void>[] = [];
  /** Time of the first unit of all, and the end of the last, ms. */
  #span: { fromMs: number; toMs: number } | undefined;
  #droppedPictures = 0;
  #needsKey = false;
  #noting: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #error: EgressProgress['error'];

  /** Goes on after what a process before this one left in the folder. */
  static async open(options: RecordSinkOptions): Promise<RecordSink> {
    const numbers = (await readdir(options.folder)).map((name) =>
      Number(/^segment-(\d+)\.mkv$/.exec(name)?.[1]),
    );
    const last = Math.max(0, ...numbers.filter((number) => Number.isInteger(number)));
    return new RecordSink(options, { before: await journalIn(options.folder), last });
  }

  private constructor(options: RecordSinkOptions, { before, last }: { before: Journal; last: number }) {
    this.#options = options;
    this.#before = before;
    this.#number = last;
  }

  begin(tracks: Tracks): void {
    if (this.#error !== undefined) return;
    if (this.#writer !== undefined && this.#file !== undefined && isMore(tracks, this.#writer.tracks)) {
      // Another size or profile of the same codec is told by the key frames.
      if (isMore(this.#writer.tracks, tracks)) return;
      this.#writer = new MatroskaWriter({
        tracks,
        padTo: headerBytes,
        startedAt: this.#options.notes().zeroAt,
      });
      this.#file.overwrite(this.#writer.header());
      this.#segment.codecs = codecsOf(tracks);
    } else this.#beginSegment(tracks);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => void this.#sync(), this.#options.syncMs);
      this.#options.events.onChange();
    }
  }

  push(unit: MediaUnit): void {
    const [file, writer] = [this.#file, this.#writer];
    if (
      file === undefined ||
      writer === undefined ||
      this.#error !== undefined ||
      this.#leavesOut(unit, file)
    )
      return;
    writer.unit(unit, (bytes) => {
      file.write(bytes);
    });
    const endMs = unit.timeMs + (unit.durationMs ?? 0);
    this.#span ??= { fromMs: unit.timeMs, toMs: endMs };
    this.#span.toMs = Math.max(this.#span.toMs, endMs);
    const segment = this.#segment;
    if (segment.units.audio + segment.units.video === 0) segment.fromMs = unit.timeMs;
    segment.toMs = Math.max(segment.toMs, endMs);
    segment.units[unit.kind] += 1;
  }

  progress(): SinkProgress {
    const { fromMs = 0, toMs = 0 } = this.#span ?? {};
    const earlier = this.#before.segments.reduce((sum, segment) => sum + segment.toMs - segment.fromMs, 0);
    return {
      status: this.#error !== undefined ? 'failed' : this.#writer === undefined ? 'connecting' : 'live',
      ...(this.#error === undefined ? {} : { error: this.#error }),
      durationMs: earlier + toMs - fromMs,
      bytes: this.#bytes(),
      dropped: this.#before.dropped + this.#droppedPictures,
      reconnects: 0,
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#noting;
    await this.#file?.close();
    await Promise.all(this.#closing);
    this.#noteBytes();
    if (this.#segments.length > 0) await this.#note();
  }

  get #segment(): Segment {
    const segment = this.#segments.at(-1);
    if (segment === undefined) throw new Error('no segment was begun');
    return segment;
  }

  #beginSegment(tracks: Tracks): void {
    const { folder, notes } = this.#options;
    const { zeroAt } = notes();
    this.#noteBytes();
    if (this.#file !== undefined) this.#closing.push(this.#file.close());
    this.#number += 1;
    const name = `segment-${this.#number}.mkv`;
    const file = new SegmentFile(join(folder, name), (error) => {
      this.#fail(error);
    });
    this.#file = file;
    this.#writer = new MatroskaWriter({ tracks, padTo: headerBytes, startedAt: zeroAt });
    file.write(this.#writer.header());
    this.#segments.push({
      ...{ file: name, zeroAt, codecs: codecsOf(tracks), fromMs: 0, toMs: 0, bytes: 0 },
      units: { audio: 0, video: 0 },
    });
    void this.#sync();
  }

  /** A disk that is too slow costs pictures, up to the next key frame. */
  #leavesOut({ kind, key }: MediaUnit, file: SegmentFile): boolean {
    if (kind === 'audio') return file.pending > 2 * maxPending;
    if (file.pending > maxPending) this.#needsKey = true;
    else if (key) this.#needsKey = false;
    if (!this.#needsKey) return false;
    this.#droppedPictures += 1;
    this.#options.events.onKeyFrameNeeded();
    return true;
  }

  #bytes(): number {
    this.#noteBytes();
    return [...this.#before.segments, ...this.#segments].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #noteBytes(): void {
    const segment = this.#segments.at(-1);
    if (segment !== undefined && this.#file !== undefined) segment.bytes = this.#file.written;
  }

  async #sync(): Promise<void> {
    // A disk that takes longer than the time between two is not asked more often.
    if (this.#noting !== undefined) return;
    this.#noting = (this.#file?.sync() ?? Promise.resolve()).then(() => this.#note());
    await this.#noting;
    this.#noting = undefined;
  }

  async #note(): Promise<void> {
    const before = this.#before;
    const { gaps, sources, leftOut } = this.#options.notes();
    this.#noteBytes();
    const journal: Journal = {
      version: 1,
      segments: [...before.segments, ...this.#segments],
      gaps: [...before.gaps, ...gaps],
      sources: [...before.sources, ...sources],
      dropped: before.dropped + this.#droppedPictures + leftOut,
    };
    // Without a journal the files are still there.
    await writeJournal(this.#options.folder, journal).catch((error: unknown) => {
      this.#fail(error);
    });
  }

  #fail(error: unknown): void {
    if (this.#error !== undefined) return;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const isFull = full.includes(code);
    const message = isFull
      ? 'there is no space left for the recording'
      : `the recording cannot be written (${String(error)})`;
    this.#error = { code: isFull ? 'resource_exhausted' : 'internal', message };
    this.#options.events.onOver(isFull ? 'disk_full' : 'failed');
  }
}

const codecsOf = ({ audio, video }: Tracks): Segment['codecs'] => ({
  ...(audio === undefined ? {} : { audio: audio.codec }),
  ...(video === undefined ? {} : { video: video.codec }),
});

/** Whether tracks are those of before and some more. */
function isMore(tracks: Tracks, before: Tracks): boolean {
  const [now, then] = [codecsOf(tracks), codecsOf(before)];
  return (['audio', 'video'] as const).every((kind) => then[kind] === undefined || then[kind] === now[kind]);
}

async function journalIn(folder: string): Promise<Journal> {
  try {
    const journal = Journal.safeParse(JSON.parse(await readFile(join(folder, journalName), 'utf8')));
    return journal.data ?? emptyJournal();
  } catch {
    return emptyJournal();
  }
}
