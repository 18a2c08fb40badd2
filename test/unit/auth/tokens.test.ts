import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { signingKey, SigningKeys } from '../../../common/auth/keys.ts';
import { defaultTokenLifetime, mintToken, type TokenRequest } from '../../../common/auth/mint.ts';
import { verifyToken } from '../../../common/auth/verify.ts';
import { PorticoError, type ErrorCode } from '../../../common/contract/errors.ts';

const key = signingKey('main', 'a secret that is long enough for every rule');
const other = signingKey('other', 'another secret that is long enough as well');
const keys = new SigningKeys([key, other]);
const now = Date.UTC(2026, 0, 15);
const nowS = now / 1000;

const request: TokenRequest = {
  key,
  room: 'demo',
  user: 'alice',
  role: 'presenter',
  host: 'conf.example.com:8080',
  secure: true,
  now,
};

type Json = Record<string, unknown>;

const open = (token: string): Json => JSON.parse(Buffer.from(token, 'base64').toString()) as Json;
const seal = (envelope: unknown): string => Buffer.from(JSON.stringify(envelope)).toString('base64');

const claims: Json = {
  jti: 'abc123',
  sub: 'alice',
  room: 'demo',
  role: 'presenter',
  host: 'conf.example.com:8080',
  secure: true,
  aud: 'portico',
  iat: nowS,
  exp: nowS + 180,
};

/** A token of these claims, signed as told, whatever they are. */
function forge(
  change: Json = {},
  { secret = key.secret, ...options }: jwt.SignOptions & { secret?: jwt.Secret } = {},
): string {
  const payload = Object.fromEntries(
    Object.entries({ ...claims, ...change }).filter(([, value]) => value !== undefined),
  );
  const signature = jwt.sign(payload, secret, { algorithm: 'HS256', keyid: 'main', ...options });
  const { jti, host, secure } = { ...claims, ...change };
  return seal({ tokenId: jti, host, secure, signature });
}

async function refuses(token: string, code: ErrorCode, at = now): Promise<PorticoError> {
  let failure: unknown;
  try {
    await verifyToken(token, keys, at);
  } catch (error) {
    failure = error;
  }
  assert.ok(failure instanceof PorticoError, `expected ${code}, but the token was accepted`);
  assert.equal(failure.code, code);
  return failure;
}

describe('a minted token', () => {
  it('verifies to the claims it was asked for', async () => {
    const verified = await verifyToken(mintToken({ ...request, attributes: { team: 'red' } }), keys, now);
    const { jti, ...rest } = verified;
    assert.match(jti, /^[0-9a-f]{24}$/);
    assert.deepEqual(rest, {
      sub: 'alice',
      room: 'demo',
      role: 'presenter',
      host: 'conf.example.com:8080',
      secure: true,
      aud: 'portico',
      service: 'main',
      iat: nowS,
      iat_ms: now % 1000,
      exp: nowS + defaultTokenLifetime,
      attributes: { team: 'red' },
    });
  });

  it('is the envelope that OWT clients read, with the JWT as its signature', () => {
    const envelope = open(mintToken(request));
    assert.deepEqual(Object.keys(envelope).sort(), ['host', 'secure', 'signature', 'tokenId']);
    assert.equal(envelope['host'], 'conf.example.com:8080');
    assert.equal(envelope['secure'], true);
    const decoded = jwt.decode(String(envelope['signature']), { complete: true });
    assert.equal(decoded?.header.alg, 'HS256');
    assert.equal(decoded.header.kid, 'main');
  });

  it('is different each time', () => {
    assert.notEqual(open(mintToken(request))['tokenId'], open(mintToken(request))['tokenId']);
  });

  it('lives three minutes unless asked otherwise, an hour at most', async () => {
    const token = mintToken({ ...request, lifetimeS: 3600 });
    assert.equal((await verifyToken(token, keys, now + 3_599_000)).exp, nowS + 3600);
    for (const lifetimeS of [3601, 0, -1, 1.5, Number.NaN]) {
      assert.throws(() => mintToken({ ...request, lifetimeS }), { code: 'bad_request' });
    }
  });

  it('is not made for claims that no server would accept', () => {
    const bad: Partial<TokenRequest>[] = [{ room: 'no spaces' }, { user: '' }, { role: '' }, { room: '' }];
    for (const change of bad) {
      assert.throws(() => mintToken({ ...request, ...change }), { code: 'bad_request' });
    }
  });
});

describe('verifying a token', () => {
  it('accepts whitespace around it and a key other than the first', async () => {
    assert.equal((await verifyToken(` ${mintToken({ ...request, key: other })}\n`, keys, now)).sub, 'alice');
  });

  it('refuses what is not a token as token_malformed', async () => {
    const texts = [
      '',
      '   ',
      'hello world',
      '!!!!',
      'aGVsbG8=',
      seal(null),
      seal([]),
      seal('text'),
      seal({}),
    ];
    for (const text of texts) await refuses(text, 'token_malformed');
  });

  it('refuses an envelope with missing, wrong or additional members as token_malformed', async () => {
    const envelope = open(mintToken(request));
    await refuses(seal({ ...envelope, extra: 1 }), 'token_malformed');
    await refuses(seal({ ...envelope, secure: 'yes' }), 'token_malformed');
    await refuses(seal({ ...envelope, signature: 'x'.repeat(9000) }), 'token_malformed');
    for (const name of Object.keys(envelope)) {
      const { [name]: _left, ...rest } = envelope;
      await refuses(seal(rest), 'token_malformed');
    }
  });

  it('refuses a signature that is no JWT as token_malformed', async () => {
    const envelope = open(mintToken(request));
    for (const signature of ['', 'x', 'a.b.c', '..', 'bnVsbA.bnVsbA.x']) {
      await refuses(seal({ ...envelope, signature }), 'token_malformed');
    }
  });

  it('refuses a wrong or missing signature and unknown keys as token_signature', async () => {
    await refuses(forge({}, { secret: other.secret }), 'token_signature');
    await refuses(forge({}, { keyid: 'nobody' }), 'token_signature');
    const { keyid: _none, ...unnamed } = { keyid: '', algorithm: 'HS256' as const };
    const signature = jwt.sign(claims, key.secret, unnamed);
    const { jti, host, secure } = claims;
    await refuses(seal({ tokenId: jti, host, secure, signature }), 'token_signature');
    const [header, payload] = String(open(forge())['signature']).split('.');
    await refuses(
      seal({ tokenId: jti, host, secure, signature: `${header}.${payload}.` }),
      'token_signature',
    );
  });

  it('refuses every algorithm but HS256, "none" included, as token_signature', async () => {
    await refuses(forge({}, { algorithm: 'HS384' }), 'token_signature');
    await refuses(forge({}, { algorithm: 'HS512' }), 'token_signature');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await refuses(forge({}, { algorithm: 'RS256', secret: privateKey }), 'token_signature');
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${encode({ alg: 'none', kid: 'main' })}.${encode(claims)}.`;
    const { jti, host, secure } = claims;
    await refuses(seal({ tokenId: jti, host, secure, signature: unsigned }), 'token_signature');
  });

  it('refuses it when its time is over as token_expired', async () => {
    const token = mintToken(request);
    assert.ok(await verifyToken(token, keys, now + 179_000));
    await refuses(token, 'token_expired', now + 180_000);
  });

  it('refuses one that lives longer than an hour, however it was signed', async () => {
    await refuses(forge({ exp: nowS + 3601 }), 'token_malformed');
    await refuses(forge({ exp: nowS + 10 * 365 * 86_400 }), 'token_malformed');
    await refuses(forge({ iat: nowS + 3000, exp: nowS + 6000 }), 'token_malformed');
    await refuses(forge({ nbf: nowS + 100 }), 'token_malformed');
    assert.ok(await verifyToken(forge({ exp: nowS + 3600 }), keys, now));
  });

  it('refuses missing and wrong claims and other audiences as token_malformed', async () => {
    for (const name of ['jti', 'sub', 'room', 'role', 'host', 'secure', 'aud', 'iat', 'exp']) {
      await refuses(forge({ [name]: undefined }, { noTimestamp: name === 'iat' }), 'token_malformed');
    }
    await refuses(forge({ aud: 'somebody else' }), 'token_malformed');
    await refuses(forge({ room: '../other' }), 'token_malformed');
    await refuses(forge({ sub: '' }), 'token_malformed');
    await refuses(forge({ exp: nowS + 60.5 }), 'token_malformed');
  });

  it('refuses an envelope that differs from what was signed as token_altered', async () => {
    const envelope = open(mintToken(request));
    await refuses(seal({ ...envelope, host: 'evil.example.com' }), 'token_altered');
    await refuses(seal({ ...envelope, secure: false }), 'token_altered');
    await refuses(seal({ ...envelope, tokenId: 'another' }), 'token_altered');
    const second = open(mintToken(request));
    await refuses(seal({ ...envelope, signature: second['signature'] }), 'token_altered');
  });

  it('says nothing about the secret', async () => {
    const failure = await refuses(forge({}, { secret: other.secret }), 'token_signature');
    assert.ok(!JSON.stringify(failure.toWire()).includes('secret that'));
  });
});

describe('any change to a token', () => {
  const token = mintToken(request);
  const codes: ErrorCode[] = ['token_malformed', 'token_signature', 'token_altered'];

  /** Refused with a token code, or the same token written differently. */
  async function check(text: string): Promise<void> {
    try {
      assert.deepEqual(await verifyToken(text, keys, now), await verifyToken(token, keys, now));
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      assert.ok(error instanceof PorticoError && codes.includes(error.code), String(error));
    }
  }

  it('of a character of its text never makes another valid token', async () => {
    const position = fc.nat(token.length - 1);
    await fc.assert(
      fc.asyncProperty(
        position,
        fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme-ascii' }),
        async (at, text) => {
          await check(token.slice(0, at) + text + token.slice(at + 1));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('of a member of its envelope never makes another valid token', async () => {
    const member = fc.constantFrom('tokenId', 'host', 'secure', 'signature', '__proto__', 'extra');
    await fc.assert(
      fc.asyncProperty(member, fc.jsonValue(), async (name, value) => {
        const envelope = open(token);
        fc.pre(JSON.stringify(envelope[name]) !== JSON.stringify(value));
        const altered = seal(Object.fromEntries([...Object.entries(envelope), [name, value]]));
        await assert.rejects(
          () => verifyToken(altered, keys, now),
          (error) => {
            return error instanceof PorticoError && codes.includes(error.code);
          },
        );
      }),
      { numRuns: 500 },
    );
  });

  it('of a claim, without the secret, never makes a valid token', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(claims)), fc.jsonValue(), async (name, value) => {
        fc.pre(JSON.stringify(claims[name]) !== JSON.stringify(value));
        const [header, , signature] = String(open(forge())['signature']).split('.');
        const payload = Buffer.from(JSON.stringify({ ...claims, [name]: value })).toString('base64url');
        const { jti, host, secure }: Json = { ...claims, [name]: value };
        const envelope = { tokenId: jti, host, secure, signature: `${header}.${payload}.${signature}` };
        await assert.rejects(
          () => verifyToken(seal(envelope), keys, now),
          (error) => {
            return error instanceof PorticoError && codes.includes(error.code);
          },
        );
      }),
      { numRuns: 300 },
    );
  });

  it('random text never gets past it with anything but token_malformed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async (text) => {
        await refuses(text, 'token_malformed');
      }),
      { numRuns: 500 },
    );
  });
});
