import type { Ffmpeg } from '../ffmpeg/child.ts';
import type { EngineLog } from '../process/engine-log.ts';
import type { Picture, Size } from './media.ts';
import type { RtpPosition, VideoOutputFeed } from './protocol.ts';
import { VideoSender } from './send/video-sender.ts';
import { EncoderLine } from './video/encoder-line.ts';

/** Requests for a key frame that come within this of the last one are met by it, ms. */
const keyFrameGapMs = 300;
/** An encoding that was only made to be shown goes on so long after its key frame: somebody may have taken it, ms. */
const shownMs = 1_000;
/** The router takes an encoding for dead of which nothing has come for 1.5 s. */
const idleMs = 400;
/** A key frame is so much newer than what receivers of another encoding may have got; covers how exactly clocks are compared, ms. */
export const aheadMs = 2;
/** Pictures that come late, one right after the other, still have times that go forward, ms. */
const minStepMs = 1;

/** One encoding of the picture of a mix. */
export interface EncodingFeed extends Omit<VideoOutputFeed, 'key' | 'low'> {
  /** Whether it is made. */
  readonly active: boolean;
  /** When this changes it is made for a moment: a router gets to know it by a key frame. */
  readonly shows?: number;
}

/** A picture that was given to encoders. */
export interface GivenPicture {
  /** When it was due, ms. */
  readonly at: number;
  /** When the newest that is new in it was captured, ms. */
  readonly captureMs: number | undefined;
}

export interface VideoEncodingOptions {
  ffmpeg: Ffmpeg;
  /** Size of the pictures that will come. */
  canvas: () => Size | undefined;
  send: (packet: Uint8Array) => void;
  /** Where the process before this one has got to. */
  position: RtpPosition | undefined;
  log: EngineLog;
  /** A picture that was given, by its number; undefined: unknown by now. */
  given: (number: number) => GivenPicture | undefined;
  /** Time of the newest picture that was sent of the other encoding of the same output, ms; -Infinity: none. */
  othersSentAt: () => number;
  /** Its times are so much before those of the pictures, ms. */
  earlierMs: number;
  onSent: (picture: GivenPicture) => void;
}

/** A line of RTP for life, and an encoder behind it while it is made. */
export class VideoEncoding {
  readonly #options: VideoEncodingOptions;
  readonly sender: VideoSender;
  #feed: EncodingFeed;
  #encoder: EncoderLine | undefined;
  #endedRestarts = 0;
  #wantsKey = true;
  #lastKeyAt = -Infinity;
  #sentAt = -Infinity;
  #idleAt = -Infinity;
  /** What was shown by now. */
  #shown = 0;
  /** It is made until then to be shown; as long as it waits for its key frame: Infinity. */
  #showUntil = -Infinity;

  constructor(feed: EncodingFeed, options: VideoEncodingOptions) {
    this.#options = options;
    this.#feed = feed;
    const { codec, ssrc, payloadType, framerate } = feed;
    const { send, position } = options;
    // Routers know what the process before this one has sent.
    if (position !== undefined) this.#shown = feed.shows ?? 0;
    this.sender = new VideoSender({
      codec,
      ssrc,
      payloadType,
      framerate,
      send,
      ...(position === undefined ? {} : { position }),
    });
    this.#arrange();
  }

  get feed(): EncodingFeed {
    return this.#feed;
  }

  /** It takes no picture now. */
  get busy(): boolean {
    return this.#encoder?.busy ?? true;
  }

  /** Its encoder still reads a picture. */
  holds(picture: Picture): boolean {
    return this.#encoder?.holds(picture) ?? false;
  }

  get restarts(): number {
    return this.#endedRestarts + (this.#encoder?.restarts ?? 0);
  }

  /** Time of the newest picture that was sent, ms; -Infinity: none. */
  get sentAt(): number {
    return this.#sentAt;
  }

  /** Another feed with the same codec and SSRC. */
  change(feed: EncodingFeed): void {
    this.#feed = feed;
    this.#arrange();
  }

  /** A receiver cannot decode what it has. */
  requestKeyFrame(): void {
    this.#wantsKey = true;
  }

  /**
   * Encodes a picture.
   * @param at when it is due, ms
   */
  encode(picture: Picture, number: number, at: number): void {
    if (!this.#feed.active && at > this.#showUntil) this.#stop();
    if (this.#encoder === undefined || this.#encoder.busy) return;
    const key = this.#needsKey(at);
    if (key) {
      this.#wantsKey = false;
      this.#lastKeyAt = at;
    }
    this.#encoder.encode(picture, number, key);
  }

  /** While it is not made: shows from time to time that it is there. */
  idle(at: number): void {
    if (this.#encoder !== undefined || at - this.#idleAt < idleMs) return;
    this.#idleAt = at;
    this.sender.sendIdle(at - this.#options.earlierMs);
  }

  end(): void {
    this.#stop();
    this.sender.close();
  }

  #arrange(): void {
    const { active, shows = 0, resolution: size, framerate, bitrate } = this.#feed;
    if (shows !== this.#shown) {
      this.#shown = shows;
      this.#showUntil = Infinity;
      this.#wantsKey = true;
    }
    const now = performance.now();
    if (!active && now > this.#showUntil) this.#stop();
    else if (this.#encoder === undefined) this.#start();
    else this.#encoder.configure({ size, framerate, bitrate });
  }

  #start(): void {
    const { codec, resolution: size, framerate, bitrate } = this.#feed;
    const { ffmpeg, canvas, log, given, onSent } = this.#options;
    this.#wantsKey = true;
    this.#lastKeyAt = -Infinity;
    const encoder = new EncoderLine({
      ...{ ffmpeg, log, codec, size, framerate, bitrate, input: canvas() },
      onPicture: (encoded) => {
        const picture = given(encoded.tick);
        if (picture === undefined || encoder !== this.#encoder) return;
        this.#sentAt = this.#timeOf(encoded.key, picture.at);
        this.sender.send(encoded, this.#sentAt);
        if (encoded.key && this.#showUntil === Infinity) this.#showUntil = performance.now() + shownMs;
        onSent(picture);
      },
    });
    this.#encoder = encoder;
  }

  /**
   * Times of a line go forward, also for those who come over from the other encoding with a key frame: its encoder may be
   * ahead of this one, and routers move the whole line for such a receiver, or let its clock go back.
   */
  #timeOf(key: boolean, at: number): number {
    const { othersSentAt, earlierMs } = this.#options;
    const forward = Math.max(at - earlierMs, this.#sentAt + minStepMs);
    return key ? Math.max(forward, othersSentAt() + aheadMs) : forward;
  }

  #stop(): void {
    const encoder = this.#encoder;
    if (encoder === undefined) return;
    this.#encoder = undefined;
    this.#endedRestarts += encoder.restarts;
    void encoder.close();
  }

  #needsKey(at: number): boolean {
    const age = at - this.#lastKeyAt;
    return (this.#wantsKey && age >= keyFrameGapMs) || age >= this.#feed.keyFrameInterval * 1000;
  }
}
