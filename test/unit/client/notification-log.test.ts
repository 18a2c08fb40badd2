import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NotificationLog } from '../../../client/sdk/notification-log.ts';
import type { Incoming } from '../../../client/sdk/signaling.ts';

const speaking: Incoming = { notification: { name: 'speaking', data: { participants: [], dominant: null } } };
const at = (epoch: number, seq: number, prev = seq - 1): Incoming => ({
  ...speaking,
  position: { epoch, seq, prev },
});

function setup(): { log: NotificationLog; delivered: Incoming[]; gaps: number[] } {
  const delivered: Incoming[] = [];
  const gaps: number[] = [];
  const log = new NotificationLog(
    (incoming) => delivered.push(incoming),
    ({ missing }) => gaps.push(missing),
  );
  return { log, delivered, gaps };
}

describe('notifications of the room log', () => {
  it('wait for the login answer, and those that it reflects are not told again', () => {
    const { log, delivered } = setup();
    for (const incoming of [at(5, 7), at(5, 8), speaking, at(5, 9)]) log.receive(incoming);
    assert.deepEqual(delivered, []);
    log.open({ epoch: 5, seq: 8 });
    assert.deepEqual(delivered, [speaking, at(5, 9)]);
  });

  it('of an older owner are ignored, those of a newer one count', () => {
    const { log, delivered, gaps } = setup();
    log.open({ epoch: 5, seq: 8 });
    for (const incoming of [at(4, 90), at(6, 1, 0), at(5, 9), at(6, 2)]) log.receive(incoming);
    assert.deepEqual(delivered, [at(6, 1, 0), at(6, 2)]);
    assert.deepEqual(gaps, []);
    assert.deepEqual(log.cursor, { epoch: 6, seq: 2 });
  });

  it('may skip numbers that were meant for others, but not one of ours', () => {
    const { log, gaps } = setup();
    log.open({ epoch: 1, seq: 10 });
    log.receive(at(1, 15, 9));
    assert.deepEqual(gaps, []);
    log.receive(at(1, 21, 18));
    assert.deepEqual(gaps, [18]);
  });

  it('of a failed login do not reach the next one', () => {
    const { log, delivered } = setup();
    log.receive(at(1, 1));
    log.reset();
    log.open({ epoch: 1, seq: 0 });
    assert.deepEqual(delivered, []);
  });

  it('are each delivered once and in order, wherever the login answer comes between', () => {
    const positions = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 })));
    fc.assert(
      fc.property(positions, fc.nat(30), fc.nat(20), (list, split, seq) => {
        const { log, delivered } = setup();
        for (const [epoch, one] of list.slice(0, split)) log.receive(at(epoch, one));
        log.open({ epoch: 1, seq });
        for (const [epoch, one] of list.slice(split)) log.receive(at(epoch, one));
        const order = delivered.map(({ position }) => (position?.epoch ?? 0) * 1000 + (position?.seq ?? 0));
        assert.ok(order.every((one, index) => one > (order[index - 1] ?? 1000 + seq)));
      }),
    );
  });
});
