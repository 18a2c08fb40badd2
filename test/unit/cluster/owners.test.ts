import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareOwners, Owners } from '../../../common/cluster/owners.ts';
import type { Owner } from '../../../common/contract/cluster.ts';
import { MemberId, RoomId } from '../../../common/contract/ids.ts';

const owner = fc.record(
  { epoch: fc.nat({ max: 5 }), id: fc.constantFrom('a', 'b', 'c').map((id) => MemberId.parse(id)) },
  { noNullPrototype: true },
);
const room = RoomId.parse('room');
const isStale = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'stale_owner';

describe('owners of a room', () => {
  it('are in a total order, by epoch, then by id', () => {
    fc.assert(
      fc.property(owner, owner, owner, (a, b, c) => {
        assert.equal(Math.sign(compareOwners(a, b)), -Math.sign(compareOwners(b, a)) + 0);
        if (compareOwners(a, b) === 0) assert.deepEqual(a, b);
        if (compareOwners(a, b) <= 0 && compareOwners(b, c) <= 0) assert.ok(compareOwners(a, c) <= 0);
        if (a.epoch < b.epoch) assert.ok(compareOwners(a, b) < 0);
      }),
    );
  });

  it('are refused when a newer one is known, whatever came in between', () => {
    fc.assert(
      fc.property(fc.array(owner, { minLength: 1 }), (sequence) => {
        const owners = new Owners();
        let newest: Owner | undefined;
        for (const next of sequence) {
          if (newest !== undefined && compareOwners(next, newest) < 0) {
            assert.throws(() => {
              owners.accept(room, next);
            }, isStale);
          } else {
            owners.accept(room, next);
            newest = next;
          }
          assert.deepEqual(owners.get(room), newest);
        }
      }),
    );
  });

  it('are forgotten on request, and the oldest when there are very many', () => {
    const owners = new Owners();
    const one = { epoch: 1, id: MemberId.parse('a') };
    owners.accept(room, one);
    owners.forget(room);
    assert.equal(owners.get(room), undefined);
    for (let n = 0; n < 10_001; n += 1) {
      owners.accept(RoomId.parse(`room-${n}`), one);
      owners.accept(room, one);
    }
    assert.deepEqual(owners.get(room), one);
    assert.equal(owners.get(RoomId.parse('room-0')), undefined);
    assert.deepEqual(owners.get(RoomId.parse('room-9999')), one);
  });
});
