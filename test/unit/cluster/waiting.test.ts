import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SerialQueue } from '../../../common/lifecycle/serial-queue.ts';
import { backoff, pause, within } from '../../../common/lifecycle/wait.ts';

describe('a serial queue', () => {
  it('runs one task at a time, in order, whatever they take and whether they fail', async () => {
    const tasks = fc.array(fc.record({ turns: fc.nat({ max: 5 }), fails: fc.boolean() }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(tasks, async (plan) => {
        const queue = new SerialQueue();
        const seen: string[] = [];
        const outcomes = await Promise.allSettled(
          plan.map(({ turns, fails }, index) =>
            queue.run(async () => {
              seen.push(`begin ${index}`);
              for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
              seen.push(`end ${index}`);
              if (fails) throw new Error(String(index));
              return index;
            }),
          ),
        );
        assert.deepEqual(
          seen,
          plan.flatMap((_, index) => [`begin ${index}`, `end ${index}`]),
        );
        assert.deepEqual(
          outcomes.map(({ status }) => status === 'rejected'),
          plan.map(({ fails }) => fails),
        );
        assert.equal(queue.length, 0);
      }),
    );
  });

  it('takes a task that throws before it waits', async () => {
    const queue = new SerialQueue();
    const failing = queue.run(() => {
      throw new Error('at once');
    });
    await assert.rejects(failing, /at once/);
    assert.equal(await queue.run(() => 'next'), 'next');
  });

  it('counts what waits and runs', async () => {
    const queue = new SerialQueue();
    const both = Promise.all([queue.run(() => 1), queue.run(() => 2)]);
    assert.equal(queue.length, 2);
    assert.deepEqual(await both, [1, 2]);
    assert.equal(queue.length, 0);
  });
});

describe('waiting', () => {
  it('backs off with jitter between nothing and twice as much each time, up to a limit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), fc.integer({ min: 1, max: 1_000 }), (n, baseMs) => {
        const maxMs = baseMs * 10;
        const ms = backoff(n, { baseMs, maxMs });
        assert.ok(ms >= 0 && ms <= Math.min(maxMs, baseMs * 2 ** n));
      }),
    );
  });

  it('ends a pause when the signal aborts, and does not begin one after that', async () => {
    const stop = new AbortController();
    const long = pause(60_000, stop.signal);
    stop.abort();
    await long;
    await pause(60_000, stop.signal);
  });

  it('is limited: the outcome when it comes in time, the error of the limit when not', async () => {
    const late = () => new Error('too late');
    assert.equal(await within(Promise.resolve(1), 1_000, late), 1);
    await assert.rejects(within(Promise.reject(new Error('own')), 1_000, late), /own/);
    let fail: (error: Error) => void = () => undefined;
    const never = new Promise<never>((_resolve, reject) => (fail = reject));
    await assert.rejects(within(never, 1, late), /too late/);
    // What comes after that troubles nobody.
    fail(new Error('after the limit'));
  });
});
