import type { EncodedPicture, VideoCodec } from '../media.ts';
import type { Feed } from '../protocol.ts';
import { FrameAssembler } from './frame-assembler.ts';
import type { Frame } from './formats/payload-format.ts';
import { createPayloadFormat } from './formats/index.ts';
import { KeyFrameWish } from './key-frame-wish.ts';
import type { Lane } from './lane.ts';
import type { Playout } from './playout.ts';
import type { RtpHeader } from './rtp-header.ts';
import { type FeedMeasure, RtpStream } from './rtp-stream.ts';

const clockRate = 90_000;
/** How long the key frame with which a feed begins may take, ms. */
const firstKeyFrameMs = 300;
/** Frames that wait for their time; more are a sender whose timestamps do not fit its packets. */
const maxWaiting = 128;
const maxWaitingBytes = 8 * 1024 * 1024;

export interface VideoFeedOptions {
  feed: Feed<VideoCodec>;
  playout: Playout;
  onPicture: (picture: EncodedPicture) => void;
  onKeyFrameNeeded: () => void;
}

/** Video of one input: whole frames in order, each at its playout time; after a loss nothing until a key frame. */
export class VideoFeed {
  readonly #options: VideoFeedOptions;
  readonly #lane: Lane;
  readonly #stream: RtpStream;
  readonly #assembler: FrameAssembler;
  readonly #wish = new KeyFrameWish();
  #waiting: { frame: Frame; timestamp: number }[] = [];
  #waitingBytes = 0;
  #feed: Feed<VideoCodec>;
  #now = 0;

  constructor(options: VideoFeedOptions) {
    const { feed, playout } = options;
    this.#options = options;
    this.#feed = feed;
    this.#lane = playout.addLane(clockRate);
    this.#stream = new RtpStream(this.#lane, () => {
      this.#reset();
    });
    this.#assembler = new FrameAssembler(createPayloadFormat(feed.codec), {
      frame: (frame, timestamp, arrivalMs) => {
        this.#queue(frame, timestamp, arrivalMs);
      },
      broken: () => {
        this.#wish.want(this.#now);
      },
    });
  }

  get feed(): Feed<VideoCodec> {
    return this.#feed;
  }

  /** Nothing is asked of a feed that is paused. */
  set paused(paused: boolean) {
    this.#feed = { ...this.#feed, paused };
  }

  packet(header: RtpHeader, datagram: Uint8Array, arrivalMs: number): void {
    this.#now = arrivalMs;
    const packet = this.#stream.read(header, datagram, arrivalMs);
    if (!packet) return;
    this.#wish.heard();
    const fate = this.#assembler.put(packet);
    this.#stream.count(fate);
    // What is late says how long it is worth waiting.
    if (fate === 'late') this.#lane.arrived(packet.timestamp, arrivalMs, this.#options.playout.delayMs);
    if (!this.#assembler.inLine) this.#wish.want(arrivalMs, firstKeyFrameMs);
    if (this.#waiting.length > maxWaiting || this.#waitingBytes > maxWaitingBytes) this.#overflow();
  }

  report(ntpMs: number, timestamp: number): void {
    this.#stream.report(ntpMs, timestamp);
  }

  /** A decoder cannot go on without a key frame. Pictures are still given out. */
  wantKeyFrame(now: number): void {
    this.#wish.want(now);
  }

  /** Gives out what is due. */
  release(now: number): void {
    this.#now = now;
    this.#giveUp(now);
    while (this.#waiting.length > 0 && this.#lane.playoutMs(this.#waiting[0]?.timestamp ?? 0) <= now) {
      const next = this.#waiting.shift();
      if (!next) break;
      this.#waitingBytes -= next.frame.data.length;
      const captureMs = this.#options.playout.captureMs(this.#lane, next.timestamp);
      this.#options.onPicture({ codec: this.#feed.codec, ...next.frame, captureMs });
    }
    if (!this.#feed.paused && this.#wish.due(now)) this.#options.onKeyFrameNeeded();
  }

  measure(): FeedMeasure {
    return this.#stream.measure();
  }

  close(): void {
    this.#options.playout.removeLane(this.#lane);
  }

  /**
   * Waits no longer for packets. The longest delay there is counts, not that of the moment: a picture that comes late is
   * better than the wait for a key frame.
   */
  #giveUp(now: number): void {
    const { playout } = this.#options;
    for (let blocked = this.#assembler.blockedBy; blocked; blocked = this.#assembler.blockedBy) {
      const since = Math.min(playout.captureMs(this.#lane, blocked.timestamp), blocked.arrivalMs);
      if (now < since + playout.maxDelayMs) return;
      this.#assembler.giveUp();
    }
  }

  #queue(frame: Frame, timestamp: number, arrivalMs: number): void {
    if (frame.key) this.#wish.came();
    this.#lane.arrived(timestamp, arrivalMs, this.#options.playout.delayMs);
    this.#waiting.push({ frame, timestamp });
    this.#waitingBytes += frame.data.length;
  }

  #overflow(): void {
    this.#clear();
    this.#assembler.breakOff();
  }

  #clear(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #reset(): void {
    this.#clear();
    this.#assembler.reset();
  }
}
