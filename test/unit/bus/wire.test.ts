import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeAnswer,
  decodeEvent,
  decodeRequest,
  encodeContent,
  encodeError,
  encodeEvent,
  encodeRequest,
  encodeResult,
} from '../../../common/bus/wire.ts';
import { PorticoError } from '../../../common/contract/errors.ts';

const encode = (value: unknown): string => encodeContent(value, 1_000_000, 'test');

describe('texts of the bus', () => {
  it('carry any JSON unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 1, maxLength: 200 }), (value, id) => {
        const same = JSON.parse(JSON.stringify(value)) as unknown;
        const times = { at: 12.5, ms: 100 };
        const call = encodeRequest({ kind: 'call', id, method: 'm', times }, encode(value));
        assert.deepEqual(decodeRequest(call), {
          v: 1,
          kind: 'call',
          id,
          method: 'm',
          at: 12.5,
          ms: 100,
          params: same,
        });
        assert.deepEqual(decodeAnswer(encodeResult(encode(value))), same);
        assert.deepEqual(decodeEvent(encodeEvent(encode(value))), { event: same });
      }),
    );
  });

  it('carry undefined', () => {
    const send = decodeRequest(encodeRequest({ kind: 'send', id: 'i', method: 'm' }, encode(undefined)));
    assert.deepEqual(send, { v: 1, kind: 'send', id: 'i', method: 'm' });
    assert.equal(decodeAnswer(encodeResult(encode(undefined))), undefined);
    assert.deepEqual(decodeEvent(encodeEvent(encode(undefined))), { event: undefined });
  });

  it('carry errors', () => {
    const error = new PorticoError('bad_request', 'text', { field: 'a' });
    assert.throws(() => decodeAnswer(encodeError(error.toWire())), {
      code: 'bad_request',
      message: 'text',
      details: { field: 'a' },
    });
  });

  it('with an unknown error code or no answer at all are internal', () => {
    for (const text of [
      '{"v":1,"error":{"code":"new","message":"x"}}',
      '{"v":1,"error":{}}',
      'x',
      '{"v":9}',
    ]) {
      assert.throws(() => decodeAnswer(text), { code: 'internal' });
    }
  });

  it('of others are not read, whatever they are', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.equal(decodeRequest(text), undefined);
        assert.equal(decodeEvent(text), undefined);
      }),
    );
  });

  it('have a size in bytes, not characters', () => {
    assert.equal(encodeContent('ä', 4, 'test'), '"ä"');
    assert.throws(() => encodeContent('ä', 3, 'test'), { code: 'too_large', message: /4 bytes, 3/ });
  });
});
