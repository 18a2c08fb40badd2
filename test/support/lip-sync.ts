import type { Rectangle, Size } from '../../mixer-agent/mix/media.ts';
import { beepHz } from './beeps.ts';
import type { MixRecorder } from './mix-recorder.ts';

/** Samples in which the beep is looked for, and how far apart these windows are. */
const windowSamples = 240;
const stepSamples = 48;
/** Flashes and beeps further apart are not one, ms. */
const pairMs = 400;

/**
 * How much later than its beep each flash of a `FlashSource` is shown, ms, by the timestamps and sender reports of the mix:
 * as a receiver would play them.
 * @param options.region where the source is, in a picture of `size`
 */
export async function lipSync(
  recorder: MixRecorder,
  { region, size }: { region: Rectangle; size: Size },
): Promise<number[]> {
  const flashes = await flashTimes(recorder, { region, size });
  const beeps = await beepTimes(recorder);
  return flashes.flatMap((flash) => {
    const offsets = beeps.map((beep) => flash - beep).filter((offset) => Math.abs(offset) < pairMs);
    return offsets.length === 0 ? [] : [offsets.reduce((a, b) => (Math.abs(a) < Math.abs(b) ? a : b))];
  });
}

async function flashTimes(
  recorder: MixRecorder,
  { region, size }: { region: Rectangle; size: Size },
): Promise<number[]> {
  let bright: boolean | undefined;
  return (await recorder.pictures(size)).flatMap((picture) => {
    const before = bright;
    bright = picture.colour(region)[1] > 128;
    return bright && before === false ? [recorder.wallMs('video', picture.timestamp)] : [];
  });
}

async function beepTimes(recorder: MixRecorder): Promise<number[]> {
  const sound = await recorder.sound();
  const first = recorder.audio[0]?.timestamp ?? 0;
  const levels = Array.from({ length: Math.floor((sound.length - windowSamples) / stepSamples) }, (_, step) =>
    amplitude(sound, step * stepSamples),
  );
  // The loudest may be a click.
  const half = (levels.toSorted((a, b) => b - a)[Math.floor(levels.length / 50)] ?? 0) / 2;
  return levels.flatMap((level, step) => {
    if (level < half || (levels[step - 1] ?? Infinity) >= half) return [];
    // Half as loud: the beep begins in the middle of the window.
    const sample = step * stepSamples + windowSamples / 2;
    return [recorder.wallMs('audio', (first + sample) >>> 0)];
  });
}

/** Amplitude of the beep from a sample on (Goertzel). */
function amplitude(sound: Float32Array, start: number): number {
  const angle = (2 * Math.PI * beepHz) / 48_000;
  const factor = 2 * Math.cos(angle);
  let [last, before] = [0, 0];
  for (let index = 0; index < windowSamples; index += 1) {
    const value = (sound[start + index] ?? 0) + factor * last - before;
    before = last;
    last = value;
  }
  return (2 / windowSamples) * Math.sqrt(last * last + before * before - factor * last * before);
}
