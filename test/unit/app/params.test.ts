import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RoomId } from '../../../common/contract/ids.ts';
import { cleanRoom, inviteLink, readParams } from '../../../client/app/src/params.ts';
import { likelySources, roleName } from '../../../client/app/src/roles.ts';

describe('the address of the page', () => {
  it('joins at once when it says so', () => {
    assert.deepEqual(readParams('?room=demo&user=alice&autojoin=1'), {
      room: 'demo',
      user: 'alice',
      autojoin: true,
      audio: true,
      video: true,
      simulcast: true,
      iceTransportPolicy: 'all',
    });
    assert.equal(readParams('?autojoin=0').autojoin, false);
    assert.equal(readParams('').autojoin, false);
  });

  it('can ask for a role, a token and how media is sent', () => {
    const params = readParams(
      '?role=viewer&token=abc&audio=0&video=0&codec=vp9&simulcast=0&iceTransportPolicy=relay',
    );
    assert.equal(params.role, 'viewer');
    assert.equal(params.token, 'abc');
    assert.equal(params.codec, 'vp9');
    assert.deepEqual([params.audio, params.video, params.simulcast], [false, false, false]);
    assert.equal(params.iceTransportPolicy, 'relay');
  });

  it('has senseless values ignored', () => {
    const params = readParams('?codec=mpeg2&iceTransportPolicy=none&role=&room=%20%20');
    assert.equal(params.codec, undefined);
    assert.equal(params.role, undefined);
    assert.equal(params.iceTransportPolicy, 'all');
    assert.equal(params.room, '');
  });

  it('gives others the room and nothing personal', () => {
    const link = inviteLink('https://example.org/calls/?room=old&user=alice&token=secret#x', 'new-room');
    assert.equal(link, 'https://example.org/calls/?room=new-room');
  });
});

describe('a room name that somebody types', () => {
  it('becomes an id that reads like it', () => {
    assert.equal(cleanRoom('Café & Bar'), 'Cafe-Bar');
    assert.equal(cleanRoom('  weekly sync'), 'weekly-sync');
  });

  it('is accepted by the server whatever it was, or empty', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 150 }), (text) => {
        const room = cleanRoom(text);
        assert.ok(room === '' || RoomId.safeParse(room).success);
      }),
    );
  });
});

describe('roles', () => {
  it('have readable names, and unknown ones stay as they are', () => {
    assert.equal(roleName('audio_only_presenter'), 'Audio only');
    assert.equal(roleName('teacher'), 'teacher');
  });

  it('tell which devices are worth opening', () => {
    assert.deepEqual(likelySources('viewer'), { mic: false, camera: false });
    assert.deepEqual(likelySources('audio_only_presenter'), { mic: true, camera: false });
    assert.deepEqual(likelySources('teacher'), { mic: true, camera: true });
  });
});
