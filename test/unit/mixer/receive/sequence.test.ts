import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Sequence, Timestamps } from '../../../../mixer-agent/mix/receive/sequence.ts';

const fail = () => assert.fail('no new start');

describe('sequence numbers', () => {
  it('go on over their wrap, in any order within a window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 300 }),
        (start, offsets) => {
          const sequence = new Sequence();
          const first = sequence.read(start, fail);
          for (const offset of offsets) {
            assert.equal(sequence.read((start + offset) % 0x1_0000, fail) - first, offset);
          }
        },
      ),
    );
  });

  it('tell how many packets are missing', () => {
    const sequence = new Sequence();
    const read = (number: number) => {
      sequence.read(number, fail);
      sequence.count();
    };
    for (const number of [65_530, 65_531, 65_535, 2]) read(number);
    assert.deepEqual([sequence.received, sequence.lost], [4, 5]);
    for (const number of [0, 1, 65_534]) read(number);
    assert.deepEqual([sequence.received, sequence.lost], [7, 2]);
  });

  it('start anew after a jump that a second packet confirms, and then never repeat', () => {
    const sequence = new Sequence();
    let starts = 0;
    const read = (number: number) => {
      const result = sequence.read(number, () => (starts += 1));
      if (result >= 0) sequence.count();
      return result;
    };
    const before = read(100);
    assert.equal(read(40_000), -1);
    assert.equal(read(101), before + 1);
    assert.equal(read(50_000), -1);
    assert.equal(read(20_000), -1);
    assert.equal(starts, 0);
    assert.ok(read(20_001) > before + 0x1_0000);
    assert.equal(starts, 1);
    assert.deepEqual([sequence.received, sequence.lost], [3, 0]);
  });
});

describe('RTP timestamps', () => {
  it('go on over their wrap, forwards and backwards', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.array(fc.integer({ min: -0x7fffffff, max: 0x7fffffff }), { maxLength: 50 }),
        (start, steps) => {
          const timestamps = new Timestamps();
          let expected = timestamps.read(start);
          // Around its first cycle, as clocks do; far below 0 it would start again.
          for (const step of steps) {
            if (expected + step < 0) continue;
            expected += step;
            assert.equal(timestamps.read(((expected % 2 ** 32) + 2 ** 32) % 2 ** 32), expected);
          }
        },
      ),
    );
  });

  it('of reports are placed without moving on', () => {
    const timestamps = new Timestamps();
    assert.equal(timestamps.known, false);
    const first = timestamps.read(0xffffff00);
    assert.equal(timestamps.near(0x100) - first, 0x200);
    assert.equal(timestamps.near(0xfffffe00) - first, -0x100);
  });
});
