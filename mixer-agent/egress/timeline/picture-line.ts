import type { EncodedPicture } from '../../mix/media.ts';
import { describeVideo } from '../headers/describe.ts';
import type { MediaUnit, VideoTrack } from '../unit.ts';
import type { Gaps } from './gaps.ts';

/** Pictures of one ms would be one for players. */
const leastStepMs = 1;
/** A picture that stands for longer is a gap, ms. */
const gapMs = 1_000;

export interface PictureLineEvents {
  /** From the next picture on, which is a key frame. */
  track(track: VideoTrack): void;
  unit(unit: MediaUnit): void;
}

/** Pictures in growing time. Nothing is put into holes: the last picture stands. */
export class PictureLine {
  readonly #events: PictureLineEvents;
  readonly #gaps: Gaps;
  #codec: EncodedPicture['codec'] | undefined;
  #lastMs = -leastStepMs;
  #needsKey = true;
  #leftOut = 0;

  constructor(events: PictureLineEvents, gaps: Gaps) {
    this.#events = events;
    this.#gaps = gaps;
  }

  /** Whether it cannot go on without a key frame. */
  get needsKey(): boolean {
    return this.#needsKey;
  }

  /** Pictures that could not be used, because what they build on is missing. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** What comes next does not build on what came before. */
  cut(): void {
    this.#needsKey = true;
  }

  /** @param timeMs Since the beginning. */
  push(picture: EncodedPicture, timeMs: number): void {
    if (!this.#begins(picture)) {
      this.#leftOut += 1;
      return;
    }
    const time = Math.max(timeMs, this.#lastMs + leastStepMs);
    if (time - this.#lastMs > gapMs) this.#gaps.add('video', Math.max(0, this.#lastMs), time);
    this.#lastMs = time;
    this.#events.unit({ kind: 'video', data: picture.data, timeMs: time, key: picture.key });
  }

  /** Whether it can be used; tells of a track that begins with it. */
  #begins({ codec, data, key }: EncodedPicture): boolean {
    const same = codec === this.#codec;
    if (!key) return same && !this.#needsKey;
    const track = same ? undefined : describeVideo(codec, data);
    if (!same && track === undefined) return false;
    this.#needsKey = false;
    this.#codec = codec;
    if (track !== undefined) this.#events.track(track);
    return true;
  }
}
