import assert from 'node:assert/strict';
import fc from 'fast-check';
import { add, compare, formatRational, parseRational, rational } from '../../../common/layout/rational.ts';

const told = (value: string | number) => formatRational(parseRational(value));
const refused = { code: 'bad_request', details: { field: 'left' } };

/** Numerator and denominator of a fraction up to 1. */
const fraction = fc
  .integer({ min: 1, max: 999_999 })
  .chain((d) => fc.tuple(fc.integer({ min: 0, max: d }), fc.constant(d)));

describe('fractions of a picture', () => {
  it('are read as whole numbers, fractions and decimals, and told reduced', () => {
    const read = ['0', '1', '1/3', '2/6', '0/5', '0.5', '.25', '1.0', 0, 1, 0.5, 0.125].map(told);
    const expected = '0/1 1/1 1/3 1/3 0/1 1/2 1/4 1/1 0/1 1/1 1/2 1/8';
    assert.equal(read.join(' '), expected);
  });

  it('are refused, with the name of the field, when they are none', () => {
    for (const value of [
      '',
      '.',
      '3/2',
      '1.1',
      '2',
      '-1',
      '1/0',
      '1 / 2',
      'half',
      '1e3',
      -0.1,
      1.5,
      NaN,
      Infinity,
    ]) {
      assert.throws(() => parseRational(value, 'left'), refused, String(value));
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseRational(text, 'left');
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'bad_request');
        }
      }),
    );
  });

  it('are the same after being told and read again', () => {
    fc.assert(
      fc.property(fraction, ([n, d]) => {
        const read = parseRational(`${n}/${d}`);
        assert.equal(compare(read, rational(n, d)), 0);
        assert.deepEqual(parseRational(formatRational(read)), read);
      }),
    );
  });

  it('mean the simple fraction that a long decimal stands for', () => {
    assert.equal(told('0.333333333'), '1/3');
    assert.equal(told(2 / 3), '2/3');
    assert.equal(told('0.33333'), '33333/100000');
    assert.equal(told('0.123456783'), '123456783/1000000000');
    const simple = fc
      .integer({ min: 1, max: 1000 })
      .chain((d) => fc.tuple(fc.integer({ min: 0, max: d }), fc.constant(d)));
    fc.assert(
      fc.property(simple, ([n, d]) => {
        assert.deepEqual(parseRational(n / d), rational(n, d));
        if (n < d) assert.deepEqual(parseRational((n / d).toFixed(9)), rational(n, d));
      }),
    );
  });

  it('keep decimals of up to five digits exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 }), (n) => {
        assert.deepEqual(parseRational(`0.${String(n).padStart(5, '0')}`), rational(n, 100_000));
      }),
    );
  });

  it('add up without rounding', () => {
    fc.assert(
      fc.property(fraction, ([n, d]) => {
        assert.deepEqual(add(rational(n, d), rational(d - n, d)), rational(1));
      }),
    );
  });
});
