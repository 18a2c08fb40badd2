import assert from 'node:assert/strict';
import { joined, next, setup, token } from './support/joined.ts';
import { Refusal, silence } from './support/scripted-server.ts';
import { streamInfo } from './support/room.ts';

describe('joining', () => {
  it('takes one request, which brings the transports as well', async () => {
    const { conference, server } = setup();
    server.streams = [streamInfo('his', 'bob')];
    const states: string[] = [];
    conference.on('state', ({ state }) => states.push(state));
    const result = await conference.join(token);
    assert.deepEqual(
      server.requests.map(({ method }) => method),
      ['login'],
    );
    assert.deepEqual(server.seen('login')[0]?.['transports'], ['send', 'recv']);
    assert.equal(result.room, 'demo');
    assert.deepEqual(
      result.participants.map(({ id }) => id),
      ['bob'],
    );
    assert.deepEqual([...conference.streams.keys()], ['his']);
    assert.equal(conference.self.user, 'alice');
    assert.deepEqual(states, ['connecting', 'connected']);
  });

  it('tries a login again whose answer was lost, as the same request', async () => {
    const { conference, server } = setup({ requestTimeoutMs: 2000 });
    server.once('login', () => {
      server.disconnect();
      return silence;
    });
    await conference.join(token);
    const [first, second] = server.seen('login');
    assert.equal(first?.['requestId'], second?.['requestId']);
    assert.equal(conference.state, 'connected');
  });

  it('fails with the code of the server, and is over', async () => {
    const { conference, server } = setup();
    server.on('login', () => new Refusal('token_expired'));
    const closed = next(conference, 'closed');
    await assert.rejects(conference.join(token), { code: 'token_expired', name: 'PorticoClientError' });
    assert.equal((await closed).reason, 'join_failed');
    assert.equal(server.connected, false);
    await assert.rejects(conference.join(token), { code: 'already_joined' });
  });

  it('hears in the right order what arrives before the answer', async () => {
    const { conference, server } = setup();
    const heard: unknown[] = [];
    conference.on('text', ({ message }) => heard.push(message));
    server.once('login', () => {
      server.tell('text', { from: 'bob', to: 'all', message: 'one' });
      server.tell('text', { from: 'bob', to: 'all', message: 'two' });
      return server.loginAnswer(101);
    });
    await conference.join(token);
    server.tell('text', { from: 'bob', to: 'all', message: 'three' });
    assert.deepEqual(heard, ['two', 'three']);
  });

  it('tells what came meanwhile as events, and not in its result as well', async () => {
    const { conference, server } = setup();
    const added: string[] = [];
    conference.on('streamAdded', ({ stream }) => added.push(stream.id));
    server.once('login', () => {
      server.tell('stream', { id: 'late', status: 'add', data: streamInfo('late', 'bob') });
      return server.loginAnswer(100);
    });
    const { streams } = await conference.join(token);
    assert.deepEqual(streams, []);
    assert.deepEqual(added, ['late']);
    assert.deepEqual([...conference.streams.keys()], ['late']);
  });

  it('is needed before anything else', async () => {
    const { conference } = setup();
    await assert.rejects(conference.send('x'), { code: 'not_joined' });
    assert.throws(() => conference.self, { code: 'not_joined' });
  });
});

describe('being in a conference', () => {
  it('sends messages with an id, so that a repeated one is delivered once', async () => {
    const { conference, server } = await joined();
    server.once('text', () => new Refusal('unavailable'));
    await conference.send({ hello: true }, 'bob');
    const [first, second] = server.seen('text');
    assert.deepEqual(first, second);
    assert.equal(first?.['to'], 'bob');
    assert.match(String(first['id']), /^\w+$/);
  });

  it('hears who speaks and what changes', async () => {
    const { conference, server } = await joined();
    const speaking = next(conference, 'speaking');
    server.hint('speaking', { participants: ['bob'], dominant: 'bob' });
    assert.deepEqual(await speaking, { participants: ['bob'], dominant: 'bob' });
    const added = next(conference, 'streamAdded');
    server.tell('stream', { id: 'his', status: 'add', data: streamInfo('his', 'bob') });
    assert.equal((await added).stream.participantId, 'bob');
  });

  it('knows what it may do when that is changed', async () => {
    const { conference, server } = await joined();
    const told = next(conference, 'permission');
    const permission = { publish: { audio: true, video: false }, subscribe: { audio: true, video: true } };
    server.hint('permission', { permission });
    assert.deepEqual(await told, { permission });
    assert.deepEqual(conference.self.permission, permission);
  });

  it('ends when the server drops the participant', async () => {
    const { conference, server } = await joined();
    const events: unknown[] = [];
    conference.on('dropped', (event) => events.push(['dropped', event]));
    conference.on('closed', (event) => events.push(['closed', event]));
    server.hint('drop', { reason: 'room_closed' });
    server.disconnect('io server disconnect');
    assert.deepEqual(events, [
      ['dropped', { reason: 'room_closed' }],
      ['closed', { reason: 'room_closed' }],
    ]);
  });

  it('ends when the connection breaks and nobody keeps its place, and open requests with it', async () => {
    const { conference, server } = await joined((one) => {
      one.ticket = undefined;
    });
    server.on('text', () => silence);
    const sent = conference.send('x');
    await server.asked('text');
    const closed = next(conference, 'closed');
    server.disconnect();
    await assert.rejects(sent, { code: 'disconnected' });
    assert.deepEqual(await closed, { reason: 'disconnected' });
    assert.equal(conference.state, 'closed');
  });

  it('ends by leaving, even when the server does not answer', async () => {
    const { conference, server } = await joined();
    server.on('logout', () => new Refusal('internal'));
    await conference.leave();
    await conference.leave();
    assert.equal(server.seen('logout').length, 1);
    assert.equal(conference.state, 'closed');
    await assert.rejects(conference.send('x'), { code: 'ended' });
  });
});
