import { blockSamples } from '../media.ts';

/* Sums and gains of stereo sound. Pure; positions and lengths in frames (a sample of each channel). */

/** Frames over which sound comes and goes: 5 ms. */
export const fadeFrames = 240;

/** Added where there is no sound left to add. */
const nothing = new Float32Array(2 * blockSamples);

/** Makes `sum` the sum of sounds. Four are added at a time: most of the work is to write the sum. */
export function addUp(sum: Float32Array, sounds: readonly Float32Array[]): void {
  sum.fill(0);
  for (let first = 0; first < sounds.length; first += 4) {
    const [one = nothing, two = nothing, three = nothing, four = nothing] = sounds.slice(first, first + 4);
    for (let index = 0; index < sum.length; index += 1)
      sum[index] =
        (sum[index] ?? 0) + (one[index] ?? 0) + (two[index] ?? 0) + (three[index] ?? 0) + (four[index] ?? 0);
  }
}

/** Where a gain begins and ends, in a part of a sound. */
export interface Ramp {
  start: number;
  frames: number;
  from: number;
  to: number;
}

/** Multiplies a part of a sound with a gain that goes straight from one value to another, reached with the last frame. */
export function ramp(sound: Float32Array, { start, frames, from, to }: Ramp): void {
  const step = (to - from) / frames;
  for (let frame = 0; frame < frames; frame += 1) {
    const index = 2 * (start + frame);
    const gain = to - (frames - 1 - frame) * step;
    sound[index] = (sound[index] ?? 0) * gain;
    sound[index + 1] = (sound[index + 1] ?? 0) * gain;
  }
}

/** Lets a block of sound end within its first 5 ms. */
export function fadeOutBlock(block: Float32Array): void {
  ramp(block, { start: 0, frames: fadeFrames, from: 1, to: 0 });
  block.fill(0, 2 * fadeFrames);
}

/** Sum of the squares of all samples. */
export function energy(sound: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < sound.length; index += 1) {
    const value = sound[index] ?? 0;
    sum += value * value;
  }
  return sum;
}
