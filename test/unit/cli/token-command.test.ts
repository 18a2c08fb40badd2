import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProgram } from '../../../cli/program.ts';
import { CommandError } from '../../../cli/terminal.ts';
import { SigningKeys, signingKey } from '../../../common/auth/keys.ts';
import { verifyToken } from '../../../common/auth/verify.ts';
import { FakeTerminal } from '../../support/fake-terminal.ts';

const secret = 'a-secret-of-at-least-thirty-two-characters';
const who = ['--room', 'demo', '--user', 'alice'];

async function create(env: Record<string, string>, ...words: string[]): Promise<string> {
  const terminal = new FakeTerminal(env);
  await buildProgram(terminal).run(['token', 'create', ...words]);
  return terminal.text;
}

describe('portico token create', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'portico-token-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('prints a token signed with the given key', async () => {
    const words = ['--role', 'viewer', '--key-id', 'app', '--key', secret, '--lifetime', '60'];
    const token = await create({}, ...who, ...words);
    const claims = await verifyToken(token, new SigningKeys([signingKey('app', secret)]));
    assert.equal(claims.room, 'demo');
    assert.equal(claims.sub, 'alice');
    assert.equal(claims.role, 'viewer');
    assert.equal(claims.exp - claims.iat, 60);
    assert.equal(claims.host, 'localhost:8080');
    assert.equal(claims.secure, false);
  });

  it('prints what there is to know about it as JSON', async () => {
    const terminal = new FakeTerminal();
    const key = 'k'.repeat(32);
    const words = ['token', 'create', '--room', 'r', '--user', 'u', '--key-id', 'k', '--key', key, '--json'];
    await buildProgram(terminal).run(words);
    const { token, id, url } = JSON.parse(terminal.text) as Record<string, string>;
    const envelope = JSON.parse(Buffer.from(token ?? '', 'base64').toString()) as { tokenId: string };
    assert.equal(envelope.tokenId, id);
    assert.equal(url, 'http://localhost:8080');
  });

  it('takes key and address from the configuration', async () => {
    const env = {
      PORTICO_AUTH_SERVICES: JSON.stringify([
        { id: 'first', key: secret },
        { id: 'second', key: secret.toUpperCase() },
      ]),
      PORTICO_SERVER_PUBLIC_URL: 'https://conference.example.com/',
    };
    const keys = new SigningKeys([signingKey('second', secret.toUpperCase())]);
    const claims = await verifyToken(await create(env, ...who, '--key-id', 'second'), keys);
    assert.equal(claims.host, 'conference.example.com');
    assert.equal(claims.secure, true);
  });

  it('names the address it is given', async () => {
    const words = ['--key-id', 'app', '--key', secret, '--url', 'https://conference.example.com:8443/'];
    const claims = await verifyToken(
      await create({}, ...who, ...words),
      new SigningKeys([signingKey('app', secret)]),
    );
    assert.equal(claims.host, 'conference.example.com:8443');
    assert.equal(claims.secure, true);
  });

  it('makes a key in the data folder when none is configured, and uses it again', async () => {
    const env = { PORTICO_DATA_DIR: join(folder, 'data') };
    const tokens = [await create(env, ...who), await create(env, ...who)];
    const keys = await SigningKeys.load({ services: [], makes: true, dataDir: env.PORTICO_DATA_DIR });
    const [first, second] = await Promise.all(tokens.map((token) => verifyToken(token, keys)));
    assert.notEqual(first?.jti, second?.jti);
    const [file = ''] = readdirSync(env.PORTICO_DATA_DIR);
    assert.equal(statSync(join(env.PORTICO_DATA_DIR, file)).mode & 0o777, 0o600);
  });

  it('refuses a key without a name, a short one, and one that is not configured', async () => {
    const env = { PORTICO_AUTH_SERVICES: JSON.stringify([{ id: 'app', key: secret }]) };
    const refused = (message: RegExp) => (error: unknown) =>
      error instanceof CommandError && message.test(error.message);
    await assert.rejects(create({}, ...who, '--key', secret), refused(/--key needs --key-id/));
    await assert.rejects(create({}, ...who, '--key-id', 'a', '--key', 'short'), refused(/at least 32/));
    await assert.rejects(create(env, ...who, '--url', 'conference'), refused(/--url needs a URL/));
    await assert.rejects(create(env, ...who, '--key-id', 'other'), refused(/no key 'other'/));
  });
});
