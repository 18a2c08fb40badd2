import { OpusCodecs } from './audio/opus-codecs.ts';
import { copyTo, plain } from './picture/i420.ts';
import { Scaler } from './picture/scaler.ts';

const canvas = { width: 640, height: 360 };
/** Pictures after which the engine has compiled what handles them. */
const pictures = 60;

/**
 * Lets what a clock waits for run for a while before there is a clock: the engine compiles it meanwhile. Otherwise the first
 * change of a layout, in which all pictures have to be scaled, would take longer than the time of a picture. The Opus library is
 * loaded, too.
 */
export async function warmUp(): Promise<void> {
  await OpusCodecs.load();
  const background = { y: 16, u: 128, v: 128 };
  const [from, to] = [
    { width: 320, height: 180 },
    { width: 426, height: 240 },
  ];
  const sheet = plain(canvas, background);
  const source = plain(from, background);
  const scaler = new Scaler({ from, to, fit: 'letterbox', background });
  for (let count = 0; count < pictures; count += 1) {
    copyTo(sheet, scaler.scale(source), { left: 0, top: 0, ...to });
  }
}
