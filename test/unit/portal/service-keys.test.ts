import assert from 'node:assert/strict';
import { signingKey, SigningKeys } from '../../../common/auth/keys.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import { ServiceKeys } from '../../../portal/auth/service-keys.ts';

describe('keys of services', () => {
  const stored = new Map<string, string>();
  let asked: string[];
  let now: number;
  let broken: boolean;
  let known: boolean;
  let held: Promise<void>;
  let keys: ServiceKeys;

  beforeEach(() => {
    stored.clear();
    stored.set('app', 'the secret of the application, long enough');
    asked = [];
    now = 0;
    broken = false;
    known = true;
    held = Promise.resolve();
    const ask = async (_method: string, { id }: { id: string }) => {
      asked.push(id);
      const key = stored.get(id) ?? null;
      await held;
      if (broken) throw new PorticoError('unavailable', 'no');
      return { key };
    };
    const api = {
      ask: ask as never,
      present: true,
      get known() {
        return known;
      },
    };
    const own = new SigningKeys([signingKey('ours', 'the secret of the operator, long enough')]);
    keys = new ServiceKeys({ own, api, log: silentLogger, now: () => now });
  });

  const secretOf = async (id: string) => (await keys.find(id))?.secret.export().toString();

  it('of the configuration are found without asking', async () => {
    assert.match((await secretOf('ours')) ?? '', /operator/);
    assert.deepEqual(asked, []);
  });

  it('are asked for once, also by many at the same time, and again after a while', async () => {
    await Promise.all([keys.find('app'), keys.find('app')]);
    await keys.find('app');
    assert.deepEqual(asked, ['app']);
    now = 30_001;
    await keys.find('app');
    assert.equal(asked.length, 2);
  });

  it('that do not exist are not asked for at each attempt', async () => {
    assert.equal(await keys.find('nobody'), undefined);
    assert.equal(await keys.find('nobody'), undefined);
    assert.equal(asked.length, 1);
    stored.set('nobody', 'somebody after all, with a long secret');
    now = 2_001;
    assert.match((await secretOf('nobody')) ?? '', /somebody/);
  });

  it('are read anew when one has changed', async () => {
    await keys.find('app');
    stored.set('app', 'another secret of the application, long enough');
    keys.drop('app');
    assert.match((await secretOf('app')) ?? '', /another/);
  });

  it('that changed while they were read are not kept', async () => {
    let release: () => void = () => undefined;
    held = new Promise((resolve) => {
      release = resolve;
    });
    const finding = keys.find('app');
    stored.delete('app');
    keys.drop('app');
    release();
    await finding;
    assert.equal(await keys.find('app'), undefined);
  });

  it('outlive the management API as far as they were known', async () => {
    await keys.find('app');
    broken = true;
    now = 100_000;
    assert.match((await secretOf('app')) ?? '', /application/);
    await assert.rejects(keys.find('other'), { code: 'unavailable', retryable: true });
  });

  it('are those of the configuration where there is no management API', async () => {
    known = false;
    assert.equal(await keys.find('app'), undefined);
    assert.deepEqual(asked, []);
  });

  it('are remembered of so many services and no more', async () => {
    for (let n = 0; n < 1_001; n += 1) await keys.find(`s${String(n)}`);
    asked = [];
    await keys.find('s1000');
    await keys.find('s0');
    assert.deepEqual(asked, ['s0']);
    assert.equal(await keys.find('x'.repeat(300)), undefined);
    assert.deepEqual(asked, ['s0']);
  });
});
