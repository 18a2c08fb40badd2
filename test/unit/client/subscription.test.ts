import assert from 'node:assert/strict';
import { joined, next } from './support/joined.ts';
import { streamInfo } from './support/room.ts';
import { Refusal } from './support/scripted-server.ts';
import type { ScriptedServer } from './support/scripted-server.ts';

const withStream = (server: ScriptedServer): void => {
  server.streams = [streamInfo('his', 'bob')];
};

describe('subscribing', () => {
  it('registers, consumes both tracks and lets them flow', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    assert.deepEqual(
      server.requests.slice(1).map(({ method }) => method),
      ['subscribe', 'consume', 'consume', 'connectTransport', 'resume'],
    );
    assert.deepEqual(server.seen('subscribe')[0]?.['media'], {
      tracks: [
        { type: 'audio', from: 'his-0' },
        { type: 'video', from: 'his-1' },
      ],
    });
    assert.deepEqual(
      subscription.mediaStream.getTracks().map(({ kind }) => kind),
      ['audio', 'video'],
    );
    assert.equal(subscription.state, 'active');
  });

  it('takes only what is wanted', async () => {
    const { conference, server } = await joined(withStream);
    const resolution = { width: 320, height: 180 };
    await conference.subscribe('his', { audio: false, video: { resolution } });
    assert.deepEqual(server.seen('subscribe')[0]?.['media'], {
      tracks: [{ type: 'video', from: 'his-1', parameters: { resolution } }],
    });
    await assert.rejects(conference.subscribe('his', { audio: 'other' }), {
      code: 'track_not_found',
      field: 'audio',
    });
    await assert.rejects(conference.subscribe('unknown'), { code: 'stream_not_found' });
  });

  it('names the codec that the browser cannot play, before the server is asked', async () => {
    const { conference, server } = await joined(({ streams }) => {
      streams.push(streamInfo('his', 'bob', { codec: 'av1' }));
    });
    await assert.rejects(conference.subscribe('his'), { code: 'codec_unsupported', field: 'av1' });
    assert.equal(server.seen('subscribe').length, 0);
    assert.equal(conference.subscriptions.size, 0);
  });

  it('names it also when the server is the one who knows', async () => {
    const { conference, server } = await joined(withStream);
    server.on('consume', ({ track }) =>
      String(track).endsWith('-1')
        ? new Refusal('codec_unsupported', { field: 'vp8' })
        : new Refusal('internal'),
    );
    await assert.rejects(conference.subscribe('his', { audio: false }), {
      code: 'codec_unsupported',
      field: 'vp8',
    });
    await server.asked('unsubscribe');
  });

  it('ends with its stream', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    const ended = next(subscription, 'ended');
    server.tell('stream', { id: 'his', status: 'remove', reason: 'closed' });
    assert.deepEqual(await ended, { reason: 'source_ended' });
    assert.equal(conference.subscriptions.size, 0);
    assert.deepEqual(subscription.mediaStream.getTracks(), []);
  });

  it('ends by stopping', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    await subscription.stop();
    assert.deepEqual(server.seen('unsubscribe'), [{ id: subscription.id }]);
    assert.equal(subscription.state, 'ended');
  });
});

describe('what is received', () => {
  it('is paused and resumed at the server; the last wish wins', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    await Promise.all([subscription.pause('video'), subscription.resume('video'), subscription.pause('av')]);
    const seen = server
      .seen('subscription-control')
      .map(({ operation, data }) => `${String(operation)} ${String(data)}`);
    assert.deepEqual(seen, ['pause video', 'pause audio']);
    assert.deepEqual(subscription.paused, { audio: true, video: true });
  });

  it('has the layers that were chosen, until they are left to the tiles again', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    await subscription.setLayers({ spatial: 0, temporal: 1 });
    await subscription.setLayers('auto');
    assert.deepEqual(
      server.seen('setLayers').map(({ spatialLayer, temporalLayer }) => [spatialLayer, temporalLayer]),
      [
        [0, 1],
        [2, undefined],
      ],
    );
  });

  it('comes with its quality', async () => {
    const { conference, server } = await joined(withStream);
    const subscription = await conference.subscribe('his');
    const told = next(subscription, 'quality');
    const layers = { spatial: 1, temporal: 2 };
    server.hint('quality', { id: subscription.id, track: 'his-1', score: 7, layers });
    assert.deepEqual(await told, { track: 'his-1', score: 7, layers });
    assert.equal(subscription.quality.get('his-1')?.score, 7);
  });
});
