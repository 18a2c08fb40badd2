import assert from 'node:assert/strict';
import { PorticoError } from '../../../common/contract/errors.ts';
import { checkMAuth, readMAuth, replayKey, userOf } from '../../../management-api/http/auth/mauth.ts';

const key = 'operator-key-of-32-characters-or-more';
const at = 1_700_000_000_000;

const header = (fields: Record<string, string>) =>
  Object.entries({
    realm: 'http://any',
    mauth_signature_method: 'HMAC_SHA256',
    mauth_serviceid: 'operator',
    mauth_cnonce: '87654',
    mauth_timestamp: String(at),
    ...fields,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

/*
 * Made with: printf '%s' "$TEXT" | openssl dgst -sha256 -hmac "$KEY" -hex | awk '{print $NF}' | tr -d '\n' |
 * openssl base64 -A
 */
const vectors = [
  {
    text: '1700000000000,87654',
    signature: 'N2E4MDdlZDNmMjVhZDZlOWYwYmYxODI4MzNmZmYzYjZkZDgxOWJhMmYwMjc3YWY1OWU1N2NiNDY1ZjczZGM3MQ==',
  },
  {
    text: '1700000000000,87654,YW5u,presenter',
    username: 'YW5u',
    role: 'presenter',
    user: 'ann',
    signature: 'YzY2YTNiZjkxODY2ZDEyNWVkMWQwZDRhOTdjY2ExZTExNjlkZDM0YjNhMjBjNjcxNWMzMWI1ODY5Nzc3Y2U2MQ==',
  },
  {
    text: '1700000000000,87654,Wm/DqyDOqQ==,viewer',
    username: 'Wm/DqyDOqQ==',
    role: 'viewer',
    user: 'Zoë Ω',
    signature: 'NDllZTE0NDEzOWExOGRlZjEwN2EzMzRmOGVmNWFjOWE3NGUxZDliMjU3ZmY5ZmEzOTc5Y2JlMWY2N2IyY2QyNg==',
  },
];

const unauthorized = (error: unknown) => error instanceof PorticoError && error.code === 'unauthorized';

describe('MAuth', () => {
  for (const { text, signature, username, role, user } of vectors) {
    const fields = {
      mauth_signature: signature,
      ...(username === undefined ? {} : { mauth_username: username, mauth_role: role }),
    };

    it(`accepts the signature of '${text}' that OpenSSL makes`, () => {
      const read = readMAuth(header(fields));
      checkMAuth(read, key, { windowMs: 1_000, now: at + 999 });
      assert.equal(userOf(read), user);
    });

    it(`refuses it for '${text}' with anything else`, () => {
      const altered = [
        { mauth_cnonce: '87655' },
        { mauth_timestamp: String(at + 1) },
        { mauth_signature: signature.replace(/^./, 'A') },
        { mauth_signature: `${signature}=` },
        { mauth_username: 'Ym9i', mauth_role: 'viewer' },
      ];
      for (const change of altered) {
        const read = readMAuth(header({ ...fields, ...change }));
        assert.throws(() => {
          checkMAuth(read, key, { windowMs: 1_000, now: at });
        }, unauthorized);
      }
      const read = readMAuth(header(fields));
      assert.throws(() => {
        checkMAuth(read, `${key}x`, { windowMs: 1_000, now: at });
      }, unauthorized);
      assert.throws(() => {
        checkMAuth(read, undefined, { windowMs: 1_000, now: at });
      }, unauthorized);
    });
  }

  it('refuses a timestamp outside of the window, on both sides', () => {
    const read = readMAuth(header({ mauth_signature: vectors[0]!.signature }));
    for (const now of [at - 1_001, at + 1_001]) {
      assert.throws(() => {
        checkMAuth(read, key, { windowMs: 1_000, now });
      }, /timestamp/);
    }
  });

  it('refuses headers that lack a part, or say it twice', () => {
    for (const name of ['mauth_signature_method', 'mauth_serviceid', 'mauth_cnonce', 'mauth_timestamp']) {
      assert.throws(() => readMAuth(header({ mauth_signature: 'x', [name]: '' })), unauthorized, name);
    }
    assert.throws(() => readMAuth(header({})), /mauth_signature/);
    assert.throws(() => readMAuth(`${header({ mauth_signature: 'x' })},mauth_cnonce=1`), /twice/);
    for (const lone of ['mauth_username', 'mauth_role']) {
      assert.throws(() => readMAuth(header({ mauth_signature: 'x', [lone]: 'YW5u' })), /together/);
    }
    for (const text of ['', '=', ',,', 'realm']) assert.throws(() => readMAuth(text), unauthorized);
  });

  it('remembers a signature by all that it signs', () => {
    const read = readMAuth(header({ mauth_signature: 'x' }));
    const keys = [
      read,
      { ...read, service: 'other' },
      { ...read, nonce: '1' },
      { ...read, timestamp: '1' },
      { ...read, signature: 'y' },
    ].map(replayKey);
    assert.equal(new Set(keys).size, keys.length);
  });
});
