import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NotificationLog } from '../../../client/sdk/notification-log.ts';
import { snapshot } from './support/room.ts';
import type { Incoming } from '../../../client/sdk/wire.ts';

const speaking: Incoming = { notification: { name: 'speaking', data: { participants: [], dominant: null } } };
const at = (epoch: number, seq: number, prev = seq - 1): Incoming => ({
  ...speaking,
  position: { epoch, seq, prev },
});

const room = (seq: number): Incoming => ({
  notification: { name: 'room', data: snapshot([]) },
  position: { epoch: 1, seq, prev: 0 },
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
    const { log, gaps, delivered } = setup();
    log.open({ epoch: 1, seq: 10 });
    log.receive(at(1, 15, 9));
    assert.deepEqual(gaps, []);
    log.receive(at(1, 21, 18));
    log.receive(at(1, 22));
    log.receive(speaking);
    assert.deepEqual(gaps, [18], 'asked for once');
    assert.deepEqual(delivered, [at(1, 15, 9), speaking], 'what is newer waits');
    assert.equal(log.complete, false);
    for (const incoming of [at(1, 18, 15), at(1, 21, 18), at(1, 22)]) log.receive(incoming);
    assert.deepEqual(delivered.slice(2), [at(1, 18, 15), at(1, 21, 18), at(1, 22)]);
    assert.equal(log.complete, true);
  });

  it('that are not there any more are followed by the room: texts first, whatever is missing', () => {
    const { log, delivered, gaps } = setup();
    log.open({ epoch: 1, seq: 10 });
    log.hold();
    const newer = at(1, 41);
    for (const incoming of [at(1, 20), at(1, 30), room(40), newer]) log.receive(incoming);
    assert.deepEqual(delivered, []);
    log.release('snapshot');
    assert.deepEqual(delivered, [at(1, 20), at(1, 30), room(40), newer]);
    assert.deepEqual(gaps, []);
  });

  it('wait for the room also when the answer comes first', () => {
    const { log, delivered } = setup();
    log.open({ epoch: 1, seq: 10 });
    log.hold();
    log.release('snapshot');
    for (const incoming of [at(1, 30), at(1, 20)]) log.receive(incoming);
    assert.deepEqual(delivered, []);
    log.receive(room(40));
    assert.deepEqual(delivered, [at(1, 20), at(1, 30), room(40)]);
    assert.deepEqual(log.cursor, { epoch: 1, seq: 40 });
  });

  it('count for nothing when the room says that nothing has happened', () => {
    const { log, delivered } = setup();
    log.open({ epoch: 1, seq: 10 });
    log.hold();
    log.release('snapshot');
    log.receive(room(10));
    log.receive(at(1, 11));
    assert.deepEqual(delivered, [room(10), at(1, 11)]);
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
        for (const [epoch, one] of list.slice(0, split)) log.receive(at(epoch, one, 0));
        log.open({ epoch: 1, seq });
        for (const [epoch, one] of list.slice(split)) log.receive(at(epoch, one, 0));
        const order = delivered.map(({ position }) => (position?.epoch ?? 0) * 1000 + (position?.seq ?? 0));
        assert.ok(order.every((one, index) => one > (order[index - 1] ?? 1000 + seq)));
      }),
    );
  });

  it('are each delivered once and in order, whatever is lost, repeated or overtaken, over any number of returns', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World();
        for (const one of steps) world[one.do](one.n);
        world.comeBack(0);
        assert.deepEqual(world.heard, world.written);
      }),
      { seed: 20_261_121, numRuns: 2000 },
    );
  });
});

const step = fc.record({
  do: fc.constantFrom(
    'write',
    'write',
    'write',
    'writeForOthers',
    'lose',
    'repeat',
    'comeBack',
    'resync',
    'takeOver' as const,
  ),
  n: fc.nat(9),
});

/** A room's log, a portal that tells it, and a client that hears it. */
class World {
  readonly written: string[] = [];
  readonly heard: string[] = [];
  readonly #told: Incoming[] = [];
  #epoch = 1;
  #seq = 0;
  #prev = 0;
  readonly #log = new NotificationLog(
    ({ position }) => this.heard.push(`${String(position?.epoch)}.${String(position?.seq)}`),
    () => undefined,
  );

  constructor() {
    this.#log.open({ epoch: 1, seq: 0 });
  }

  write(): void {
    this.#log.receive(this.#next());
  }

  writeForOthers(): void {
    this.#seq += 1;
  }

  lose(): void {
    this.#next();
  }

  repeat(n: number): void {
    for (const incoming of this.#told.slice(-n)) this.#log.receive(incoming);
  }

  takeOver(): void {
    this.comeBack(0);
    this.#epoch += 1;
    this.#seq = 0;
    // Another owner begins with the room as a whole.
    this.write();
  }

  /** Some of what was missed overtakes the answer; an earlier return may have failed half-way. */
  comeBack(n: number): void {
    if (n > 6) this.#returnHalfWay(n - 6);
    this.#log.hold();
    const missed = this.#missed();
    for (const incoming of missed.slice(0, n)) this.#log.receive(incoming);
    this.#log.release('replay');
    for (const incoming of missed.slice(n)) this.#log.receive(incoming);
  }

  resync(): void {
    for (const incoming of this.#missed()) this.#log.receive(incoming);
  }

  #returnHalfWay(n: number): void {
    this.#log.hold();
    for (const incoming of this.#missed().slice(0, n)) this.#log.receive(incoming);
  }

  #next(): Incoming {
    this.#seq += 1;
    const incoming = at(this.#epoch, this.#seq, this.#prev);
    this.#prev = this.#seq;
    this.#told.push(incoming);
    this.written.push(`${String(this.#epoch)}.${String(this.#seq)}`);
    return incoming;
  }

  #missed(): Incoming[] {
    const { epoch, seq } = this.#log.cursor ?? { epoch: 0, seq: 0 };
    const isAfter = ({ position }: Incoming): boolean =>
      position !== undefined && (position.epoch > epoch || (position.epoch === epoch && position.seq > seq));
    return this.#told.filter(isAfter);
  }
}
