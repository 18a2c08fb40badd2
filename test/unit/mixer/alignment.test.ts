import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StreamId } from '../../../common/contract/ids.ts';
import { Alignment } from '../../../mixer-agent/mix/alignment.ts';

const alice = 'alice' as StreamId;
const bob = 'bob' as StreamId;

/** Blocks of sound and pictures of a while, each with its lag. Returns where the offset got to. */
function play(
  alignment: Alignment,
  { from = 0, seconds, sound, picture }: { from?: number; seconds: number; sound: number; picture: number },
): number {
  let offset = 0;
  for (let block = 0; block < seconds * 50; block += 1) {
    const now = from + block * 20;
    alignment.sound(alice, sound, now);
    if (block % 2 === 0) alignment.picture(alice, picture, now);
    offset = alignment.offsetMs(now);
  }
  return offset;
}

describe('alignment of sound and picture', () => {
  it('is what is usual before something is known', () => {
    const alignment = new Alignment();
    const usual = alignment.offsetMs(0);
    assert.ok(usual > -20 && usual < 0, `${usual}`);
    alignment.picture(alice, 80, 10);
    assert.equal(alignment.offsetMs(20), usual);
  });

  it('does not count what is late only because it has just begun', () => {
    const alignment = new Alignment();
    play(alignment, { seconds: 1, sound: 60, picture: 260 });
    const offset = play(alignment, { from: 1_000, seconds: 1, sound: 60, picture: 80 });
    assert.ok(Math.abs(offset - 20) < 0.01, `${offset}`);
  });

  it('is how much later pictures are than their sound', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 400, noNaN: true }),
        fc.double({ min: 0, max: 400, noNaN: true }),
        (sound, picture) => {
          const offset = play(new Alignment(), { seconds: 2, sound, picture });
          assert.ok(Math.abs(offset - (picture - sound)) < 0.01, `${offset} instead of ${picture - sound}`);
        },
      ),
    );
  });

  it('follows slowly when the load changes, and arrives', () => {
    const alignment = new Alignment();
    const before = play(alignment, { seconds: 2, sound: 60, picture: 70 });
    const soon = play(alignment, { from: 2_000, seconds: 1, sound: 60, picture: 110 });
    assert.ok(soon - before <= 10 + 1e-6, `moved by ${soon - before} ms within a second`);
    const then = play(alignment, { from: 3_000, seconds: 10, sound: 60, picture: 110 });
    assert.ok(Math.abs(then - 50) < 0.5, `${then}`);
  });

  it('is that of all inputs that have both, whatever the others do', () => {
    const alignment = new Alignment();
    for (let block = 0; block < 100; block += 1) {
      const now = block * 20;
      alignment.sound(alice, 50, now);
      alignment.picture(alice, 70, now);
      alignment.sound(bob, 500, now);
    }
    assert.ok(Math.abs(alignment.offsetMs(2_000) - 20) < 0.01);
  });

  it('takes no notice of what cannot be', () => {
    const alignment = new Alignment();
    play(alignment, { seconds: 2, sound: 50, picture: 70 });
    alignment.picture(alice, 60_000, 2_000);
    alignment.sound(alice, -60_000, 2_000);
    assert.ok(Math.abs(alignment.offsetMs(2_000) - 20) < 0.01);
  });

  it('stays when nothing comes any more, and forgets who is gone', () => {
    const alignment = new Alignment();
    play(alignment, { seconds: 2, sound: 50, picture: 70 });
    assert.ok(Math.abs(alignment.offsetMs(60_000) - 20) < 0.01);
    alignment.keep(new Set([bob]));
    for (let block = 0; block < 100; block += 1) {
      alignment.sound(bob, 30, 60_000 + block * 20);
      alignment.picture(bob, 50, 60_000 + block * 20);
    }
    assert.ok(Math.abs(alignment.offsetMs(62_000) - 20) < 0.01);
  });
});
