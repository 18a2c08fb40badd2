import assert from 'node:assert/strict';
import { mock } from 'node:test';
import fc from 'fast-check';
import { Pacer } from '../../../../mixer-agent/mix/send/pacer.ts';

const packets = (count: number, from = 0) =>
  Array.from({ length: count }, (_none, index) => Uint8Array.of((from + index) >> 8, (from + index) & 0xff));

describe('pacing of a large picture', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  const line = () => {
    const sent: Uint8Array[] = [];
    return { sent, pacer: new Pacer({ withinMs: 20, send: (packet) => void sent.push(packet) }) };
  };

  /** Timers that begin during a tick count from its end: small ticks. */
  const wait = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1) mock.timers.tick(1);
  };

  it('sends an ordinary picture at once', () => {
    const { sent, pacer } = line();
    pacer.give(packets(40));
    assert.equal(sent.length, 40);
  });

  it('spreads a large one over at most half a frame, in bursts of 40', () => {
    const { sent, pacer } = line();
    pacer.give(packets(200));
    assert.equal(sent.length, 40);
    let before = 40;
    for (let ms = 1; ms <= 20; ms += 1) {
      mock.timers.tick(1);
      assert.ok(sent.length - before <= 40);
      before = sent.length;
    }
    assert.deepEqual(sent, packets(200));
  });

  it('keeps the order whatever sizes follow each other at whatever times', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(900), fc.nat(40)), { maxLength: 20 }), (pictures) => {
        const { sent, pacer } = line();
        let given = 0;
        for (const [count, pause] of pictures) {
          pacer.give(packets(count, given));
          given += count;
          wait(pause);
        }
        wait(20);
        assert.deepEqual(sent, packets(given));
      }),
      { numRuns: 50 },
    );
  });

  it('leaves nothing behind when it is closed', () => {
    const { sent, pacer } = line();
    pacer.give(packets(200));
    pacer.close();
    mock.timers.tick(100);
    assert.equal(sent.length, 40);
  });
});
