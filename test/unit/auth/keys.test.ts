import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SigningKeys, signingKey } from '../../../common/auth/keys.ts';
import { mintToken } from '../../../common/auth/mint.ts';
import { verifyToken } from '../../../common/auth/verify.ts';

describe('signing keys', () => {
  let folder = '';
  let dataDir = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-keys-'));
    dataDir = join(folder, 'data');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const load = (makes = true) => SigningKeys.load({ services: [], makes, dataDir });

  const crosses = async (from: SigningKeys, to: SigningKeys): Promise<boolean> => {
    assert.ok(from.own !== undefined);
    const request = { key: from.own, room: 'r', user: 'u', role: 'viewer', host: 'h', secure: false };
    return (await verifyToken(mintToken(request), to)).sub === 'u';
  };

  it('are those of the configuration, found by id', async () => {
    const services = [
      { id: 'a', key: 'first secret of more than 32 characters' },
      { id: 'b', key: 'second secret of more than 32 characters' },
    ];
    const keys = await SigningKeys.load({ services, makes: true, dataDir });
    assert.equal(keys.size, 2);
    assert.equal(keys.own?.id, 'a');
    assert.equal(keys.get('b')?.id, 'b');
    assert.equal(keys.get('c'), undefined);
    assert.equal(keys.get('__proto__'), undefined);
    await assert.rejects(stat(dataDir), 'nothing is written');
  });

  it('are none outside dev mode when none is configured', async () => {
    const keys = await load(false);
    assert.equal(keys.size, 0);
    assert.equal(keys.own, undefined);
    await assert.rejects(stat(dataDir));
  });

  it('of dev mode are made once and outlive a restart', async () => {
    const first = await load();
    const second = await load();
    assert.ok(await crosses(first, second));
    assert.ok(await crosses(second, first));
  });

  it('of dev mode are readable for their owner only, also when the file was not', async () => {
    await load();
    const file = join(dataDir, 'token.key');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.match(await readFile(file, 'utf8'), /^[0-9a-f]{64}\n$/);
    await chmod(file, 0o644);
    await load();
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it('of dev mode are the same for processes that start together', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => load()));
    for (const keys of all) assert.ok(await crosses(all[0]!, keys));
    assert.deepEqual(await readdir(dataDir), ['token.key']);
  });

  it('of dev mode are refused with advice when the file is damaged', async () => {
    await load();
    await writeFile(join(dataDir, 'token.key'), 'short');
    await assert.rejects(load(), /damaged: delete it/);
  });

  it('take a secret as bytes, even if it looks like a public key', async () => {
    const pem = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----';
    const keys = new SigningKeys([signingKey('pem', pem)]);
    assert.ok(await crosses(keys, keys));
  });
});
