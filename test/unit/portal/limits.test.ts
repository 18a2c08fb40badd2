import assert from 'node:assert/strict';
import { LoginLimit, RequestLimit } from '../../../portal/limits.ts';

describe('the limit on requests', () => {
  it('lets a burst pass, refuses the rest with the time to wait', async () => {
    const limit = new RequestLimit({ perSecond: 10, burst: 5 });
    for (let n = 0; n < 5; n += 1) assert.equal(await limit.take('a'), undefined);
    const refused = await limit.take('a');
    assert.equal(refused?.error.code, 'rate_limited');
    assert.equal(refused.flood, false);
    const { retryAfterMs = 0 } = refused.error.details;
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 500, 'five at ten per second');
    assert.match(refused.error.message, /wait \d+ ms/);
  });

  it('counts each connection by itself and forgets those that are gone', async () => {
    const limit = new RequestLimit({ perSecond: 1, burst: 1 });
    assert.equal(await limit.take('a'), undefined);
    assert.equal(await limit.take('b'), undefined);
    assert.ok(await limit.take('a'));
    await limit.forget('a');
    assert.equal(await limit.take('a'), undefined);
  });

  it('tells a flood from eagerness: more than twenty times the burst', async () => {
    const limit = new RequestLimit({ perSecond: 1, burst: 2 });
    const floods: boolean[] = [];
    for (let n = 0; n < 42; n += 1) floods.push((await limit.take('a'))?.flood === true);
    assert.equal(floods.indexOf(true), 40);
  });
});

describe('the limit on failed logins', () => {
  it('refuses an address that failed too often, and no other', async () => {
    const limit = new LoginLimit({ perMinute: 2 });
    for (let n = 0; n < 2; n += 1) {
      await limit.check('192.0.2.1');
      await limit.failed('192.0.2.1');
    }
    await assert.rejects(limit.check('192.0.2.1'), (error: { code: string; details: object }) => {
      assert.equal(error.code, 'rate_limited');
      assert.ok('retryAfterMs' in error.details);
      return true;
    });
    await limit.check('192.0.2.2');
  });

  it('does not count logins that succeed', async () => {
    const limit = new LoginLimit({ perMinute: 1 });
    for (let n = 0; n < 10; n += 1) await limit.check('192.0.2.1');
  });
});
