import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { RoomId } from '../../../common/contract/ids.ts';
import { PorticoError, type ErrorCode } from '../../../common/contract/errors.ts';
import { eventBody, testBody } from '../../../management-api/webhooks/event-body.ts';
import { signWebhook, verifyWebhook } from '../../../management-api/webhooks/signature.ts';
import { participant, stream } from './fixtures.ts';

const key = 'a-secret-of-at-least-thirty-two-characters';
const service = { id: 'shop', key };
const now = Date.UTC(2030, 0, 1);
const room = RoomId.parse('board');
const body = eventBody({ event: { type: 'room_started' }, at: now, id: 'e1', room, service: 'shop' });
const authorization = signWebhook({ service, body, id: '7-1', now });

const refusal = (code: ErrorCode) => (error: unknown) => error instanceof PorticoError && error.code === code;

/** A JWT made by hand. */
function handMade(header: unknown, claims: unknown, secret = key): string {
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `Bearer ${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const goodClaims = {
  iss: 'shop',
  iat: now / 1000,
  exp: now / 1000 + 300,
  jti: '7-1',
  sha256: createHash('sha256').update(body).digest('base64'),
};

describe('signatures of webhooks', () => {
  it('vouch for the event, which comes back typed', () => {
    assert.deepEqual(verifyWebhook({ body, authorization, key, now }), {
      id: 'e1',
      type: 'room_started',
      at: '2030-01-01T00:00:00.000Z',
      room: 'board',
      service: 'shop',
      data: {},
    });
  });

  it('are standard JWTs (HS256) with issuer, times, id and hash of the body', () => {
    const [header = '', claims = '', signature] = authorization.replace('Bearer ', '').split('.');
    const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    assert.deepEqual(decode(header), { alg: 'HS256', typ: 'JWT' });
    assert.deepEqual(decode(claims), goodClaims);
    assert.equal(signature, createHmac('sha256', key).update(`${header}.${claims}`).digest('base64url'));
  });

  it('carry every type of event through', () => {
    const events = [
      { type: 'participant_joined', participant: participant('p') },
      { type: 'participant_left', participant: participant('p'), reason: 'left' },
      { type: 'stream_added', stream: stream('s', 'p') },
      { type: 'stream_removed', stream: stream('s', 'p'), reason: 'closed' },
      { type: 'room_ended' },
    ] as const;
    for (const event of events) {
      const text = eventBody({ event, at: now, id: 'e', room, service: 'shop' });
      const read = verifyWebhook({
        body: Buffer.from(text),
        authorization: signWebhook({ service, body: text, id: '1', now }),
        key,
        now,
      });
      const { type, ...data } = event;
      assert.equal(read.type, type);
      assert.deepEqual(read.data, data);
    }
    const test = testBody({ at: now, id: 'e', service: 'shop' });
    const signed = signWebhook({ service, body: test, id: '1', now });
    assert.equal(verifyWebhook({ body: test, authorization: signed, key, now }).type, 'test');
  });

  it('are refused with another key, and when the algorithm is none', () => {
    assert.throws(
      () => verifyWebhook({ body, authorization, key: `${key}!`, now }),
      refusal('token_signature'),
    );
    const none = handMade({ alg: 'none', typ: 'JWT' }, goodClaims);
    assert.throws(() => verifyWebhook({ body, authorization: none, key, now }), refusal('token_signature'));
  });

  it('are refused when they are old, but not for a minute of clock difference', () => {
    const later = now + 301_000;
    assert.equal(verifyWebhook({ body, authorization, key, now: later }).type, 'room_started');
    assert.throws(
      () => verifyWebhook({ body, authorization, key, now: now + 361_000 }),
      refusal('token_expired'),
    );
  });

  it('are refused when a byte of the body differs', () => {
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Buffer.from(body);
        bytes[at] = (bytes[at]! + by) & 255;
        assert.throws(
          () => verifyWebhook({ body: bytes, authorization, key, now }),
          refusal('token_altered'),
        );
      }),
    );
  });

  it('are refused when the header is missing or no JWT', () => {
    for (const header of [undefined, '', 'Bearer', 'Bearer x', 'Basic abc', 'Bearer a.b.c']) {
      assert.throws(
        () => verifyWebhook({ body, authorization: header, key, now }),
        refusal('token_malformed'),
        String(header),
      );
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.throws(() => verifyWebhook({ body, authorization: `Bearer ${text}`, key, now }), PorticoError);
      }),
    );
  });

  it('name the claim that is missing', () => {
    for (const name of Object.keys(goodClaims)) {
      const claims = Object.fromEntries(Object.entries(goodClaims).filter(([claim]) => claim !== name));
      const header = handMade({ alg: 'HS256', typ: 'JWT' }, claims);
      assert.throws(() => verifyWebhook({ body, authorization: header, key, now }), {
        code: 'token_malformed',
        message: `the signature of the webhook lacks an acceptable claim '${name}'`,
      });
    }
  });

  it('vouch for what is no event of ours: the field is named', () => {
    const cases: [text: string, field: string | undefined][] = [
      ['not JSON', undefined],
      ['{"id":"e","type":"unheard_of","at":"2030-01-01T00:00:00.000Z","service":"shop","data":{}}', 'type'],
      ['{"id":"e","type":"room_ended","at":"2030-01-01T00:00:00.000Z","service":"shop","data":{}}', 'room'],
    ];
    for (const [text, field] of cases) {
      const signed = signWebhook({ service, body: text, id: '1', now });
      assert.throws(
        () => verifyWebhook({ body: text, authorization: signed, key, now }),
        (error) => refusal('bad_request')(error) && (error as PorticoError).details.field === field,
      );
    }
  });
});
