import { PorticoError } from '../../common/contract/errors.ts';
import { NutReader } from '../ffmpeg/nut.ts';
import type { StreamHeader } from '../ffmpeg/nut-headers.ts';
import { MediaChild, type ChildEnd } from './media-child.ts';
import { FramerateMeter } from './framerate.ts';
import type { Gateway, RoutedSource } from './gateway.ts';
import { makeLines, type LineParts, type Lines } from './lines.ts';
import { planOf, type Plan, type PlanOptions } from './plan.ts';
import type { IngressSource, IngressTracks } from './protocol.ts';
import { sourceArguments } from './source-arguments.ts';
import { Timeline } from './timeline.ts';
import type { TrackLine } from './track-line.ts';
import { complaintOf } from './words.ts';

/** So much may wait to be played; what the source has beyond that it keeps, ms. */
const aheadMs = 2_000;
/** How long the producers of its tracks are waited for, ms. */
const readyMs = 3_000;
/** How long what has come is still played after the source has ended, ms. */
const restMs = 5_000;
const settleMs = 1_000;

export type ConnectionEnd =
  /** The whole of a file was played. */
  | { type: 'ended' }
  /** To be tried again. */
  | { type: 'lost'; error: { code: string; message: string } }
  /** To be tried again at once: its pictures must be decoded, or its times began anew. */
  | { type: 'again'; mustDecode: boolean };

export interface ConnectionOptions extends Omit<PlanOptions, 'source'>, Omit<LineParts, 'timeline'> {
  source: IngressSource;
  gateway: Gateway;
  connectMs: number;
  /** Whether somebody takes these tracks. */
  isReady: (tracks: IngressTracks) => boolean;
  onTracks: (tracks: IngressTracks) => void;
  /** Told once, and nothing after it. */
  onEnd: (end: ConnectionEnd) => void;
}

/** One connection to a source, from the first attempt until it is lost. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #source: RoutedSource;
  readonly #child: MediaChild;
  readonly #headers: (StreamHeader | undefined)[] = [];
  readonly #rate = new FramerateMeter();
  #plan: Plan | undefined;
  #timeline: Timeline | undefined;
  #lines: Lines = {};
  #all: readonly TrackLine[] = [];
  /** All that came until it was known who needs it. */
  #prefix: Uint8Array[] | undefined = [];
  /** It is a file, or something else with an end. */
  #finite = false;
  #bytes = 0;
  #heardAt = performance.now();
  /** Since when a decoder takes nothing. */
  #stuckAt: number | undefined;
  #planAt = Infinity;
  #settleAt = 0;
  /** What is said when all is played. */
  #over: { end: ConnectionEnd; at: number } | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#source = options.gateway.route(options.source);
    const reader = new NutReader({
      timebase: 1_000_000,
      allocate: (bytes) => new Uint8Array(bytes),
      onStream: (header, stream) => {
        this.#headers[stream] = header;
      },
      onFrame: (data, time, key, stream) => {
        this.#take({ data, time: time / 1_000, key }, stream);
      },
    });
    this.#child = new MediaChild({
      ffmpeg: options.ffmpeg,
      args: sourceArguments(this.#source),
      fed: false,
      onOutput: (chunk) => {
        this.#heardAt = performance.now();
        this.#bytes += chunk.length;
        this.#prefix?.push(chunk);
        reader.push(chunk);
        this.#feed(chunk);
        this.#hold(this.#heardAt);
      },
      onLine: (_level, line) => {
        this.#read(line);
      },
      onEnd: (end) => {
        this.#sourceEnded(end);
      },
    });
  }

  /** Its media are played. */
  get live(): boolean {
    return this.#timeline?.begun === true;
  }

  /** Bytes that have come. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Process ids of its FFmpegs that fetch. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Plays what is due. Called every few ms. */
  poll(now: number): void {
    if (this.#closed) return;
    this.#begin(now);
    for (const line of this.#all) line.poll(now);
    this.#hold(now);
    if (now >= this.#settleAt) {
      this.#settleAt = now + settleMs;
      if (!this.#finite) this.#timeline?.settle(now);
    }
    this.#watch(now);
  }

  requestKeyFrame(): void {
    this.#lines.requestKeyFrame?.();
  }

  /** Ends it without a word; resolves when its FFmpeg is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const line of this.#all) line.close();
    await this.#child.close();
  }

  #take(unit: { data: Uint8Array; time: number; key: boolean }, stream: number): void {
    if (this.#closed) return;
    const now = performance.now();
    this.#plan ??= this.#makePlan(now);
    if (this.#plan === undefined) return;
    if (this.#timeline?.came(unit.time, now) === false) {
      this.#end({ type: 'again', mustDecode: this.#options.mustDecode });
      return;
    }
    if (stream === this.#plan.audio?.stream) this.#lines.audio?.push(unit, now);
    if (stream !== this.#plan.video?.stream) return;
    if (this.#rate.add(unit.time)) this.#options.onTracks(this.#tracks());
    this.#lines.video?.push(unit, now);
  }

  /** All streams are announced before the first piece of one. */
  #makePlan(now: number): Plan | undefined {
    try {
      const plan = planOf(this.#headers, this.#options);
      const { video, audio } = plan;
      const decoded = video?.transcoded === true || audio?.transcoded === true;
      this.#timeline = new Timeline(decoded);
      this.#plan = plan;
      this.#planAt = now;
      this.#lines = makeLines(plan, {
        ...this.#options,
        timeline: this.#timeline,
        framerate: () => this.#rate.rate,
        onTrouble: (why) => {
          this.#lose('unavailable', why);
        },
        onUnfit: () => {
          this.#end({ type: 'again', mustDecode: true });
        },
      });
      this.#all = [this.#lines.video, this.#lines.audio].filter((line) => line !== undefined);
      this.#options.onTracks(this.#tracks());
      return plan;
    } catch (error) {
      const { code, message } = PorticoError.from(error);
      this.#lose(code, message);
      return undefined;
    }
  }

  #tracks(): IngressTracks {
    const { audio, video } = this.#plan ?? {};
    const { rate } = this.#rate;
    return {
      ...(audio === undefined ? {} : { audio: { transcoded: audio.transcoded } }),
      ...(video === undefined
        ? {}
        : {
            video: {
              transcoded: video.transcoded,
              codec: video.codec,
              resolution: video.size,
              ...(rate === undefined ? {} : { framerate: rate }),
            },
          }),
    };
  }

  /** Gives bytes to lines that decode them by themselves; they need them from the beginning. */
  #feed(chunk: Uint8Array): void {
    if (this.#plan === undefined) return;
    const chunks = this.#prefix ?? [chunk];
    this.#prefix = undefined;
    for (const line of this.#all) for (const bytes of chunks) line.feed?.(bytes);
  }

  #begin(now: number): void {
    const timeline = this.#timeline;
    if (timeline === undefined || timeline.begun) return;
    if (this.#options.isReady(this.#tracks()) || now - this.#planAt > readyMs) timeline.begin(now);
  }

  /** What is far ahead stays with the source. */
  #hold(now: number): void {
    const ahead = this.#timeline?.ahead(now) ?? 0;
    const stuck = this.#all.some((line) => line.full);
    this.#stuckAt = stuck ? (this.#stuckAt ?? now) : undefined;
    const full = ahead > aheadMs || stuck;
    this.#child.flow(!full);
    if (full) this.#heardAt = now;
  }

  #watch(now: number): void {
    const over = this.#over;
    if (over !== undefined) {
      if (this.#all.every((line) => line.empty) || now - over.at > restMs) this.#end(over.end);
      return;
    }
    const { connectMs } = this.#options;
    if (now - (this.#stuckAt ?? now) > connectMs)
      this.#lose('timeout', 'the source cannot be decoded in time');
    if (now - this.#heardAt < connectMs) return;
    const seconds = Math.round(connectMs / 1_000);
    this.#lose('timeout', `the source gives nothing for ${seconds} s`);
  }

  #read(line: string): void {
    const length = /^Duration: (\d+):(\d+):(\d+)/.exec(line);
    if (length === null || !['file', 'http', 'https'].includes(this.#options.source.scheme)) return;
    this.#finite = length.slice(1).some((part) => Number(part) > 0) || this.#options.source.scheme === 'file';
  }

  #sourceEnded(end: ChildEnd): void {
    if (this.#closed) return;
    const finished = end.code === 0 && this.#plan !== undefined;
    const { gateway } = this.#options;
    const words =
      gateway.complaint ??
      complaintOf(end, this.#source) ??
      (finished ? 'it has ended' : 'it gives no media');
    const message =
      finished || this.live ? `the source broke off: ${words}` : `the source cannot be opened: ${words}`;
    const lost = { type: 'lost', error: { code: 'unavailable', message } } as const;
    for (const line of this.#all) line.finish();
    this.#over = { end: finished && this.#finite ? { type: 'ended' } : lost, at: performance.now() };
    if (this.#plan === undefined) this.#end(this.#over.end);
  }

  #lose(code: string, message: string): void {
    this.#end({ type: 'lost', error: { code, message } });
  }

  #end(end: ConnectionEnd): void {
    if (this.#closed) return;
    void this.close();
    this.#options.onEnd(end);
  }
}
