import assert from 'node:assert/strict';
import { Revocations, type Holder } from '../../../../conference-agent/management/revocations.ts';
import { RoomId, TokenId } from '../../../../common/contract/ids.ts';
import type { Revocation } from '../../../../common/contract/management.ts';

const room = RoomId.parse('room');
const holder: Holder = { room, token: TokenId.parse('t'), user: 'alice', service: 'app', at: 1_000 };
const revoked = (what: Partial<Revocation>): Revocation => {
  return { id: 'r', service: 'app', at: 1_000, until: 10_000, ...what };
};

describe('revocations', () => {
  const concern = (what: Partial<Revocation>, who: Partial<Holder> = {}): boolean => {
    const revocations = new Revocations();
    revocations.add([revoked(what)], 0);
    return revocations.concern({ ...holder, ...who });
  };

  it('of a token concern that one, whenever it was issued', () => {
    assert.equal(concern({ token: holder.token }, { at: 99_999 }), true);
    assert.equal(concern({ token: TokenId.parse('other') }), false);
    assert.equal(concern({ token: holder.token }, { service: 'other' }), false);
    assert.equal(concern({ token: holder.token }, { service: undefined }), true);
  });

  it('of a user concern what was issued until then, in one room or everywhere', () => {
    assert.equal(concern({ user: 'alice' }), true);
    assert.equal(concern({ user: 'alice' }, { at: 1_001 }), false);
    assert.equal(concern({ user: 'bob' }), false);
    assert.equal(concern({ user: 'alice', room }), true);
    assert.equal(concern({ user: 'alice', room: RoomId.parse('other') }), false);
  });

  it('of a room concern everybody of that service in it', () => {
    assert.equal(concern({ room }), true);
    assert.equal(concern({ room: RoomId.parse('other') }), false);
    assert.equal(concern({ room }, { service: 'other' }), false);
  });

  it('of nothing concern nobody', () => {
    assert.equal(concern({}), false);
  });

  it('are forgotten when nothing they concern can be valid any more', () => {
    const revocations = new Revocations();
    revocations.add([revoked({ token: holder.token, until: 100_000 })], 90_000);
    assert.equal(revocations.concern(holder), true);
    revocations.add([revoked({ id: 'late', user: 'bob', until: 50 })], 200_000);
    assert.equal(revocations.concern(holder), false);
    assert.equal(revocations.concern({ ...holder, user: 'bob', at: 0 }), false);
  });
});
