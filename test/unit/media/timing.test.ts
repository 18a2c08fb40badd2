import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Latest } from '../../../common/media/pipes/latest.ts';
import { SettleDown } from '../../../access-agent/settle.ts';
import { holdMs, Speaking } from '../../../access-agent/speaking.ts';
import { Throttle } from '../../../access-agent/throttle.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { ParticipantId } from '../../../common/contract/ids.ts';

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return {
    promise,
    resolve: () => {
      resolve();
    },
  };
}

const alice = ParticipantId.parse('alice');
const bob = ParticipantId.parse('bob');

describe('layers that settle down', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('go up at once and down after a while', () => {
    const told: number[] = [];
    const settle = new SettleDown(2, 1_000, (value) => told.push(value));
    settle.push(-1);
    settle.push(0);
    mock.timers.tick(999);
    assert.deepEqual(told, []);
    mock.timers.tick(1);
    assert.deepEqual(told, [0]);
    settle.push(2);
    assert.deepEqual(told, [0, 2]);
  });

  it('do not go down for a moment', () => {
    const told: number[] = [];
    const settle = new SettleDown(2, 1_000, (value) => told.push(value));
    settle.push(-1);
    mock.timers.tick(500);
    settle.push(2);
    mock.timers.tick(5_000);
    settle.push(1);
    settle.close();
    mock.timers.tick(5_000);
    assert.deepEqual(told, []);
  });
});

describe('throttled values', () => {
  it('are told at once, then the latest once per interval, and never twice in a row', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const told: number[] = [];
    const throttle = new Throttle<number>(1_000, (value) => told.push(value));
    for (const value of [1, 2, 3]) throttle.push(value);
    assert.deepEqual(told, [1]);
    mock.timers.tick(1_000);
    assert.deepEqual(told, [1, 3]);
    mock.timers.tick(1_000);
    throttle.push(3);
    throttle.push(4);
    assert.deepEqual(told, [1, 3, 4]);
    throttle.push(5);
    throttle.close();
    mock.timers.tick(5_000);
    assert.deepEqual(told, [1, 3, 4]);
    mock.timers.reset();
  });
});

describe('who speaks', () => {
  const ids = (speaking: Speaking, now: number) => speaking.at(now).map(({ id }) => id);

  it('is told loudest first, and survives a breath', () => {
    const speaking = new Speaking();
    speaking.measure([{ id: alice, volume: -40 }], 0);
    speaking.measure([{ id: bob, volume: -20 }], 300);
    assert.deepEqual(ids(speaking, 300), [bob, alice]);
    assert.deepEqual(ids(speaking, holdMs - 1), [bob, alice]);
    assert.deepEqual(ids(speaking, holdMs), [bob]);
    assert.deepEqual(ids(speaking, 300 + holdMs), []);
  });

  it('forgets who left', () => {
    const speaking = new Speaking();
    speaking.measure([{ id: alice, volume: -40 }], 0);
    speaking.remove(alice);
    assert.deepEqual(ids(speaking, 0), []);
  });
});

describe('the latest value', () => {
  it('reaches the other side in order, leaving out what was overtaken', async () => {
    const sent: number[] = [];
    const done = deferred();
    const latest = new Latest<number>(async (value) => {
      await Promise.resolve();
      sent.push(value);
      if (value === 3) done.resolve();
    });
    for (const value of [1, 2, 3]) latest.push(value);
    await done.promise;
    assert.deepEqual(sent, [1, 3]);
  });

  it('is repeated while the other side cannot be reached, and not when it was refused', async () => {
    let calls = 0;
    const done = deferred();
    const latest = new Latest<string>((value) => {
      calls += 1;
      if (value === 'last') {
        done.resolve();
        return Promise.resolve();
      }
      if (calls === 3) latest.push('last');
      const code = calls < 3 ? 'unavailable' : 'bad_request';
      return Promise.reject(new PorticoError(code, 'no'));
    });
    latest.push('first');
    await done.promise;
    assert.equal(calls, 4);
  });
});
