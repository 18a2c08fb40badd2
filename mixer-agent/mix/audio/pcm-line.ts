import { fadeFrames, ramp } from './ramps.ts';

/** Frames kept at most: half a second. What is beyond that would be heard too late anyway. */
export const maxLevel = 24_000;
const capacity = 2 * maxLevel;

/**
 * Decoded sound of one input that waits to be mixed: a queue of stereo frames at 48 kHz. Pure. Ends of sound are made
 * soft, and its length can be changed without a click while it is read.
 */
export class PcmLine {
  readonly #frames = new Float32Array(2 * capacity);
  /** One frame is kept before the first one, to interpolate. */
  #start = 1;
  #end = 1;
  /** Whether sound that is appended follows what is there without a hole. */
  #continuous = false;

  /** Frames that can be read. */
  get level(): number {
    return this.#end - this.#start;
  }

  /** Sound goes on without a hole. */
  get continuous(): boolean {
    return this.#continuous;
  }

  /** Adds sound; the first after a hole begins softly. */
  append(pcm: Float32Array): void {
    const frames = Math.min(pcm.length >> 1, maxLevel);
    this.#makeRoom(frames);
    const at = this.#end;
    this.#frames.set(frames < pcm.length >> 1 ? pcm.subarray(0, 2 * frames) : pcm, 2 * at);
    this.#end += frames;
    if (this.#continuous) return;
    ramp(this.#frames, { start: at, frames: Math.min(fadeFrames, frames), from: 0, to: 1 });
    this.#continuous = true;
  }

  /** A hole follows: what is there ends softly, with its last `frames`. */
  break(frames: number = fadeFrames): void {
    const faded = Math.min(frames, this.level);
    if (this.#continuous && faded > 0)
      ramp(this.#frames, { start: this.#end - faded, frames: faded, from: 1, to: 0 });
    this.#continuous = false;
  }

  /** Fills up with silence to at least this level. Only after `break()`. */
  pad(level: number): void {
    const frames = Math.min(level, maxLevel) - this.level;
    if (frames <= 0) return;
    this.#makeRoom(frames);
    this.#frames.fill(0, 2 * this.#end, 2 * (this.#end + frames));
    this.#end += frames;
  }

  /**
   * Reads a whole block.
   * @param stretch so many more (or fewer) frames are taken than the block has: it plays faster (slower)
   * @returns false: less was there, the rest is silence
   */
  read(block: Float32Array, stretch = 0): boolean {
    const frames = block.length >> 1;
    const taken = frames + stretch;
    // Interpolation looks two frames ahead.
    if (stretch !== 0 && this.level >= taken + 2) {
      this.#resample(block, taken);
      this.#start += taken;
      return true;
    }
    const copied = Math.min(frames, this.level);
    block.set(this.#frames.subarray(2 * this.#start, 2 * (this.#start + copied)));
    block.fill(0, 2 * copied);
    this.#start += copied;
    return copied === frames;
  }

  /** Leaves out this many frames, fading over from what came before them to what comes after them. */
  skip(count: number): void {
    const skipped = Math.min(count, this.level - fadeFrames);
    if (skipped <= 0) return;
    const frames = this.#frames;
    // From the end, because what is written may be what is read for a later frame.
    for (let frame = fadeFrames - 1; frame >= 0; frame -= 1) {
      const share = (frame + 1) / fadeFrames;
      const old = 2 * (this.#start + frame);
      const next = old + 2 * skipped;
      frames[next] = (frames[old] ?? 0) * (1 - share) + (frames[next] ?? 0) * share;
      frames[next + 1] = (frames[old + 1] ?? 0) * (1 - share) + (frames[next + 1] ?? 0) * share;
    }
    // The frame before the first one stays a neighbour of it.
    frames.copyWithin(2 * (this.#start + skipped - 1), 2 * (this.#start - 1), 2 * this.#start);
    this.#start += skipped;
  }

  /** Reads `taken` frames as a block of another length (cubic Hermite interpolation). */
  #resample(block: Float32Array, taken: number): void {
    const source = this.#frames;
    const frames = block.length >> 1;
    for (let frame = 0; frame < frames; frame += 1) {
      const position = (frame * taken) / frames;
      const whole = Math.floor(position);
      const part = position - whole;
      for (let channel = 0; channel < 2; channel += 1) {
        const at = 2 * (this.#start + whole) + channel;
        block[2 * frame + channel] = hermite(source, at, part);
      }
    }
  }

  #makeRoom(frames: number): void {
    const surplus = this.level + frames - maxLevel;
    if (surplus > 0) this.skip(surplus);
    if (this.level + frames > maxLevel) this.#start = this.#end;
    if (this.#end + frames <= capacity) return;
    this.#frames.copyWithin(0, 2 * (this.#start - 1), 2 * this.#end);
    this.#end -= this.#start - 1;
    this.#start = 1;
  }
}

/** Value between the samples at `at` and the one after, of one channel of interleaved stereo. */
function hermite(source: Float32Array, at: number, part: number): number {
  const before = source[at - 2] ?? 0;
  const left = source[at] ?? 0;
  const right = source[at + 2] ?? 0;
  const after = source[at + 4] ?? 0;
  const first = (right - before) / 2;
  const second = before - 2.5 * left + 2 * right - after / 2;
  const third = (after - before) / 2 + 1.5 * (left - right);
  return ((third * part + second) * part + first) * part + left;
}
