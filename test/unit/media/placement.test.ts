import assert from 'node:assert/strict';
import fc from 'fast-check';
import { placeSeat, type PlacedSeat, type PlacedWorker } from '../../../access-agent/placement.ts';

const seat = (more: Partial<PlacedSeat> = {}): PlacedSeat => ({
  consumers: 0,
  granted: 0,
  published: 0,
  young: false,
  ...more,
});
const worker = (room: PlacedSeat[] = [], otherConsumers = 0, seats = room.length): PlacedWorker => ({
  room,
  otherConsumers,
  seats,
});

describe('placement of a participant', () => {
  it('begins a room on the worker with least to do', () => {
    assert.equal(placeSeat([worker([], 10), worker([], 3), worker([], 3)], 400), 1);
    assert.equal(placeSeat([worker([], 0, 2), worker([], 0, 1)], 400), 1);
  });

  it('stays where the room is while there is space', () => {
    assert.equal(placeSeat([worker([], 0), worker([seat({ consumers: 20 })], 300)], 400), 1);
    const two = [worker([seat()]), worker([seat(), seat()])];
    assert.equal(placeSeat(two, 400), 1);
  });

  it('moves on when the consumers to expect pass the limit', () => {
    const full = worker([seat({ consumers: 200 }), seat({ consumers: 200 })]);
    assert.equal(placeSeat([full, worker()], 400), 1);
  });

  it('puts two people on two workers when a worker is to have one consumer', () => {
    assert.equal(placeSeat([worker([seat()]), worker()], 1), 1);
    assert.equal(placeSeat([worker([seat({ young: true })]), worker()], 1), 1);
  });

  it('expects newcomers who come together to receive each other', () => {
    const crowd = Array.from({ length: 25 }, () => seat({ young: true }));
    assert.equal(placeSeat([worker(crowd), worker()], 400), 1);
    const audience = Array.from({ length: 25 }, () => seat({ consumers: 2 }));
    assert.equal(placeSeat([worker(audience), worker()], 400), 0);
  });

  it('counts what was granted but not begun', () => {
    assert.equal(placeSeat([worker([seat({ granted: 400 })]), worker()], 400), 1);
  });

  it('finds a worker whenever there is one', () => {
    const seats = fc.record({
      consumers: fc.nat(500),
      granted: fc.nat(500),
      published: fc.nat(4),
      young: fc.boolean(),
    });
    const workers = fc.record({ otherConsumers: fc.nat(500), seats: fc.nat(50), room: fc.array(seats) });
    fc.assert(
      fc.property(fc.array(workers), fc.integer({ min: 1, max: 500 }), (all, limit) => {
        const index = placeSeat(all, limit);
        assert.ok(all.length === 0 ? index === -1 : index >= 0 && index < all.length);
      }),
    );
  });
});
