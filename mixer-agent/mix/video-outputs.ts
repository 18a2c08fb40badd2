import type { Ffmpeg } from '../ffmpeg/child.ts';
import type { EngineLog } from '../process/engine-log.ts';
import type { MixCodec, Picture } from './media.ts';
import { Percentiles } from './percentiles.ts';
import type { Canvas, RtpPosition, VideoOutputFeed } from './protocol.ts';
import { olderBy, type ReportedSender } from './send/sender-reports.ts';
import {
  aheadMs,
  VideoEncoding,
  type EncodingFeed,
  type GivenPicture,
  type VideoEncodingOptions,
} from './video-encoding.ts';

/** Pictures remembered to measure how old pictures are when they are sent. */
const remembered = 64;

export interface VideoOutputsOptions {
  ffmpeg: Ffmpeg;
  send: (packet: Uint8Array) => void;
  /** Where an output of the process before this one has got to. */
  positionOf: (ssrc: number) => RtpPosition | undefined;
  log: EngineLog;
}

interface Numbered extends GivenPicture {
  readonly number: number;
}

/** How the times of an encoding lie beside those of the other one. */
type Beside = Pick<VideoEncodingOptions, 'othersSentAt' | 'earlierMs'>;

interface Output {
  readonly main: VideoEncoding;
  /** For thin lines. */
  low: VideoEncoding | undefined;
}

/** The encodings of a mix: one line of RTP for each, and an encoder for each that is made. */
export class VideoOutputs {
  readonly #options: VideoOutputsOptions;
  readonly #outputs = new Map<string, Output>();
  readonly #given: Numbered[] = [];
  /** Of pictures; goes on when the grid begins anew. */
  #number = 0;
  readonly delay = new Percentiles();
  #canvas: Canvas | undefined;
  #endedRestarts = 0;

  constructor(options: VideoOutputsOptions) {
    this.#options = options;
  }

  /**
   * All outputs that there are from now on. One whose codec or SSRC changes is another one.
   * @param canvas what the pictures are composed on
   */
  set(feeds: readonly VideoOutputFeed[], canvas: Canvas | undefined): void {
    this.#canvas = canvas;
    const wanted = new Map(feeds.map((feed) => [nameOf(feed), feed]));
    for (const [name, output] of this.#outputs) {
      if (wanted.has(name)) continue;
      this.#outputs.delete(name);
      this.#end(output.main);
      this.#end(output.low);
    }
    for (const [name, feed] of wanted) {
      const known = this.#outputs.get(name);
      const sentAt = (which: keyof Output) => this.#outputs.get(name)?.[which]?.sentAt ?? -Infinity;
      const main = this.#set(
        known?.main,
        { ...feed, active: true },
        { othersSentAt: () => sentAt('low'), earlierMs: 0 },
      );
      // Of the same picture the smaller encoding is ready first: the main one is newer, and keeps to the grid exactly.
      const beside = { othersSentAt: () => sentAt('main'), earlierMs: aheadMs };
      this.#outputs.set(name, { main, low: this.#setLow(known?.low, feed, beside) });
    }
  }

  /** Whether anybody is there for whom pictures are composed, and has time for one. */
  get ready(): boolean {
    for (const { main, low } of this.#outputs.values()) if (!main.busy || low?.busy === false) return true;
    return false;
  }

  /** Whether an encoder still reads a picture. */
  holds(picture: Picture): boolean {
    for (const { main, low } of this.#outputs.values()) {
      if (main.holds(picture) || low?.holds(picture) === true) return true;
    }
    return false;
  }

  get restarts(): number {
    return this.#encodings().reduce((sum, { restarts }) => sum + restarts, this.#endedRestarts);
  }

  /**
   * Sends a picture.
   * @param tick its number in the grid of the canvas
   * @param at when it is due, ms
   * @param captureMs of the newest picture in it; undefined: nothing new
   */
  send(picture: Picture, tick: number, { at, captureMs }: GivenPicture): void {
    this.#number += 1;
    this.#given.push({ number: this.#number, at, captureMs });
    if (this.#given.length > remembered) this.#given.shift();
    for (const { main, low } of this.#outputs.values()) {
      if (this.#isDue(main.feed, tick)) main.encode(picture, this.#number, at);
      // Receivers begin with what comes first.
      if (low === undefined || main.sender.report(at) === undefined) continue;
      if (this.#isDue(low.feed, tick)) low.encode(picture, this.#number, at);
      low.idle(at);
    }
  }

  /** A receiver cannot decode what it has. */
  requestKeyFrame(ssrc: number): void {
    for (const encoding of this.#encodings()) if (encoding.feed.ssrc === ssrc) encoding.requestKeyFrame();
  }

  positions(): RtpPosition[] {
    return this.#encodings().map(({ sender }) => sender.position());
  }

  /**
   * SSRCs with their clock, for sender reports.
   * @param olderMs pictures are so much older than their times say, ms
   */
  reported(olderMs: number): ReportedSender[] {
    return this.#encodings().map(({ sender }) => olderBy(olderMs, sender));
  }

  close(): void {
    for (const encoding of this.#encodings()) this.#end(encoding);
    this.#outputs.clear();
  }

  #encodings(): VideoEncoding[] {
    return [...this.#outputs.values()].flatMap(({ main, low }) => (low === undefined ? [main] : [main, low]));
  }

  #setLow(
    known: VideoEncoding | undefined,
    { low, codec, payloadType, keyFrameInterval }: VideoOutputFeed,
    beside: Beside,
  ): VideoEncoding | undefined {
    if (low !== undefined) {
      return this.#set(known, { ...low, codec, payloadType, keyFrameInterval }, beside);
    }
    this.#end(known);
    return undefined;
  }

  #set(known: VideoEncoding | undefined, feed: EncodingFeed, beside: Beside): VideoEncoding {
    if (known?.feed.ssrc !== feed.ssrc) {
      this.#end(known);
      return this.#begin(feed, beside);
    }
    known.change(feed);
    return known;
  }

  #begin(feed: EncodingFeed, beside: Beside): VideoEncoding {
    const { ffmpeg, send, positionOf, log } = this.#options;
    return new VideoEncoding(feed, {
      ...{ ffmpeg, send, log, ...beside },
      canvas: () => this.#canvas?.resolution,
      position: positionOf(feed.ssrc),
      given: (wanted) => this.#given.find(({ number }) => number === wanted),
      onSent: ({ captureMs }) => {
        if (captureMs !== undefined) this.delay.add(performance.now() - captureMs);
      },
    });
  }

  #end(encoding: VideoEncoding | undefined): void {
    if (encoding === undefined) return;
    this.#endedRestarts += encoding.restarts;
    encoding.end();
  }

  /** A lower frame rate takes pictures of the canvas at even distances. */
  #isDue({ framerate }: EncodingFeed, tick: number): boolean {
    const part = Math.min(1, framerate / (this.#canvas?.framerate ?? 0));
    return Math.floor((tick + 1) * part) !== Math.floor(tick * part);
  }
}

const nameOf = ({ key, codec, ssrc }: { key: string; codec: MixCodec; ssrc: number }) =>
  `${key}/${codec}/${ssrc}`;
