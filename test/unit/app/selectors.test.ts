import assert from 'node:assert/strict';
import { groupMessages } from '../../../client/app/src/state/chat-groups.ts';
import { audibleStreams, othersOf, spotlightOf, tilesOf } from '../../../client/app/src/state/selectors.ts';
import { inCall, message, screen, stream } from './support.ts';

describe('tiles', () => {
  it('show the others first and oneself last', () => {
    const state = inCall({ type: 'person-joined', person: { id: 'c', user: 'Carol', role: 'presenter' } });
    assert.deepEqual(
      tilesOf(state).map((tile) => tile.key),
      ['b', 'c', 'a'],
    );
    assert.deepEqual(
      othersOf(state).map((person) => person.id),
      ['b', 'c'],
    );
  });

  it('show an avatar when the camera is off, waited for, or cannot be received', () => {
    const video = (change: Parameters<typeof stream>[2]): string | null | undefined =>
      tilesOf(inCall({ type: 'stream-added', stream: stream('s', 'b', change) }))[0]?.video;
    assert.equal(video({}), 's');
    assert.equal(video({ receiving: 'restoring' }), 's');
    assert.equal(video({ video: { source: 'camera', muted: true } }), null);
    assert.equal(video({ video: null }), null);
    assert.equal(video({ receiving: 'waiting' }), null);
    assert.equal(video({ receiving: 'failed', problem: 'No.' }), null);
  });

  it('join microphone and camera of a person that come as two streams', () => {
    const [bob] = tilesOf(
      inCall(
        { type: 'stream-added', stream: stream('mic', 'b', { video: null }) },
        { type: 'stream-added', stream: stream('cam', 'b', { audio: null }) },
        { type: 'quality', id: 'mic', score: 9 },
        { type: 'quality', id: 'cam', score: 4 },
      ),
    );
    assert.equal(bob?.video, 'cam');
    assert.equal(bob.muted, false);
    assert.equal(bob.quality, 4);
  });

  it('count a person without a microphone as muted', () => {
    const [bob] = tilesOf(inCall());
    assert.equal(bob?.muted, true);
    assert.equal(bob.quality, null);
  });

  it('say that a stream is coming back, and do not show its owner as speaking meanwhile', () => {
    const [bob] = tilesOf(
      inCall(
        { type: 'stream-added', stream: stream('s', 'b', { interrupted: true }) },
        { type: 'speaking', people: ['b'], dominant: 'b', at: 1 },
      ),
    );
    assert.equal(bob?.interrupted, true);
    assert.equal(bob.speaking, false);
  });

  it('give shared screens and streams without a participant tiles of their own', () => {
    const tiles = tilesOf(
      inCall(
        { type: 'stream-added', stream: screen('sc', 'b') },
        { type: 'stream-added', stream: stream('feed', 'feed', { title: 'Lobby camera' }) },
      ),
    );
    assert.deepEqual(
      tiles.slice(2).map((tile) => [tile.key, tile.kind, tile.name]),
      [
        ['sc', 'screen', 'Bob'],
        ['feed', 'feed', 'Lobby camera'],
      ],
    );
  });
});

describe('the spotlight', () => {
  const shared = inCall(
    { type: 'stream-added', stream: screen('first', 'b') },
    { type: 'stream-added', stream: screen('second', 'b') },
    { type: 'stream-added', stream: screen('own', 'a', { local: true }) },
  );

  it('is on the newest screen of somebody else, never on the own one', () => {
    assert.equal(spotlightOf(tilesOf(shared), null)?.key, 'second');
    assert.equal(spotlightOf(tilesOf(inCall()), null), null);
  });

  it('is on what was pinned as long as that is there', () => {
    assert.equal(spotlightOf(tilesOf(shared), 'b')?.key, 'b');
    assert.equal(spotlightOf(tilesOf(shared), 'gone')?.key, 'second');
  });
});

describe('sound', () => {
  it('is played for remote streams that are received, whether their video is seen or not', () => {
    const state = inCall(
      { type: 'stream-added', stream: stream('live', 'b') },
      { type: 'stream-added', stream: stream('back', 'b', { receiving: 'restoring', video: null }) },
      { type: 'stream-added', stream: stream('own', 'a', { local: true }) },
      { type: 'stream-added', stream: stream('waiting', 'b', { receiving: 'waiting' }) },
      { type: 'stream-added', stream: stream('silent', 'b', { audio: null }) },
    );
    assert.deepEqual(
      audibleStreams(state).map(({ id }) => id),
      ['live', 'back'],
    );
  });
});

describe('chat groups', () => {
  it('put messages of one person in a row together, until a pause or a private one', () => {
    const groups = groupMessages([
      message('1', { at: 0 }),
      message('2', { at: 60_000 }),
      message('3', { at: 200_000 }),
      message('4', { at: 201_000, privateTo: 'you' }),
      message('5', { at: 202_000, from: 'c', name: 'Carol' }),
    ]);
    assert.deepEqual(
      groups.map((group) => group.messages.map(({ key }) => key)),
      [['1', '2'], ['3'], ['4'], ['5']],
    );
  });
});
