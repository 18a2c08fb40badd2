import type { FfmpegChild } from '../../ffmpeg/child.ts';
import type { MediaUnit } from '../unit.ts';

/** More bytes that wait, and no pictures go in before a key frame; and that only when not many are left. */
const limit = 4 * 1024 * 1024;
const resumeLimit = 1024 * 1024;
/** More, and nothing goes in. */
const hardLimit = 8 * 1024 * 1024;

/** Decides what goes into a child that may be too slow: sound as long as possible, pictures from key frame to key frame. */
export class Backlog {
  readonly #child: Pick<FfmpegChild, 'waiting'>;
  readonly #hasVideo: boolean;
  #skipping = false;
  #dropped = 0;

  constructor({ child, hasVideo }: { child: Pick<FfmpegChild, 'waiting'>; hasVideo: boolean }) {
    this.#child = child;
    this.#hasVideo = hasVideo;
  }

  /** Pictures that were left out. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Pictures could go in again. */
  get wantsKeyFrame(): boolean {
    return this.#skipping && this.#child.waiting < resumeLimit;
  }

  skipToKeyFrame(): void {
    this.#skipping = this.#hasVideo;
  }

  takes({ kind, key }: MediaUnit): boolean {
    const { waiting } = this.#child;
    if (kind === 'audio') return waiting < (this.#hasVideo ? hardLimit : limit);
    if (this.#skipping && key && waiting < resumeLimit) this.#skipping = false;
    else if (waiting > limit) this.#skipping = true;
    if (this.#skipping) this.#dropped += 1;
    return !this.#skipping;
  }
}
