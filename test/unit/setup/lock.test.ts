import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isStale, withLock } from '../../../setup/lock.mjs';

const HOLDER = { host: 'here', pid: 7, token: 't' };

describe('setup: locks', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portico-lock-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('counts as stale when its process on this host is gone, or nobody touched it for long', () => {
    const here = { host: 'here', alive: () => true };
    assert.equal(isStale(HOLDER, 1_000, here), false);
    assert.equal(isStale(HOLDER, 1_000, { ...here, alive: () => false }), true);
    assert.equal(isStale(HOLDER, 1_000, { host: 'elsewhere', alive: () => false }), false);
    assert.equal(isStale(HOLDER, 60_000, here), true);
    assert.equal(isStale(undefined, 1_000, here), false, 'a lock that is just being written');
  });

  it('lets one work at a time, and the next one after a failure', async () => {
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      if (name === 'first') throw new Error('failed');
    };
    const first = withLock({ folder, name: 'x' }, work('first'));
    const second = withLock({ folder, name: 'x' }, work('second'));
    await assert.rejects(first, /failed/);
    await second;
    assert.deepEqual(events, ['first begins', 'first ends', 'second begins', 'second ends']);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('takes over the lock of a process that is gone', async () => {
    // Process ids end far below this one.
    writeFileSync(join(folder, 'x.lock'), JSON.stringify({ host: hostname(), pid: 2 ** 30, token: 'dead' }));
    assert.equal(await withLock({ folder, name: 'x' }, async () => 'done'), 'done');
    assert.deepEqual(readdirSync(folder), []);
  });
});
