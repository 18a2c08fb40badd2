import assert from 'node:assert/strict';
import { camera, microphone } from './support/fake-media.ts';
import { joined, next } from './support/joined.ts';
import { streamInfo } from './support/room.ts';
import { Refusal } from './support/scripted-server.ts';
import type { ScriptedServer } from './support/scripted-server.ts';

const withStream = (server: ScriptedServer): void => {
  server.streams = [streamInfo('his', 'bob')];
};

const transportsLost = (server: ScriptedServer): void => {
  server.tell('progress', {
    id: 'me',
    sessionId: 'me',
    status: 'error',
    data: { reason: 'worker_died', transports: true },
  });
};

const sourceStatus = (server: ScriptedServer, value: 'active' | 'interrupted'): void => {
  server.tell('stream', { id: 'his', status: 'update', data: { field: 'status', value } });
};

describe('after the transports are lost', () => {
  it('everything is sent and received again over new ones', async () => {
    const { conference, server } = await joined(withStream);
    const publication = await conference.publish({ audio: microphone(), video: camera() });
    await publication.mute('video');
    const subscription = await conference.subscribe('his');
    const [oldTrack] = subscription.mediaStream.getVideoTracks();
    const { mediaStream } = subscription;
    const interrupted = next(publication, 'interrupted');
    const resumed = Promise.all([next(publication, 'resumed'), next(subscription, 'resumed')]);
    transportsLost(server);
    assert.deepEqual(await interrupted, { reason: 'worker_died' });
    await resumed;

    assert.equal(server.seen('createWebRtcTransport').length, 2);
    const publishes = server.seen('publish');
    assert.equal(publishes.length, 2);
    assert.deepEqual(publishes[0], publishes[1], 'under the same id');
    const produced = server.seen('produce').slice(2);
    assert.deepEqual(
      produced.map(({ kind, paused }) => [kind, paused]),
      [
        ['audio', false],
        ['video', true],
      ],
    );
    const [first, second] = server.seen('subscribe');
    assert.notEqual(first?.['id'], second?.['id']);
    assert.equal(subscription.mediaStream, mediaStream);
    const tracks = mediaStream.getVideoTracks();
    assert.equal(tracks.length, 1);
    assert.notEqual(tracks[0], oldTrack);
    assert.equal(subscription.state, 'active');
    assert.equal(conference.subscriptions.get(subscription.id), subscription);
  });

  it('an unmute of that time reaches the server afterwards', async () => {
    const { conference, server } = await joined();
    const publication = await conference.publish({ audio: microphone() });
    await publication.mute('audio');
    const resumed = next(publication, 'resumed');
    transportsLost(server);
    await publication.unmute('audio');
    await resumed;
    await server.until(() => server.seen('stream-control').at(-1)?.['operation'] === 'play');
  });

  it('what was paused stays paused, and layers stay chosen', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    await subscription.pause('audio');
    await subscription.setLayers({ spatial: 1 });
    const resumed = next(subscription, 'resumed');
    transportsLost(server);
    await resumed;
    await server.until(
      () => server.seen('subscription-control').length === 2 && server.seen('setLayers').length === 2,
    );
    assert.equal(server.seen('setLayers')[1]?.['id'], subscription.wireId);
  });

  it('attempts go on while no agent can take them', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    let refusals = 3;
    server.on('subscribe', ({ id }) => {
      refusals -= 1;
      return refusals >= 0 ? new Refusal('worker_lost') : { id, transportId: '', tracks: [] };
    });
    const resumed = next(subscription, 'resumed');
    transportsLost(server);
    await resumed;
    assert.equal(subscription.state, 'active');
  });

  it('a second loss in the middle of the repair is repaired as well', async () => {
    const { conference, server } = await joined(withStream);
    const publication = await conference.publish({ audio: microphone() });
    const subscription = await conference.subscribe('his');
    server.once('publish', () => {
      transportsLost(server);
      return new Refusal('worker_lost');
    });
    const resumed = Promise.all([next(publication, 'resumed'), next(subscription, 'resumed')]);
    transportsLost(server);
    await resumed;
    assert.equal(publication.state, 'active');
    assert.equal(subscription.mediaStream.getTracks().length, 2);
  });

  it('a stream with a device that ended meanwhile starts anew without it', async () => {
    const { conference, server } = await joined();
    const [audio, video] = [microphone(), camera()];
    const publication = await conference.publish({ audio, video });
    video.stop();
    const resumed = next(publication, 'resumed');
    transportsLost(server);
    await resumed;
    assert.equal(server.seen('unpublish').length, 1);
    assert.deepEqual(
      server.seen('produce').map(({ kind }) => kind),
      ['audio', 'video', 'audio'],
    );
  });
});

describe('a stream whose publisher lost its server', () => {
  it('is received again when it is back', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    sourceStatus(server, 'interrupted');
    const interrupted = next(subscription, 'interrupted');
    const { wireId } = subscription;
    server.tell('progress', {
      id: wireId,
      sessionId: wireId,
      status: 'error',
      data: { reason: 'source_interrupted', transports: false },
    });
    assert.deepEqual(await interrupted, { reason: 'source_interrupted' });
    assert.equal(subscription.state, 'interrupted');
    assert.equal(server.seen('subscribe').length, 1, 'it waits');
    const resumed = next(subscription, 'resumed');
    sourceStatus(server, 'active');
    await resumed;
    assert.equal(server.seen('subscribe').length, 2);
    assert.notEqual(subscription.wireId, wireId);
  });

  it('ends what received it when it does not come back', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    const id = subscription.wireId;
    const data = { reason: 'source_ended', transports: false };
    const ended = next(subscription, 'ended');
    server.tell('progress', { id, sessionId: id, status: 'error', data });
    assert.deepEqual(await ended, { reason: 'source_ended' });
  });
});

describe('a stream of our own that the room lost', () => {
  it('is published again when its place was given up, or another owner does not know it', async () => {
    for (const reason of ['agent_lost', undefined]) {
      const { conference, server } = await joined();
      const publication = await conference.publish({ audio: microphone() });
      server.tell('stream', { id: publication.id, status: 'add', data: streamInfo(publication.id, 'me') });
      const resumed = next(publication, 'resumed');
      server.tell('stream', { id: publication.id, status: 'remove', reason });
      await resumed;
      assert.equal(server.seen('publish').length, 2);
    }
  });

  it('is not when it was taken away on purpose', async () => {
    const { conference, server } = await joined();
    const publication = await conference.publish({ audio: microphone() });
    server.tell('stream', { id: publication.id, status: 'add', data: streamInfo(publication.id, 'me') });
    const ended = next(publication, 'ended');
    server.tell('stream', { id: publication.id, status: 'remove', reason: 'permission_revoked' });
    assert.deepEqual(await ended, { reason: 'permission_revoked' });
  });
});
