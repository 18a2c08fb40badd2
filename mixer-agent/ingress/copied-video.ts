import type { EngineLog } from '../process/engine-log.ts';
import { Bridge } from './bridge.ts';
import { Gop } from './gop.ts';
import { H264Units, readSetup } from './h264-setup.ts';
import { KeyFrames } from './key-frames.ts';
import type { SentPicture, VideoPlan } from './plan.ts';
import type { Play, SourceUnit, TrackLine, TrackLineOptions } from './track-line.ts';

/** Times of containers are rounded, ms. */
const toleranceMs = 2;
/** What is due in so much time is decoded already, ms. */
const aheadMs = 300;

/** So many pictures before the first one that can be begun with are called key frames all the same. */
const mostFalseStarts = 2;

export interface CopiedVideoOptions extends TrackLineOptions {
  ffmpeg: string;
  plan: VideoPlan;
  /** Pictures that the source sends per second, as far as is known. */
  framerate: () => number | undefined;
  play: Play<SentPicture>;
  /** These pictures cannot be sent as they are, which nobody could know before. */
  onUnfit: () => void;
  log: EngineLog;
}

/**
 * Pictures of a source, as they are. When somebody needs a key frame and the source has none for a while, the rest up to its
 * next one is encoded anew.
 */
export class CopiedVideo implements TrackLine {
  readonly full = false;
  readonly #options: CopiedVideoOptions;
  readonly #h264: H264Units | undefined;
  readonly #waiting: SourceUnit[] = [];
  readonly #keys = new KeyFrames();
  readonly #gop = new Gop();
  #bridge: Bridge | undefined;
  #begun = false;
  #falseStarts = 0;
  #last = -Infinity;

  constructor(options: CopiedVideoOptions) {
    const { codec, header } = options.plan;
    this.#options = options;
    this.#h264 = codec === 'h264' ? new H264Units(readSetup(header.setup)) : undefined;
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  push(unit: SourceUnit, now: number): void {
    const sent = this.#h264 === undefined ? unit : this.#h264.accessUnit(unit.data);
    if (!this.#fits(unit) || this.#lacksStart(unit.key, sent?.key)) {
      this.#options.onUnfit();
      return;
    }
    this.#begun ||= sent?.key === true;
    if (!this.#begun || sent === undefined || sent.data.length === 0) return;
    this.#options.timeline.arrived(unit.time, now);
    this.#waiting.push({ data: sent.data, key: sent.key, time: unit.time });
  }

  finish(): void {
    // Nothing is held back.
  }

  poll(now: number): void {
    const { timeline } = this.#options;
    this.#feedBridge(now);
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const at = timeline.at(first.time);
      if (at > now) break;
      this.#waiting.shift();
      this.#playUnit(first, at);
    }
    if (this.#canBridge && (this.#gop.tooLong || this.#keys.missed(now))) this.#build();
  }

  requestKeyFrame(): void {
    this.#keys.asked(performance.now());
    this.#bridge?.requestKeyFrame();
  }

  close(): void {
    this.#waiting.length = 0;
    this.#tearDown();
  }

  #playUnit(unit: SourceUnit, at: number): void {
    if (unit.key) {
      this.#tearDown();
      this.#keys.came(at);
    }
    // A bridge needs them no more: it has had them.
    if (this.#bridge === undefined) this.#gop.add(unit);
    if (this.#bridge?.carries(unit, at) !== true) this.#options.play(unit, at);
  }

  /** VP9 is not encoded here. */
  get #canBridge(): boolean {
    const { codec, size } = this.#options.plan;
    return this.#bridge === undefined && codec !== 'vp9' && size.width > 0 && this.#gop.units.length > 0;
  }

  #build(): void {
    const { codec, size } = this.#options.plan;
    this.#bridge = new Bridge({
      ...this.#options,
      plan: { codec, size: { width: even(size.width), height: even(size.height) } },
      played: this.#gop.units,
      onFailed: this.#options.onUnfit,
    });
    this.#options.log.debug(
      { units: this.#gop.units.length },
      'pictures up to the next key frame are encoded',
    );
    this.#gop.clear();
    this.#feedBridge(performance.now());
  }

  /** Up to the next key frame, which is its end. */
  #feedBridge(now: number): void {
    if (this.#bridge === undefined) return;
    for (const unit of this.#waiting) {
      if (unit.key || this.#options.timeline.at(unit.time) > now + aheadMs) return;
      this.#bridge.feed(unit);
    }
  }

  #tearDown(): void {
    this.#bridge?.close();
    this.#bridge = undefined;
  }

  /** It is to be begun with pictures that only decoders with all of them can begin with. */
  #lacksStart(isKey: boolean, begins: boolean | undefined): boolean {
    if (this.#begun || !isKey || begins === true) return false;
    this.#falseStarts += 1;
    return this.#falseStarts > mostFalseStarts;
  }

  #fits({ data, time }: SourceUnit): boolean {
    if (time < this.#last - toleranceMs) return false;
    this.#last = Math.max(time, this.#last);
    // VP9 of profile 0 is the one that all receivers have; the bits are the same in each frame.
    if (this.#options.plan.codec === 'vp9') return ((data[0] ?? 0) & 0x30) === 0;
    return this.#h264?.fits ?? true;
  }
}

const even = (length: number): number => Math.max(16, 2 * Math.round(length / 2));
