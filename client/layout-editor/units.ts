/*
 * The editor measures in whole units, so that edges which touch do touch. The picture has so many of them in either
 * direction that thirds, sevenths, elevenths and hundredths are whole.
 */

/** Width and height of the picture, in units. */
export const whole = 277_200;

/** A fraction as layouts write it (`"1/3"`, `"0"`, a decimal), as a number. */
export function fractionOf(value: string | number): number {
  if (typeof value === 'number') return value;
  const [above, below] = value.split('/').map(Number) as [number, number | undefined];
  return below === undefined ? above : above / below;
}

/** How far decimals may be from what they stand for: 0.333333333 is a third. In units. */
const slack = 0.01;

/** Whether units say this fraction exactly. */
export function isWholeUnits(value: string | number): boolean {
  const [above, below] = String(value).split('/').map(Number) as [number, number | undefined];
  if (below !== undefined) return (above * whole) % below === 0;
  return Math.abs(above * whole - Math.round(above * whole)) < slack;
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}

/** Units as a reduced fraction, always `"n/d"`. */
export function fractionText(units: number): string {
  const divisor = greatestDivisor(whole, units);
  return `${String(units / divisor)}/${String(whole / divisor)}`;
}
