import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterRemoval, fill, orderOf, place } from '../../../client/layout-editor/order.ts';

const region = (id: string) => ({
  ...{ id, shape: 'rectangle' as const },
  area: { left: '0/1', top: '0/1', width: '1/1', height: '1/1' },
});
const named = (...ids: string[]) => ids.map((id) => ({ id, name: `name of ${id}` }));
const shown = (layout: ReturnType<typeof fill>) => layout.map(({ stream }) => stream);

describe('who stands where in a layout', () => {
  it('is those in regions first, then those that wait', () => {
    const layout = [
      { stream: 'b', region: region('1') },
      { stream: 'gone', region: region('2') },
      { region: region('3') },
    ];
    assert.deepEqual(orderOf(layout, named('a', 'b', 'c')), ['b', 'a', 'c']);
  });

  it('changes by changing places, also with somebody who waits', () => {
    assert.deepEqual(place(['a', 'b', 'c'], 'a', 1), ['b', 'a', 'c']);
    assert.deepEqual(place(['a', 'b', 'c'], 'c', 0), ['c', 'b', 'a']);
    assert.deepEqual(place(['a', 'b'], 'a', 7), ['b', 'a'], 'there are no holes');
    assert.deepEqual(place([], 'a', 0), []);
  });

  it('stays for all others when a region goes', () => {
    assert.deepEqual(afterRemoval(['a', 'b', 'c', 'd'], 1, 3), ['a', 'c', 'b', 'd']);
    assert.deepEqual(afterRemoval(['a', 'b'], 0, 4), ['b', 'a']);
    assert.deepEqual(afterRemoval(['a'], 2, 3), ['a']);
  });

  it('has empty regions last, and nobody twice', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 8 });
    const moves = fc.array(fc.tuple(fc.nat(7), fc.nat(9)), { maxLength: 10 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 10 }), moves, (streams, regions, changes) => {
        let order = streams;
        for (const [which, index] of changes) {
          const stream = order[which % Math.max(1, order.length)];
          if (stream !== undefined) order = place(order, stream, index % regions);
        }
        const layout = shown(
          fill(
            Array.from({ length: regions }, (_, index) => region(String(index))),
            order,
          ),
        );
        const filled = layout.filter((stream) => stream !== undefined);
        assert.equal(new Set(filled).size, filled.length);
        assert.equal(filled.length, Math.min(regions, streams.length));
        assert.ok(layout.slice(filled.length).every((stream) => stream === undefined));
        assert.deepEqual(order.toSorted(), streams.toSorted());
      }),
    );
  });
});
