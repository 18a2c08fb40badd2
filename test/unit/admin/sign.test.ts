import assert from 'node:assert/strict';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { credentialsOf } from '../../../client/admin/src/api/credentials.ts';
import { readToken, signAdminToken, Signer } from '../../../client/admin/src/api/sign.ts';

const key = { service: 'my-app', key: 'a-key-of-at-least-32-characters-für-tests' };

const verify = (token: string, now: number, secret = key.key) =>
  jwt.verify(token, secret, {
    algorithms: ['HS256'],
    audience: 'portico-admin',
    clockTimestamp: Math.floor(now / 1000),
    complete: true,
  });

describe('tokens that the admin page signs', () => {
  it('are JWTs of the service for five minutes, as jsonwebtoken reads them', async () => {
    const now = Date.UTC(2026, 10, 21, 12);
    const { header, payload } = verify(await signAdminToken(key, now), now);
    assert.deepEqual(header, { alg: 'HS256', typ: 'JWT', kid: 'my-app' });
    const iat = now / 1000;
    assert.deepEqual(payload, {
      iss: 'my-app',
      kid: 'my-app',
      aud: 'portico-admin',
      iat,
      exp: iat + 300,
    });
  });

  it('do not verify with another key, nor later', async () => {
    const now = Date.now();
    const token = await signAdminToken(key, now);
    assert.throws(() => verify(token, now, `${key.key}!`), /invalid signature/);
    assert.throws(() => verify(token, now + 301_000), /jwt expired/);
  });

  it('verify whatever the service and the key are', async () => {
    const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(words, words, async (service, secret) => {
        const token = await signAdminToken({ service, key: secret }, 1e12);
        const { payload } = verify(token, 1e12, secret);
        assert.ok(typeof payload !== 'string' && payload.iss === service);
        assert.equal(readToken(token)?.service, service);
      }),
      { numRuns: 50 },
    );
  });

  it('are signed again shortly before they end, and not before', async () => {
    const signer = new Signer(key);
    const first = await signer.token(1e12);
    assert.equal(await signer.token(1e12 + 200_000), first);
    const second = await signer.token(1e12 + 250_000);
    assert.notEqual(second, first);
    assert.ok(verify(second, 1e12 + 500_000));
  });

  it('follow the clock of the server once it is known to be another', async () => {
    const signer = new Signer(key);
    const wrong = await signer.token(1e12);
    assert.equal(signer.setClock(1e12 + 10_000, 1e12), false, 'close enough');
    assert.equal(signer.setClock(1e12 + 7_200_000, 1e12), true);
    assert.equal(signer.setClock(1e12 + 7_201_000, 1e12), false, 'known already');
    const right = await signer.token(1e12);
    assert.throws(() => verify(wrong, 1e12 + 7_200_000), /jwt expired/);
    assert.ok(verify(right, 1e12 + 7_200_000));
  });
});

describe('an admin token that is pasted', () => {
  it('says which service it is of', () => {
    const token = jwt.sign({ aud: 'portico-admin' }, key.key, { keyid: 'my-app', expiresIn: 60 });
    assert.deepEqual(credentialsOf(` ${token}\n`), { kind: 'token', service: 'my-app', token });
    const byIssuer = jwt.sign({ iss: 'other' }, key.key);
    assert.deepEqual(readToken(byIssuer), { service: 'other' });
  });

  const refusal = (token: string): string => {
    const answer = credentialsOf(token);
    return typeof answer === 'string' ? answer : '';
  };

  it('is refused with a sentence when it is none or over', () => {
    for (const nonsense of ['', 'abc', 'a.b.c', 'e30.e30.x', 'bnVsbA.bnVsbA.x']) {
      assert.match(refusal(nonsense), /not an admin token/);
    }
    const over = jwt.sign({ exp: 1_000 }, key.key, { keyid: 'my-app' });
    assert.match(refusal(over), /has expired/);
  });
});
