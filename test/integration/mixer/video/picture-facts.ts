import { strict as assert } from 'node:assert';
import type { Colour, Picture, Rectangle } from '../../../../mixer-agent/mix/media.ts';

/** Mean colour of a part of a picture (BT.601, limited range). */
function meanColour({ data, width, height }: Picture, part: Rectangle): Colour {
  const chroma = { left: part.left / 2, top: part.top / 2, width: part.width / 2, height: part.height / 2 };
  const quarter = (width * height) / 4;
  const y = mean(data.subarray(0, width * height), width, part) - 16;
  const u = mean(data.subarray(width * height, width * height + quarter), width / 2, chroma) - 128;
  const v = mean(data.subarray(width * height + quarter), width / 2, chroma) - 128;
  return {
    r: clamp(1.164 * y + 1.596 * v),
    g: clamp(1.164 * y - 0.392 * u - 0.813 * v),
    b: clamp(1.164 * y + 2.017 * u),
  };
}

const clamp = (value: number): number => Math.round(Math.max(0, Math.min(255, value)));

function mean(plane: Uint8Array, stride: number, { left, top, width, height }: Rectangle): number {
  let sum = 0;
  for (let row = Math.floor(top); row < Math.floor(top + height); row += 1)
    for (let column = left; column < left + width; column += 1) sum += plane[row * stride + column]!;
  return sum / (width * (Math.floor(top + height) - Math.floor(top)));
}

export function assertColour(picture: Picture, part: Rectangle, wanted: Colour, tolerance = 12): void {
  const found = meanColour(picture, part);
  const far = (['r', 'g', 'b'] as const).some((name) => Math.abs(found[name] - wanted[name]) > tolerance);
  assert.ok(!far, `${JSON.stringify(found)} instead of ${JSON.stringify(wanted)} at ${JSON.stringify(part)}`);
}

/** Everything of a picture. */
export const whole = ({ width, height }: Picture): Rectangle => ({ left: 0, top: 0, width, height });
