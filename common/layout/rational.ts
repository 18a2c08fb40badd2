import { PorticoError } from '../contract/errors.ts';

/** An exact fraction, reduced, not negative. Layouts are compared without rounding: a third is a third. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

export const zero: Rational = { n: 0n, d: 1n };
export const one: Rational = { n: 1n, d: 1n };

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** `n / d`, reduced. */
export function rational(n: bigint | number, d: bigint | number = 1n): Rational {
  const [above, below] = [BigInt(n), BigInt(d)];
  const divisor = greatestCommonDivisor(above, below);
  return { n: above / divisor, d: below / divisor };
}

export const add = (a: Rational, b: Rational): Rational => rational(a.n * b.d + b.n * a.d, a.d * b.d);

/** Negative, 0 or positive, as for `sort`. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const decimalDigits = 9;
const whole = 10n ** BigInt(decimalDigits);
const simpleDenominator = 1_000n;

/**
 * What a decimal stands for: `0.333333333` is a third. Somebody who wrote a third, twice and side by side, does not mean
 * a gap or an overlap of a billionth. Decimals of up to five digits are always taken exactly.
 */
function meant(billionths: bigint): Rational {
  const exact = rational(billionths, whole);
  if (exact.d <= simpleDenominator) return exact;
  // Convergents of the continued fraction, up to the largest denominator that counts as simple.
  let [n0, d0, n1, d1] = [0n, 1n, 1n, 0n];
  let [rest, divisor] = [exact.n, exact.d];
  while (divisor !== 0n) {
    const digit = rest / divisor;
    [n0, d0, n1, d1] = [n1, d1, digit * n1 + n0, digit * d1 + d0];
    if (d1 > simpleDenominator) return exact;
    const error = n1 * exact.d - exact.n * d1;
    const size = error < 0n ? -error : error;
    if (size * (whole / 2n) <= exact.d * d1) return rational(n1, d1);
    [rest, divisor] = [divisor, rest % divisor];
  }
  return exact;
}

const fractionText = /^(\d{1,10})\/([1-9]\d{0,9})$/;
const decimalText = /^(\d?)(?:\.(\d{1,9}))?$/;

function read(value: string): Rational | undefined {
  const [, n, d] = fractionText.exec(value) ?? [];
  if (n !== undefined && d !== undefined) return rational(BigInt(n), BigInt(d));
  const [, before = '', after = ''] = decimalText.exec(value) ?? [];
  if (before + after === '') return undefined;
  return meant(BigInt(before) * whole + BigInt(after.padEnd(decimalDigits, '0')));
}

/**
 * A part of the picture as people and programs write it (OWT 7.4, 8): `"0"`, `"1"`, `"1/3"`, `"0.5"`, 0.5.
 *
 * @param field path of the value, for the error
 * @throws PorticoError bad_request: not a fraction between 0 and 1
 */
export function parseRational(value: string | number, field = 'value'): Rational {
  const text =
    typeof value === 'number' ? (value >= 0 && value <= 1 ? value.toFixed(decimalDigits) : '') : value;
  const parsed = read(text);
  if (parsed === undefined || compare(parsed, one) > 0) {
    const shown = String(value).slice(0, 40);
    throw new PorticoError('bad_request', `'${shown}' is not a fraction between 0 and 1, such as "1/3".`, {
      field,
    });
  }
  return parsed;
}

/** Always `"n/d"`, reduced: `"0/1"`, `"1/3"`, `"1/1"` (OWT 5.4). */
export const formatRational = ({ n, d }: Rational): string => `${String(n)}/${String(d)}`;
