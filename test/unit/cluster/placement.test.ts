import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  eligible,
  fullLoad,
  leastLoaded,
  rendezvous,
  type Candidate,
} from '../../../common/cluster/placement.ts';

const candidate = fc.record({
  id: fc.string({ minLength: 1, maxLength: 12 }),
  load: fc.double({ min: 0, max: 1, noNaN: true }),
  draining: fc.boolean(),
});
const candidates = fc.uniqueArray(candidate, { selector: ({ id }) => id, maxLength: 12 });
const idle = (ids: string[]): Candidate[] => ids.map((id) => ({ id, load: 0, draining: false }));
const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 });

describe('placement', () => {
  it('gives no new work to who drains, nor to who is full while others have room', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const chosen = eligible(all);
        const free = all.filter(({ draining, load }) => !draining && load < fullLoad);
        assert.deepEqual(free.length > 0 ? chosen : free, free);
        assert.ok(chosen.every(({ draining }) => !draining));
        assert.equal(
          chosen.length === 0,
          all.every(({ draining }) => draining),
        );
      }),
    );
  });

  it('takes the least loaded when all are full', () => {
    const full = [0.99, 0.95, 1].map((load, index) => ({ id: String(index), load, draining: false }));
    assert.deepEqual(eligible(full), [full[1]]);
    assert.equal(leastLoaded(full), full[1]);
    assert.equal(leastLoaded<Candidate>([]), undefined);
  });

  it('does not depend on the order in which members are known', () => {
    fc.assert(
      fc.property(fc.string(), ids, (key, names) => {
        const forward = rendezvous(key, idle(names)).map(({ id }) => id);
        const backward = rendezvous(key, idle(names.toReversed())).map(({ id }) => id);
        assert.deepEqual(forward, backward);
        assert.deepEqual(forward.toSorted(), names.toSorted());
      }),
    );
  });

  it('moves only the keys of a member that is gone, each to the one that was next in line', () => {
    fc.assert(
      fc.property(fc.string(), ids, fc.nat(), (key, names, index) => {
        const gone = names[index % names.length];
        const before = rendezvous(key, idle(names)).map(({ id }) => id);
        const after = rendezvous(key, idle(names.filter((id) => id !== gone))).map(({ id }) => id);
        assert.deepEqual(
          after,
          before.filter((id) => id !== gone),
        );
      }),
    );
  });

  it('gives a new member only keys that it takes from others', () => {
    fc.assert(
      fc.property(fc.string(), ids, fc.string({ minLength: 13 }), (key, names, added) => {
        const before = rendezvous(key, idle(names))[0]?.id;
        const after = rendezvous(key, idle([...names, added]))[0]?.id;
        assert.ok(after === before || after === added);
      }),
    );
  });

  it('spreads keys evenly enough', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 3_000; n += 1) {
      const first = rendezvous(`room-${n}`, idle(['a', 'b', 'c']))[0]?.id ?? '';
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    for (const count of counts.values()) assert.ok(count > 850 && count < 1_150, String(count));
  });
});
