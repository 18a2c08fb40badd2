import { beepHz } from '../../../../support/beeps.ts';
import { flashPeriodMs } from '../../../../support/flash-caller.ts';
import {
  flashes,
  heardSound,
  onsets,
  percentile,
  probe,
  seenPictures,
  type SeenPicture,
  soundOffsets,
} from '../../../../support/media-file.ts';
import { toneLevel } from '../../../../support/tones.ts';
import type { Stretch } from './call.ts';

/** What is looked at of a beep, samples: without its edges, which codecs blur. */
const beepPart = { from: 480, to: 2_400 };
const otherHz = 1_000;

export interface Sync {
  pairs: number;
  /** How much later the sound is than its picture, ms; p80 and p95 without their sign. */
  mean: number;
  p50: number;
  p80: number;
  p95: number;
  /** How much later the picture is than it was sent, ms. */
  lateMs: number;
}

/** A finished file of a call of flashes and beeps, by the time since the call began. */
export class RecordedCall {
  readonly durationMs: number;
  readonly #pictures: readonly SeenPicture[];
  readonly #sound: Float32Array;
  readonly #flashes: readonly number[];
  readonly #beeps: readonly number[];
  /** Begin of the call in the file, ms. */
  readonly #zero: number;

  /** @param zeroMs begin of the call, after that of the file */
  static async read(file: string, zeroMs: number): Promise<RecordedCall> {
    const { format } = await probe(file);
    const parts = { pictures: await seenPictures(file), sound: await heardSound(file) };
    return new RecordedCall(parts, { durationMs: Number(format.duration) * 1_000, zeroMs });
  }

  private constructor(
    { pictures, sound }: { pictures: SeenPicture[]; sound: Float32Array },
    { durationMs, zeroMs }: { durationMs: number; zeroMs: number },
  ) {
    this.durationMs = durationMs;
    this.#pictures = pictures;
    this.#sound = sound;
    this.#flashes = flashes(pictures);
    this.#beeps = onsets(sound);
    this.#zero = zeroMs;
  }

  /** Length of its sound, ms. */
  get soundMs(): number {
    return this.#sound.length / 48;
  }

  /** @param sent moments of the pictures that were sent: of other flashes nothing is known */
  sync(stretch: Stretch, sent: ReadonlySet<number>): Sync {
    const seen = this.#within(this.#flashes, stretch).filter((ms) =>
      sent.has(Math.round((ms - this.#zero) / flashPeriodMs) * flashPeriodMs),
    );
    const offsets = soundOffsets(seen, this.#beeps);
    const late = seen.map((ms) => {
      const after = (ms - this.#zero) % flashPeriodMs;
      return after > flashPeriodMs / 2 ? after - flashPeriodMs : after;
    });
    return {
      pairs: offsets.length,
      mean: offsets.reduce((sum, offset) => sum + offset, 0) / offsets.length,
      p50: percentile(offsets, 0.5),
      p80: percentile(offsets.map(Math.abs), 0.8),
      p95: percentile(offsets.map(Math.abs), 0.95),
      lateMs: percentile(late, 0.5),
    };
  }

  /** Longest time from one picture to the next one, ms. */
  longestStep(stretch: Stretch): number {
    const times = this.#within(
      this.#pictures.map(({ ms }) => ms),
      stretch,
    );
    return Math.max(...times.map((ms, index) => ms - (times[index - 1] ?? ms)));
  }

  beeps(stretch: Stretch): number {
    return this.#within(this.#beeps, stretch).length;
  }

  /** How much louder the beeps are at their own frequency than at another one, dB; the least of all. */
  purity(stretch: Stretch): number {
    return Math.min(
      ...this.#within(this.#beeps, stretch).map((ms) => {
        const start = Math.round(ms * 48);
        const mono = this.#sound.subarray(start + beepPart.from, start + beepPart.to);
        const stereo = Float32Array.from(
          { length: 2 * mono.length },
          (_none, index) => mono[index >> 1] ?? 0,
        );
        return toneLevel(stereo, beepHz) - toneLevel(stereo, otherHz);
      }),
    );
  }

  #within(times: readonly number[], { from, to }: Stretch): number[] {
    return times.filter((ms) => ms >= this.#zero + from && ms <= this.#zero + to);
  }
}
