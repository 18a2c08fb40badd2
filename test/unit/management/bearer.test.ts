import assert from 'node:assert/strict';
import jwt from 'jsonwebtoken';
import { signingKey } from '../../../common/auth/keys.ts';
import { checkBearer, serviceOfBearer } from '../../../management-api/http/auth/bearer.ts';

const key = 'operator-key-of-32-characters-or-more';
const service = {
  id: 'operator',
  name: 'operator',
  key,
  signing: signingKey('operator', key),
  isStatic: true,
};
const now = 1_700_000_000_000;
const nowS = now / 1000;

const sign = (claims: object, options: jwt.SignOptions = {}, secret: jwt.Secret = key) =>
  jwt.sign({ aud: 'portico-admin', iat: nowS, exp: nowS + 60, ...claims }, secret, {
    keyid: 'operator',
    ...options,
  });

const check = (text: string) => checkBearer(text, service, now);

describe('bearer tokens of the management API', () => {
  it('accepts one that is signed by its service, with the user it acts for', () => {
    assert.deepEqual(check(sign({ sub: 'ann' })), { user: 'ann' });
    assert.deepEqual(check(sign({ exp: nowS + 3_600 })), {});
  });

  it('finds the service by kid or iss, and not when they differ', () => {
    assert.equal(serviceOfBearer(sign({})), 'operator');
    assert.equal(serviceOfBearer(jwt.sign({ iss: 'x' }, key)), 'x');
    assert.throws(() => serviceOfBearer(sign({ iss: 'x' })), /two services/);
    assert.throws(() => serviceOfBearer(jwt.sign({}, key)), /names no service/);
    for (const text of ['', 'x', 'a.b.c', '..'])
      assert.throws(() => serviceOfBearer(text), /not a JWT/, text);
  });

  it('refuses other keys, algorithms and audiences', () => {
    assert.throws(() => check(sign({}, {}, `${key}x`)), /signature does not match/);
    assert.throws(() => check(sign({}, { algorithm: 'HS512' })), /signature does not match/);
    assert.throws(() => check(sign({}, { algorithm: 'none' }, '')), /signature does not match/);
    assert.throws(() => check(sign({ aud: 'portico' })), /audience/);
    assert.throws(() => checkBearer(sign({}), undefined, now), /not known/);
  });

  it('needs an end that is at most an hour away, and lets clocks differ by a minute', () => {
    const endless = jwt.sign({ aud: 'portico-admin', iat: nowS }, key, { keyid: 'operator' });
    assert.throws(() => check(endless), /exp/);
    assert.throws(() => check(sign({ exp: nowS + 3_601 })), /more than 3600/);
    // A missing or early `iat` does not make it longer.
    assert.throws(() => check(sign({ iat: nowS - 60, exp: nowS + 3_600 })), /more than 3600/);
    assert.throws(() => check(sign({ exp: nowS - 61 })), /expired/);
    check(sign({ exp: nowS - 59 }));
    assert.throws(() => check(sign({ iat: nowS + 61, exp: nowS + 120 })), /future/);
    check(sign({ iat: nowS + 59, exp: nowS + 3_659 }));
    assert.throws(() => check(sign({ iat: nowS + 59, exp: nowS + 3_661 })), /more than 3600/);
    assert.throws(() => check(sign({ nbf: nowS + 61 })), /not valid yet/);
  });
});
