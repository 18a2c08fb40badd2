import type { VideoOutputFeed, RtpPosition } from './protocol.ts';
import type { MixCodec, Picture } from './media.ts';
import { Percentiles } from './percentiles.ts';
import { VideoSender } from './send/video-sender.ts';
import { EncoderLine } from './video/encoder-line.ts';
import type { MixLog } from './log.ts';

/** Requests for a key frame that come within this of the last one are met by it, ms. */
const keyFrameGapMs = 300;
/** Pictures remembered to measure how old pictures are when they are sent. */
const remembered = 64;

export interface VideoOutputsOptions {
  ffmpeg: string;
  send: (packet: Uint8Array) => void;
  /** Where an output of the process before this one has got to. */
  positionOf: (ssrc: number) => RtpPosition | undefined;
  log: MixLog;
}

interface Output {
  feed: VideoOutputFeed;
  readonly encoder: EncoderLine;
  readonly sender: VideoSender;
  wanted: boolean;
  lastKeyAt: number;
}

/** A picture that was given to encoders: when it was due, and how old the newest in it. */
interface Sent {
  number: number;
  at: number;
  captureMs: number | undefined;
}

/** The encodings of a mix: one encoder and one line of RTP for each. */
export class VideoOutputs {
  readonly #options: VideoOutputsOptions;
  readonly #outputs = new Map<string, Output>();
  readonly #sent: Sent[] = [];
  /** Of pictures; goes on when the grid begins anew. */
  #number = 0;
  readonly delay = new Percentiles();
  #framerate = 0;
  #endedRestarts = 0;

  constructor(options: VideoOutputsOptions) {
    this.#options = options;
  }

  /**
   * All outputs that there are from now on. One whose codec or SSRC changes is another one.
   * @param framerate pictures per second of the canvas
   */
  set(feeds: readonly VideoOutputFeed[], framerate: number): void {
    this.#framerate = framerate;
    const wanted = new Map(feeds.map((feed) => [nameOf(feed), feed]));
    for (const [name, output] of this.#outputs) {
      if (wanted.has(name)) continue;
      this.#outputs.delete(name);
      this.#end(output);
    }
    for (const [name, feed] of wanted) {
      const known = this.#outputs.get(name);
      if (known === undefined) this.#outputs.set(name, this.#begin(feed));
      else this.#change(known, feed);
    }
  }

  /** Whether anybody is there for whom pictures are composed, and has time for one. */
  get ready(): boolean {
    return [...this.#outputs.values()].some(({ encoder }) => !encoder.busy);
  }

  get restarts(): number {
    return [...this.#outputs.values()].reduce(
      (sum, { encoder }) => sum + encoder.restarts,
      this.#endedRestarts,
    );
  }

  /**
   * Sends a picture.
   * @param tick its number in the grid of the canvas
   * @param at when it is due, ms
   * @param captureMs of the newest picture in it; undefined: nothing new
   */
  send(
    picture: Picture,
    tick: number,
    { at, captureMs }: { at: number; captureMs: number | undefined },
  ): void {
    this.#number += 1;
    this.#sent.push({ number: this.#number, at, captureMs });
    if (this.#sent.length > remembered) this.#sent.shift();
    for (const output of this.#outputs.values()) {
      if (output.encoder.busy || !this.#isDue(output.feed, tick)) continue;
      const key = this.#needsKey(output, at);
      if (key) {
        output.wanted = false;
        output.lastKeyAt = at;
      }
      output.encoder.encode(picture, this.#number, key);
    }
  }

  /** A receiver cannot decode what it has. */
  requestKeyFrame(ssrc: number): void {
    for (const output of this.#outputs.values()) if (output.feed.ssrc === ssrc) output.wanted = true;
  }

  positions(): RtpPosition[] {
    return [...this.#outputs.values()].map(({ sender }) => sender.position());
  }

  /** SSRCs with their clock, for sender reports. */
  get senders(): VideoSender[] {
    return [...this.#outputs.values()].map(({ sender }) => sender);
  }

  close(): void {
    for (const output of this.#outputs.values()) this.#end(output);
    this.#outputs.clear();
  }

  #begin(feed: VideoOutputFeed): Output {
    const { ffmpeg, send, positionOf, log } = this.#options;
    const { ssrc, payloadType, codec, resolution, framerate, bitrate } = feed;
    const position = positionOf(ssrc);
    const sender = new VideoSender({
      codec,
      ssrc,
      payloadType,
      framerate,
      send,
      ...(position === undefined ? {} : { position }),
    });
    const encoder = new EncoderLine({
      ffmpeg,
      codec,
      size: resolution,
      framerate,
      bitrate,
      log,
      onPicture: (encoded) => {
        const sent = this.#sent.find(({ number }) => number === encoded.tick);
        if (sent === undefined) return;
        sender.send(encoded, sent.at);
        if (sent.captureMs !== undefined) this.delay.add(performance.now() - sent.captureMs);
      },
    });
    return { feed, encoder, sender, wanted: true, lastKeyAt: -Infinity };
  }

  #change(output: Output, feed: VideoOutputFeed): void {
    output.feed = feed;
    output.encoder.configure({ size: feed.resolution, framerate: feed.framerate, bitrate: feed.bitrate });
  }

  #end({ encoder, sender }: Output): void {
    this.#endedRestarts += encoder.restarts;
    void encoder.close();
    sender.close();
  }

  /** A lower frame rate takes pictures of the canvas at even distances. */
  #isDue({ framerate }: VideoOutputFeed, tick: number): boolean {
    const part = Math.min(1, framerate / this.#framerate);
    return Math.floor((tick + 1) * part) !== Math.floor(tick * part);
  }

  #needsKey({ wanted, lastKeyAt, feed }: Output, at: number): boolean {
    const age = at - lastKeyAt;
    return (wanted && age >= keyFrameGapMs) || age >= feed.keyFrameInterval * 1000;
  }
}

const nameOf = ({ key, codec, ssrc }: { key: string; codec: MixCodec; ssrc: number }) =>
  `${key}/${codec}/${ssrc}`;
