import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ParticipantId } from '../../../common/contract/ids.ts';
import { isAfter, type StampedEntry } from '../../../common/contract/log.ts';
import { concerns, positionOf, Tail } from '../../../common/room-log/tail.ts';

const from = ParticipantId.parse('x');
const roomy = { entries: 1_000, bytes: 1_000_000, ageMs: 60_000 };

const stamped = (epoch: number, seq: number, message = 'hi'): StampedEntry => ({
  epoch,
  entry: { seq, to: 'all', event: { name: 'text', data: { from, to: 'all', message } } },
});
const numbers = (entries: readonly StampedEntry[]) => entries.map(({ epoch, entry }) => [epoch, entry.seq]);

describe('the tail of a log', () => {
  it('gives back what came after a position, over owners', () => {
    const tail = new Tail(roomy, { epoch: 1, seq: 0 });
    for (const [epoch, seq] of [
      [1, 1],
      [1, 4],
      [2, 5],
    ] as const) {
      assert.ok(tail.add(stamped(epoch, seq)));
    }
    assert.deepEqual(numbers(tail.after({ epoch: 1, seq: 1 }).entries), [
      [1, 4],
      [2, 5],
    ]);
    assert.deepEqual(tail.after({ epoch: 2, seq: 5 }), { complete: true, entries: [] });
    assert.deepEqual(tail.last, { epoch: 2, seq: 5 });
  });

  it('takes each entry once, and none that is older than the newest', () => {
    const tail = new Tail(roomy, { epoch: 1, seq: 3 });
    assert.ok(!tail.add(stamped(1, 3)));
    assert.ok(tail.add(stamped(1, 5)));
    assert.ok(!tail.add(stamped(1, 5)));
    assert.ok(!tail.add(stamped(1, 4)));
    assert.ok(!tail.add({ epoch: 1, entry: { ...stamped(1, 6).entry, seq: null } }));
    assert.equal(tail.size, 1);
  });

  it('is bounded by number, size and age, and says so', () => {
    let now = 0;
    const tail = new Tail({ entries: 3, bytes: 10_000, ageMs: 100 }, { epoch: 1, seq: 0 }, () => now);
    for (let seq = 1; seq <= 5; seq += 1) tail.add(stamped(1, seq));
    assert.deepEqual(numbers(tail.all()), [
      [1, 3],
      [1, 4],
      [1, 5],
    ]);
    assert.equal(tail.after({ epoch: 1, seq: 1 }).complete, false);
    assert.equal(tail.after({ epoch: 1, seq: 2 }).complete, true);
    now = 50;
    tail.add(stamped(1, 6, 'x'.repeat(9_900)));
    assert.deepEqual(numbers(tail.all()), [[1, 6]]);
    now = 151;
    tail.sweep();
    assert.deepEqual([tail.size, tail.bytes, tail.floor], [0, 0, { epoch: 1, seq: 6 }]);
  });

  it('is complete exactly when nothing after the position was forgotten', () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ forget: fc.nat(60) }),
      fc.record({ takeover: fc.constant(true) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 8 }), (steps, entries) => {
        const tail = new Tail({ ...roomy, entries }, { epoch: 1, seq: 0 });
        const all: StampedEntry[] = [];
        let [epoch, seq] = [1, 0];
        for (const one of steps) {
          if ('takeover' in one) epoch += 1;
          else if ('forget' in one) tail.forget({ epoch, seq: one.forget });
          else {
            seq += one.add;
            all.push(stamped(epoch, seq));
            tail.add(stamped(epoch, seq));
          }
        }
        for (const start of [{ epoch: 1, seq: 0 }, ...all.map(positionOf)]) {
          const wanted = all.filter((one) => isAfter(positionOf(one), start));
          const { complete, entries: found } = tail.after(start);
          if (complete) assert.deepEqual(numbers(found), numbers(wanted));
          else assert.ok(found.length < wanted.length);
        }
        assert.ok(tail.size <= entries);
        assert.equal(
          tail.bytes,
          tail.all().reduce((sum, { entry }) => sum + JSON.stringify(entry).length, 0),
        );
      }),
    );
  });

  it('knows whom an entry concerns', () => {
    const [a, b] = [ParticipantId.parse('a'), ParticipantId.parse('b')];
    const { entry } = stamped(1, 1);
    assert.ok(concerns(entry, a));
    assert.ok(!concerns({ ...entry, except: [a] }, a));
    assert.ok(concerns({ ...entry, except: [a] }, b));
    assert.ok(concerns({ ...entry, to: [a] }, a));
    assert.ok(!concerns({ ...entry, to: [a] }, b));
  });
});
