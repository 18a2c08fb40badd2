/** Sound of known tones, and how much of a tone is in a sound. 48 kHz, stereo, interleaved, -1..1, like a `Block`. */

const rate = 48_000;

/** Tones that tests give to participants: far enough from each other and from each other's harmonics. */
export const testTones = [400, 700, 1100, 1700] as const;

export interface ToneOptions {
  amplitude?: number;
  /** Number of the first sample: parts that follow each other join without a step. */
  from?: number;
}

/** `frames` samples per channel of a sine, the same on both channels. */
export function tone(
  hz: number,
  frames: number,
  { amplitude = 0.25, from = 0 }: ToneOptions = {},
): Float32Array {
  const sound = new Float32Array(frames * 2);
  for (let frame = 0; frame < frames; frame += 1) {
    const value = amplitude * Math.sin((2 * Math.PI * hz * (from + frame)) / rate);
    sound[2 * frame] = value;
    sound[2 * frame + 1] = value;
  }
  return sound;
}

/** `frames` samples of something like speech: syllables of a gliding voice, four in a second. */
export function syllables(frames: number, from = 0): Float32Array {
  const sound = new Float32Array(frames * 2);
  for (let frame = 0; frame < frames; frame += 1) {
    const seconds = (from + frame) / rate;
    // Phase of a voice of 140 Hz that goes 40 Hz up and down.
    const phase = 2 * Math.PI * 140 * seconds - (40 / 2) * Math.cos(2 * Math.PI * 2 * seconds);
    let value = 0;
    for (let harmonic = 1; harmonic <= 15; harmonic += 1) value += Math.sin(harmonic * phase) / harmonic;
    value *= 0.15 * Math.max(0, Math.sin(2 * Math.PI * 4 * seconds));
    sound[2 * frame] = value;
    sound[2 * frame + 1] = value;
  }
  return sound;
}

/**
 * How loud a tone is in a sound (both channels together), dBFS: 0 is a sine of amplitude 1. Goertzel's algorithm with a
 * Hann window, so that tones 100 Hz apart do not see each other from 0.1 s of sound upward.
 */
export function toneLevel(sound: Float32Array, hz: number): number {
  const frames = sound.length / 2;
  const factor = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let last = 0;
  let before = 0;
  let weights = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * (frame + 0.5)) / frames);
    const value = ((sound[2 * frame] ?? 0) + (sound[2 * frame + 1] ?? 0)) / 2;
    const next = value * weight + factor * last - before;
    before = last;
    last = next;
    weights += weight;
  }
  const power = last * last + before * before - factor * last * before;
  return 20 * Math.log10(Math.max((2 * Math.sqrt(Math.max(power, 0))) / weights, 1e-9));
}

/** Largest step from one sample to the next, of either channel. A click is a large one. */
export function largestStep(sound: Float32Array): number {
  let largest = 0;
  for (let index = 2; index < sound.length; index += 1) {
    largest = Math.max(largest, Math.abs((sound[index] ?? 0) - (sound[index - 2] ?? 0)));
  }
  return largest;
}

/** Loudness of a sound, dBFS: 0 is full scale throughout. */
export function loudness(sound: Float32Array): number {
  let sum = 0;
  for (const value of sound) sum += value * value;
  return 10 * Math.log10(Math.max(sum / Math.max(sound.length, 1), 1e-12));
}

/** One sound after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
