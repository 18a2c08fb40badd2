import assert from 'node:assert/strict';
import { errorCodes, PorticoError, type ErrorCode } from '../../../common/contract/errors.ts';
import { failure, Reply } from '../../../portal/signalling/reply.ts';

const error = new PorticoError('bad_request', "field 'id' is wrong", { field: 'id' });

describe('a failed request', () => {
  it('is an object for our own clients and before the protocol is known', () => {
    const expected = { code: 'bad_request', message: "field 'id' is wrong", field: 'id' };
    assert.deepEqual(failure(error, 'portico/1'), expected);
    assert.deepEqual(failure(error, undefined), expected);
  });

  it('is a sentence for OWT clients, never nothing', () => {
    for (const protocol of ['1.0', '1.1', '1.2'] as const) {
      for (const code of Object.keys(errorCodes) as ErrorCode[]) {
        const text = failure(new PorticoError(code, 'a sentence'), protocol);
        assert.equal(typeof text, 'string');
        assert.ok((text as string).length > 3);
      }
    }
    assert.equal(failure(new PorticoError('room_full', 'full'), '1.2'), 'Room is full');
  });

  it('does not echo a huge request', () => {
    const huge = 'x'.repeat(100_000);
    const wire = failure(new PorticoError('bad_request', huge, { field: huge }), 'portico/1');
    assert.ok(JSON.stringify(wire).length < 1_000);
    assert.ok((failure(new PorticoError('bad_request', huge), '1.2') as string).length < 500);
  });

  it('is answered only when the client wants to know', () => {
    const answers: unknown[] = [];
    new Reply((...args) => answers.push(args)).fail(error, '1.2');
    new Reply((...args) => answers.push(args)).ok({ id: 1 });
    new Reply(undefined).fail(error, undefined);
    new Reply(undefined).ok({});
    assert.deepEqual(answers, [
      ['error', "field 'id' is wrong"],
      ['ok', { id: 1 }],
    ]);
  });
});
