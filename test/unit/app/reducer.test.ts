import assert from 'node:assert/strict';
import { Store } from '../../../client/app/src/state/store.ts';
import { tilesOf } from '../../../client/app/src/state/selectors.ts';
import { after, alice, inCall, message, stream } from './support.ts';

describe('joining', () => {
  it('leads through the form to the call, oneself among the people', () => {
    const state = inCall();
    assert.equal(state.screen, 'call');
    assert.equal(state.connection, 'connected');
    assert.deepEqual(state.order, ['b', 'a']);
    assert.equal(state.joinedAt, 1000);
  });

  it('goes back to the form with a sentence when it fails', () => {
    const state = after([
      { type: 'joining', room: 'demo', direct: true },
      { type: 'join-failed', message: 'No.' },
    ]);
    assert.equal(state.screen, 'prejoin');
    assert.equal(state.connection, 'idle');
    assert.equal(state.joinError, 'No.');
    assert.equal(state.room, 'demo');
  });

  it('asks for a token from then on when the server gives out none', () => {
    const state = after([
      { type: 'joining', room: 'demo', direct: false },
      { type: 'token-needed' },
      { type: 'joining', room: 'demo', direct: false },
      { type: 'join-failed', message: 'No.' },
    ]);
    assert.equal(state.needsToken, true);
  });

  it('starts from nothing after an earlier call', () => {
    const state = after(
      [
        { type: 'ended', ending: { reason: 'left', detail: null } },
        { type: 'joining', room: 'demo', direct: true },
      ],
      inCall({ type: 'message', message: message('1') }, { type: 'panel', panel: 'people' }),
    );
    assert.deepEqual(state.messages, []);
    assert.deepEqual(state.people, {});
    assert.equal(state.panel, null);
    assert.equal(state.ending, null);
  });
});

describe('people coming and going', () => {
  it('are noticed once', () => {
    const carol = { id: 'c', user: 'Carol', role: 'presenter' };
    const state = inCall({ type: 'person-joined', person: carol }, { type: 'person-joined', person: carol });
    assert.deepEqual(state.order, ['b', 'a', 'c']);
    assert.deepEqual(
      state.toasts.map((toast) => toast.text),
      ['Carol joined'],
    );
  });

  it('are marked while their connection is lost', () => {
    const lost = inCall({ type: 'person-away', id: 'b', away: true });
    assert.equal(tilesOf(lost)[0]?.away, true);
    assert.deepEqual(lost.toasts, []);
    const back = after([{ type: 'person-away', id: 'b', away: false }], lost);
    assert.equal(tilesOf(back)[0]?.away, false);
    assert.equal(after([{ type: 'person-away', id: 'x', away: true }], back), back);
  });

  it('leave nothing behind but a notice', () => {
    const state = inCall(
      { type: 'speaking', people: ['b'], dominant: 'b', at: 5 },
      { type: 'chat-to', id: 'b' },
      { type: 'person-left', id: 'b', removed: true },
    );
    assert.deepEqual(state.order, ['a']);
    assert.deepEqual(state.speaking, []);
    assert.equal(state.dominant, null);
    assert.equal(state.chatTo, null);
    assert.deepEqual(state.lastSpoke, {});
    assert.equal(state.toasts[0]?.text, 'Bob was removed');
  });

  it('shows at most three notices', () => {
    const joins = ['c', 'd', 'e', 'f'].map((id) => ({
      type: 'person-joined' as const,
      person: { id, user: id, role: 'presenter' },
    }));
    assert.deepEqual(
      inCall(...joins).toasts.map((toast) => toast.text),
      ['d joined', 'e joined', 'f joined'],
    );
  });
});

describe('streams', () => {
  it('keep how they are received when the room tells news of them', () => {
    const state = inCall(
      { type: 'stream-added', stream: stream('s', 'b', { receiving: 'waiting' }) },
      { type: 'receiving', id: 's', receiving: 'live' },
      {
        type: 'stream-updated',
        stream: stream('s', 'b', { receiving: 'waiting', audio: { source: 'mic', muted: true } }),
      },
    );
    assert.equal(state.streams.s?.receiving, 'live');
    assert.equal(state.streams.s.audio?.muted, true);
  });

  it('that are unknown cannot be updated or rated', () => {
    const state = inCall();
    const same = after(
      [
        { type: 'stream-updated', stream: stream('s', 'b') },
        { type: 'quality', id: 's', score: 3 },
        { type: 'receiving', id: 's', receiving: 'live' },
      ],
      state,
    );
    assert.deepEqual(same, state);
  });

  it('take their quality and their pin along when they go', () => {
    const state = inCall(
      { type: 'stream-added', stream: stream('s', 'b') },
      { type: 'quality', id: 's', score: 3 },
      { type: 'pin', key: 's' },
      { type: 'stream-removed', id: 's' },
    );
    assert.deepEqual(state.streams, {});
    assert.deepEqual(state.quality, {});
    assert.equal(state.pinned, null);
  });
});

describe('chat', () => {
  it('counts what was not seen until it is opened', () => {
    const closed = inCall(
      { type: 'message', message: message('1') },
      { type: 'message', message: message('2', { text: 'are you there?' }) },
      { type: 'message', message: message('3', { mine: true, from: 'a' }) },
    );
    assert.equal(closed.unread, 2);
    assert.equal(closed.toasts.at(-1)?.text, 'Bob: are you there?');
    const open = after(
      [
        { type: 'panel', panel: 'chat' },
        { type: 'message', message: message('4') },
      ],
      closed,
    );
    assert.equal(open.unread, 0);
    assert.equal(open.messages.length, 4);
    assert.deepEqual(open.toasts, []);
  });

  it('shows a message that arrives twice once', () => {
    const state = inCall(
      { type: 'message', message: message('1') },
      { type: 'message', message: message('1') },
    );
    assert.equal(state.messages.length, 1);
    assert.equal(state.unread, 1);
  });

  it('keeps the latest five hundred', () => {
    const many = Array.from({ length: 510 }, (_, index) => ({
      type: 'message' as const,
      message: message(String(index)),
    }));
    const state = inCall(...many);
    assert.equal(state.messages.length, 500);
    assert.equal(state.messages[0]?.key, '10');
  });

  it('marks a message that was not sent', () => {
    const state = inCall(
      { type: 'message', message: message('own-1', { mine: true }) },
      { type: 'message-delivery', key: 'own-1', delivery: 'failed' },
    );
    assert.equal(state.messages[0]?.delivery, 'failed');
  });
});

describe('the store', () => {
  it('tells listeners of changes only', () => {
    const store = new Store();
    let calls = 0;
    const end = store.subscribe(() => {
      calls += 1;
    });
    store.dispatch({ type: 'panel', panel: 'chat' });
    store.dispatch({ type: 'quality', id: 'unknown', score: 1 });
    assert.equal(calls, 1);
    end();
    store.dispatch({ type: 'panel', panel: null });
    assert.equal(calls, 1);
    assert.equal(store.state.self, null);
    assert.equal(inCall().self, alice);
  });
});
