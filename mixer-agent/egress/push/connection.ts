import { stat } from 'node:fs/promises';
import { FfmpegChild } from '../../ffmpeg/child.ts';
import type { ChildGuard } from '../../ffmpeg/guard.ts';
import { readComplete } from '../../live-folder/manifest.ts';
import { MatroskaWriter } from '../matroska/writer.ts';
import type { MediaUnit } from '../unit.ts';
import { marksCuts, pushArguments, type PushPlan } from './arguments.ts';
import { Backlog } from './backlog.ts';
import { FfmpegProgress } from './ffmpeg-progress.ts';
import { ffmpegWords } from './ffmpeg-words.ts';
import { SegmentCuts } from './segment-cuts.ts';

export interface ConnectionOptions {
  ffmpeg: string;
  plan: PushPlan;
  guard: ChildGuard;
  /** Time of its first unit, ms. */
  baseMs: number;
  /** The far end takes data; of HLS and DASH: there is a list of what this one wrote. */
  onArrived: () => void;
  onKeyFrameNeeded: () => void;
  /** It is gone by itself, or because nothing went on; what FFmpeg said about it may be empty. */
  onEnd: (reason: string) => void;
}

/** What was given to it and is not on its way after so much longer than usual, ms, does not move. */
const usualLagMs = 2_000;
/** FFmpeg says itself that nothing moves; when it does not: so much later, ms. */
const graceMs = 1_000;

/** Saying goodbye may take so long, ms. */
const endLimitMs = 2_000;

/** One FFmpeg that sends to the far end. It begins with a key frame, and ends with the connection. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #child: FfmpegChild;
  readonly #writer: MatroskaWriter;
  readonly #progress = new FfmpegProgress();
  readonly #backlog: Backlog;
  readonly #cuts: SegmentCuts | undefined;
  readonly #complaints: string[] = [];
  readonly #startedAt = Date.now();
  #movedAt = performance.now();
  #fedMs = 0;
  #fedBytes = 0;
  #arrived = false;
  #looking = false;
  #stuck: string | undefined;

  constructor(options: ConnectionOptions) {
    const { ffmpeg, plan, guard } = options;
    this.#options = options;
    this.#cuts = marksCuts(plan) ? new SegmentCuts(plan.target.segmentDuration) : undefined;
    this.#child = new FfmpegChild({
      ffmpeg,
      endLimitMs,
      args: pushArguments(plan),
      onOutput: (chunk) => {
        this.#hear(chunk);
      },
      onComplaint: (line) => {
        if (this.#complaints.length < 20) this.#complaints.push(line);
      },
      onEnd: (reason) => {
        options.onEnd(this.#reason(reason));
      },
    });
    this.#backlog = new Backlog({ child: this.#child, hasVideo: plan.tracks.video !== undefined });
    const { pid } = this.#child;
    if (pid !== undefined) guard.watch(pid);
    this.#writer = new MatroskaWriter({ tracks: plan.tracks });
    this.#child.write(this.#writer.header());
  }

  get arrived(): boolean {
    return this.#arrived;
  }

  /** Bytes that were sent, as far as FFmpeg says that; else those that it took. */
  get bytes(): number {
    const { protocol } = this.#options.plan.target;
    if (protocol === 'rtmp' || protocol === 'srt') return this.#progress.bytes;
    return Math.max(0, this.#fedBytes - this.#child.waiting);
  }

  /** Media time that was sent, ms. */
  get durationMs(): number {
    return this.#progress.timeMs;
  }

  /** Pictures that were left out because the far end was too slow. */
  get dropped(): number {
    return this.#backlog.dropped;
  }

  /** Pictures are of no use before the next key frame. */
  skipToKeyFrame(): void {
    this.#backlog.skipToKeyFrame();
  }

  feed(unit: MediaUnit): void {
    const timeMs = unit.timeMs - this.#options.baseMs;
    if (timeMs < 0) return;
    if (!this.#backlog.takes(unit)) {
      if (this.#backlog.wantsKeyFrame) this.#options.onKeyFrameNeeded();
      return;
    }
    this.#fedMs = Math.max(this.#fedMs, timeMs);
    const isPicture = unit.kind === 'video';
    const key = unit.key && (!isPicture || this.#cuts === undefined || this.#cuts.isCut(timeMs));
    this.#writer.unit({ ...unit, key, timeMs }, (bytes) => {
      this.#fedBytes += bytes.length;
      this.#child.write(bytes);
    });
  }

  /** To be called now and then: ends it when nothing moves any more. */
  check(now: number): void {
    const { connectMs } = this.#options.plan.target.retry;
    const owed = this.#fedMs - this.#progress.timeMs;
    if (owed < usualLagMs && this.#arrived) this.#movedAt = now;
    if (now - this.#movedAt < connectMs + graceMs || this.#stuck !== undefined) return;
    const what = this.#arrived ? 'takes nothing any more' : 'does not answer';
    this.#stuck = `the far end ${what} (for ${connectMs / 1_000} s)`;
    this.#child.kill();
  }

  /** Sends what it has and says goodbye; resolves when it is gone. */
  async end(): Promise<void> {
    await this.#child.end();
    this.#unguard();
  }

  /** Ends it at once: what it writes is not closed. */
  async abort(): Promise<void> {
    this.#child.kill();
    await this.#child.close();
    this.#unguard();
  }

  #unguard(): void {
    const { pid } = this.#child;
    if (pid !== undefined) this.#options.guard.forget(pid);
  }

  #hear(chunk: Uint8Array): void {
    const before = this.#progress.timeMs;
    this.#progress.push(chunk);
    if (this.#progress.timeMs === before) return;
    this.#movedAt = performance.now();
    if (!this.#arrived) void this.#look();
  }

  /** What FFmpeg has sent is with the far end; what it writes to files is there when their list is. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { plan, onArrived } = this.#options;
    const isThere = !['hls', 'dash'].includes(plan.target.protocol) || (await this.#hasList(plan.output));
    this.#looking = false;
    if (!isThere || this.#arrived || this.#child.gone) return;
    this.#arrived = true;
    onArrived();
  }

  async #hasList(path: string): Promise<boolean> {
    try {
      const isNew = (await stat(path)).mtimeMs >= this.#startedAt;
      return isNew && (await readComplete(path)) !== undefined;
    } catch {
      return false;
    }
  }

  #reason(reason: string): string {
    this.#unguard();
    const words = ffmpegWords(this.#complaints);
    return words || this.#stuck || `FFmpeg ${reason}`;
  }
}
