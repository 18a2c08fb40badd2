import assert from 'node:assert/strict';
import { ParticipantId, TokenId } from '../../../common/contract/ids.ts';
import { Attempts } from '../../../portal/signalling/login-attempts.ts';

const token = TokenId.parse('token-1');
const alice = ParticipantId.parse('alice');
const bob = ParticipantId.parse('bob');

describe('simultaneous logins with one token', () => {
  it('take nobody back when all went well', () => {
    const attempts = new Attempts();
    assert.deepEqual([...attempts.begin(token).end()], []);
  });

  it('take back at the end what any of them left behind, each once', () => {
    const attempts = new Attempts();
    const first = attempts.begin(token);
    const second = attempts.begin(token);
    first.orphan(alice);
    second.orphan(alice);
    second.orphan(bob);
    assert.deepEqual([...first.end()], [], 'another attempt may still get it');
    assert.deepEqual([...second.end()], [alice, bob]);
    assert.deepEqual([...attempts.begin(token).end()], [], 'nothing is remembered');
  });

  it('do not mix with those of other tokens', () => {
    const attempts = new Attempts();
    const first = attempts.begin(token);
    const other = attempts.begin(TokenId.parse('token-2'));
    first.orphan(alice);
    assert.deepEqual([...first.end()], [alice]);
    assert.deepEqual([...other.end()], []);
  });
});
