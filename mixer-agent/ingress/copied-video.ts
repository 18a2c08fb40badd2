import type { EncodedPicture } from '../mix/media.ts';
import { H264Units, readSetup } from './h264-setup.ts';
import type { VideoPlan } from './plan.ts';
import type { Play, SourceUnit, TrackLine, TrackLineOptions } from './track-line.ts';

/** Times of containers are rounded, ms. */
const toleranceMs = 2;

export type SentPicture = Pick<EncodedPicture, 'data' | 'key'>;

export interface CopiedVideoOptions extends TrackLineOptions {
  plan: VideoPlan;
  play: Play<SentPicture>;
  /** These pictures cannot be sent as they are, which nobody could know before. */
  onUnfit: () => void;
}

/** Pictures of a source, as they are: key frames come when the source has them. */
export class CopiedVideo implements TrackLine {
  readonly full = false;
  readonly #options: CopiedVideoOptions;
  readonly #h264: H264Units | undefined;
  readonly #waiting: SourceUnit[] = [];
  #begun = false;
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
    this.#begun ||= unit.key;
    if (!this.#begun) return;
    const data = this.#h264 === undefined ? unit.data : this.#h264.accessUnit(unit.data);
    if (!this.#fits(unit)) {
      this.#options.onUnfit();
      return;
    }
    if (data === undefined || data.length === 0) return;
    this.#options.timeline.arrived(unit.time, now);
    this.#waiting.push({ ...unit, data });
  }

  finish(): void {
    // Nothing is held back.
  }

  poll(now: number): void {
    const { timeline, play } = this.#options;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const at = timeline.at(first.time);
      if (at > now) return;
      this.#waiting.shift();
      play(first, at);
    }
  }

  close(): void {
    this.#waiting.length = 0;
  }

  #fits({ data, time }: SourceUnit): boolean {
    if (time < this.#last - toleranceMs) return false;
    this.#last = Math.max(time, this.#last);
    // VP9 of profile 0 is the one that all receivers have; the bits are the same in each frame.
    if (this.#options.plan.codec === 'vp9') return ((data[0] ?? 0) & 0x30) === 0;
    return this.#h264?.fits ?? true;
  }
}
