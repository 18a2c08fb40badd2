import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Config } from '../../../common/config/schema.ts';
import { ParticipantId } from '../../../common/contract/ids.ts';
import { checkIce, iceServers } from '../../../portal/ice-servers.ts';

const alice = ParticipantId.parse('alice');
const ice = (section: Record<string, unknown>) => Config.parse({ ice: section }).ice;

describe('ICE servers', () => {
  it('are none when none is configured', () => {
    assert.deepEqual(iceServers(ice({}), alice), []);
  });

  it('hold STUN servers as they are', () => {
    const stun = ['stun:a.example.com:3478', 'stun:b.example.com'];
    assert.deepEqual(iceServers(ice({ stun }), alice), [{ urls: stun }]);
  });

  it('hold TURN servers with credentials that coturn checks: expiry, participant, HMAC-SHA1', () => {
    const turn = ['turn:t.example.com', 'turns:t.example.com:443?transport=tcp'];
    const section = ice({ turn, turn_secret: 'shared secret', turn_ttl_s: 600 });
    const now = Date.UTC(2026, 0, 1);
    const username = `${String(now / 1000 + 600)}:alice`;
    const credential = createHmac('sha1', 'shared secret').update(username).digest('base64');
    assert.deepEqual(iceServers(section, alice, now), [{ urls: turn, username, credential }]);
  });

  it('are what OpenSSL computes', () => {
    // printf 1433895918:user | openssl dgst -sha1 -hmac secret -binary | base64
    const section = ice({ turn: ['turn:t'], turn_secret: 'secret', turn_ttl_s: 918 });
    const [server] = iceServers(section, ParticipantId.parse('user'), 1_433_895_000_000);
    assert.equal(server?.username, '1433895918:user');
    assert.equal(server.credential, 'duY86vsmGEXM+Ma7pGS//SXJIv0=');
  });

  it('of TURN need a secret: a browser would refuse the whole list', () => {
    assert.throws(() => {
      checkIce(ice({ turn: ['turn:t'] }));
    }, /turn_secret/);
    checkIce(ice({ turn: ['turn:t'], turn_secret: 'secret' }));
    checkIce(ice({ stun: ['stun:s'] }));
  });
});
