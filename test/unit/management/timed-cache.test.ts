import assert from 'node:assert/strict';
import { pause } from '../../../common/lifecycle/wait.ts';
import { TimedCache } from '../../../management-api/services/timed-cache.ts';

describe('a cache of a short time', () => {
  it('looks a thing up once for all who ask at once', async () => {
    let asked = 0;
    const cache = new TimedCache<string, number>(60_000, 10, async () => ++asked);
    assert.deepEqual(await Promise.all([cache.get('a'), cache.get('a'), cache.get('b')]), [1, 1, 2]);
  });

  it('looks it up again when it was forgotten, also while it was being looked up', async () => {
    let asked = 0;
    const cache = new TimedCache<string, number>(60_000, 10, async () => ++asked);
    const first = cache.get('a');
    cache.forget('a');
    assert.deepEqual([await first, await cache.get('a'), await cache.get('a')], [1, 2, 2]);
  });

  it('does not keep a failure', async () => {
    let asked = 0;
    const cache = new TimedCache<string, number>(60_000, 10, async () => {
      if (++asked === 1) throw new Error('down');
      return asked;
    });
    await assert.rejects(cache.get('a'), /down/);
    await pause(0);
    assert.equal(await cache.get('a'), 2);
  });

  it('keeps no more than it may: the oldest goes', async () => {
    const loaded: string[] = [];
    const cache = new TimedCache<string, string>(60_000, 2, async (key) => {
      loaded.push(key);
      return key;
    });
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) await cache.get(key);
    assert.deepEqual(loaded, ['a', 'b', 'c', 'a']);
  });
});
