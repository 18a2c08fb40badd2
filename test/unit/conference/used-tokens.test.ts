import assert from 'node:assert/strict';
import { ParticipantId, TokenId } from '../../../common/contract/ids.ts';
import { UsedTokens } from '../../../conference-agent/used-tokens.ts';

const token = (id: string, exp: number, participant = 'alice') => ({
  id: TokenId.parse(id),
  exp,
  participant: ParticipantId.parse(participant),
  at: 0,
});

describe('used tokens', () => {
  it('are kept as they were first heard of', () => {
    const tokens = new UsedTokens();
    tokens.add(token('t', 100));
    tokens.add(token('t', 200, 'mallory'));
    assert.deepEqual(tokens.get(TokenId.parse('t')), token('t', 100));
  });

  it('are forgotten when they have expired, with a minute for clocks that differ', () => {
    const tokens = new UsedTokens();
    tokens.add(token('old', 100));
    tokens.add(token('new', 200));
    assert.equal(tokens.list(160_000).length, 2);
    assert.deepEqual(tokens.list(160_001), [token('new', 200)]);
    assert.equal(tokens.get(TokenId.parse('old')), undefined);
    assert.deepEqual(tokens.list(300_000), []);
  });
});
