import assert from 'node:assert/strict';
import type { MixedStream } from '../../../client/sdk/index.ts';
import { camera, microphone } from './support/fake-media.ts';
import { joined, next } from './support/joined.ts';
import { layoutOf, mixedInfo, streamInfo } from './support/room.ts';
import { Refusal } from './support/scripted-server.ts';
import type { Conference } from '../../../client/sdk/index.ts';
import type { ScriptedServer } from './support/scripted-server.ts';

const withViews = (server: ScriptedServer): void => {
  server.streams = [mixedInfo('common'), mixedInfo('stage'), streamInfo('his', 'bob')];
};
const update = (server: ScriptedServer, id: string, field: string, value: unknown): void => {
  server.tell('stream', { id, status: 'update', data: { field, value } });
};
const announce = (server: ScriptedServer, id: string, inViews: string[] = []): void => {
  const info = streamInfo(id, 'me');
  server.tell('stream', {
    id,
    status: 'add',
    data: { ...info, info: { ...info.info, inViews } },
  });
};
const remove = (server: ScriptedServer, id: string, reason: string): void => {
  server.tell('stream', { id, status: 'remove', reason });
};
/** Requests that mix, as words. */
const mixes = (server: ScriptedServer): string[] =>
  server.seen('stream-control').map(({ operation, data }) => `${String(operation)} ${JSON.stringify(data)}`);
const mixed = (conference: Conference, label = 'common'): MixedStream =>
  conference.mixedStream(label) ?? assert.fail(label);

describe('views of a room', () => {
  it('are mixed streams with a label', async () => {
    const { conference, server } = await joined(withViews);
    assert.deepEqual(conference.views, ['common', 'stage']);
    assert.equal(conference.mixedStream()?.label, 'common');
    assert.equal(conference.mixedStream('stage')?.id, 'demo-stage');
    assert.equal(conference.mixedStream('other'), undefined);
    const removed = next(conference, 'streamRemoved');
    remove(server, 'demo-stage', 'closed');
    await removed;
    assert.deepEqual(conference.views, ['common']);
  });

  it('tell when the layout or the active input changes', async () => {
    const { conference, server } = await joined(withViews);
    const stream = mixed(conference);
    const layout = new Promise((resolve) => stream.once('layout', resolve));
    const speaker = new Promise((resolve) => stream.once('activeInput', resolve));
    update(server, stream.id, 'video.layout', layoutOf('his'));
    update(server, stream.id, 'activeInput', 'his');
    assert.deepEqual(await layout, { layout: layoutOf('his') });
    assert.deepEqual(await speaker, { activeInput: 'his' });
  });

  it('are laid out by requests that name the mixed stream', async () => {
    const { conference, server } = await joined(withViews);
    const layout = conference.layout();
    const wanted = [
      {
        stream: 'his',
        region: { id: 'a', shape: 'rectangle' as const, area: { left: 0, top: 0, width: '1/2', height: 1 } },
      },
    ];
    await layout.setTemplate('lecture');
    await layout.setTemplate(null);
    await layout.setLayout(wanted);
    await layout.setPrimary('his');
    await layout.setRegion('his', 2);
    await layout.setRegion('his', 'b');
    await layout.followSpeaker(true);
    const set = (data: object) => ({ id: 'demo-common', operation: 'set-layout', data });
    assert.deepEqual(server.seen('stream-control'), [
      set({ template: 'lecture' }),
      set({ template: null }),
      set({ layout: wanted }),
      set({ primary: 'his' }),
      set({ stream: 'his', index: 2 }),
      { id: 'his', operation: 'set-region', data: { view: 'common', region: 'b' } },
      set({ keepActiveInputPrimary: true }),
    ]);
    assert.deepEqual(layout.get(), []);
    assert.throws(() => conference.layout('other'), { code: 'not_found', field: 'view' });
  });

  it('take in and let go of streams of others for moderators', async () => {
    const { conference, server } = await joined(withViews);
    await conference.mix('his', 'common');
    await conference.unmix('his', 'common');
    assert.deepEqual(mixes(server), ['mix "common"', 'unmix "common"']);
    server.on('stream-control', () => new Refusal('forbidden'));
    await assert.rejects(conference.mix('his', 'common'), { code: 'forbidden' });
  });
});

describe('a publication that is mixed', () => {
  it('goes into the views that are named as soon as it is there', async () => {
    const { conference, server } = await joined(withViews);
    const publication = await conference.publish({ audio: microphone() }, { mix: ['common'] });
    await server.asked('stream-control');
    assert.deepEqual(mixes(server), ['mix "common"']);
    assert.deepEqual(
      server.requests.map(({ method }) => method).filter((method) => method !== 'connectTransport'),
      ['login', 'publish', 'produce', 'stream-control'],
    );
    await server.until(() => publication.views.length === 1);
    announce(server, publication.id, ['common']);
    assert.deepEqual(mixes(server), ['mix "common"']);
  });

  it('goes into all of them with true, and none are named by mistake', async () => {
    const { conference, server } = await joined(withViews);
    await conference.publish({ audio: microphone() }, { mix: true });
    await server.asked('stream-control', 2);
    assert.deepEqual(mixes(server), ['mix "common"', 'mix "stage"']);
    await assert.rejects(conference.publish({ audio: microphone() }, { mix: ['comon'] }), {
      code: 'not_found',
      field: 'view',
    });
    assert.equal(conference.publications.size, 1);
  });

  it('is mixed and taken out by its owner at any time; twice is once', async () => {
    const { conference, server } = await joined(withViews);
    const publication = await conference.publish({ audio: microphone() });
    const told: string[][] = [];
    publication.on('views', ({ views }) => told.push(views));
    await publication.mix('common');
    await publication.mix('common');
    assert.deepEqual(publication.views, ['common']);
    await publication.unmix('common');
    assert.deepEqual(mixes(server), ['mix "common"', 'unmix "common"']);
    assert.deepEqual(told, [['common'], []]);
    server.on('stream-control', () => new Refusal('not_found', { field: 'data' }));
    await assert.rejects(publication.mix('other'), { code: 'not_found' });
    assert.deepEqual(publication.views, []);
  });

  it('waits for the room to announce it where the room does not know it yet', async () => {
    const { conference, server } = await joined(withViews);
    server.once('stream-control', () => new Refusal('stream_not_found'));
    const publication = await conference.publish({ audio: microphone() }, { mix: true });
    await server.asked('stream-control');
    announce(server, publication.id);
    await server.asked('stream-control', 3);
    await server.until(() => publication.views.length === 2);
  });

  it('says when it could not be mixed', async () => {
    const { conference, server } = await joined(withViews);
    server.on('stream-control', () => new Refusal('forbidden'));
    const publication = await conference.publish({ audio: microphone() }, { mix: ['stage'] });
    const { view, error } = await next(publication, 'mixFailed');
    assert.deepEqual([view, error.code], ['stage', 'forbidden']);
    assert.equal(server.seen('stream-control').length, 1);
  });

  it('is mixed again only where the room has forgotten it', async () => {
    const { conference, server } = await joined(withViews);
    const publication = await conference.publish({ audio: microphone() }, { mix: ['common'] });
    announce(server, publication.id, ['common']);
    await server.until(() => publication.views.length === 1);
    // Its agent was lost: the room keeps the stream, and where it is shown.
    server.tell('progress', {
      id: 't',
      sessionId: publication.id,
      status: 'error',
      data: { reason: 'agent_lost', transports: false },
    });
    await next(publication, 'resumed');
    update(server, publication.id, 'status', 'active');
    assert.deepEqual(mixes(server), ['mix "common"']);
    // The room was lost with all it knew.
    remove(server, publication.id, 'orphaned');
    await next(publication, 'resumed');
    await server.asked('stream-control', 2);
    assert.deepEqual(mixes(server), ['mix "common"', 'mix "common"']);
    assert.ok(
      server.requests.findLastIndex(({ method }) => method === 'produce') <
        server.requests.findLastIndex(({ method }) => method === 'stream-control'),
    );
  });

  it('stays out when a moderator took it out, also after it was published again', async () => {
    const { conference, server } = await joined(withViews);
    const publication = await conference.publish(
      { audio: microphone(), video: camera() },
      { mix: ['common'] },
    );
    announce(server, publication.id, ['common']);
    assert.deepEqual(publication.views, ['common']);
    const out = next(publication, 'views');
    update(server, publication.id, 'inViews', []);
    assert.deepEqual(await out, { views: [] });
    remove(server, publication.id, 'orphaned');
    await next(publication, 'resumed');
    announce(server, publication.id);
    assert.deepEqual(mixes(server), ['mix "common"']);
  });
});

describe('a mixed stream that is received', () => {
  it('is subscribed like any other, while its layout changes', async () => {
    const { conference, server } = await joined(withViews);
    server.once('subscribe', ({ id }) => {
      update(server, 'demo-common', 'video.layout', layoutOf('his'));
      return { id, transportId: 'transport-2', tracks: [] };
    });
    const subscription = await conference.subscribe(mixed(conference));
    assert.equal(server.seen('subscribe').length, 1, 'news of the stream do not begin it anew');
    assert.deepEqual(
      subscription.mediaStream.getTracks().map(({ kind }) => kind),
      ['audio', 'video'],
    );
  });

  it('comes back by itself when somebody else mixes it', async () => {
    const { conference, server } = await joined(withViews);
    const stream = mixed(conference);
    const subscription = await conference.subscribe(stream);
    const { mediaStream } = subscription;
    const interrupted = next(subscription, 'interrupted');
    update(server, stream.id, 'status', 'interrupted');
    server.tell('progress', {
      id: 't',
      sessionId: subscription.id,
      status: 'error',
      data: { reason: 'source_interrupted', transports: false },
    });
    assert.deepEqual(await interrupted, { reason: 'source_interrupted' });
    update(server, stream.id, 'video.layout', layoutOf('his'));
    assert.equal(server.seen('subscribe').length, 1);
    const resumed = next(subscription, 'resumed');
    update(server, stream.id, 'status', 'active');
    await resumed;
    assert.equal(server.seen('subscribe').length, 2);
    assert.equal(subscription.mediaStream, mediaStream);
    assert.equal(mediaStream.getTracks().length, 2);
  });

  it('is waited for when it is interrupted while somebody subscribes', async () => {
    const { conference, server } = await joined((one) => {
      one.streams = [{ ...mixedInfo('common'), status: 'interrupted' }];
    });
    const subscribing = conference.subscribe(mixed(conference));
    update(server, 'demo-common', 'status', 'active');
    assert.equal((await subscribing).state, 'active');
    await assert.rejects(
      joined(
        (one) => {
          one.streams = [{ ...mixedInfo('common'), status: 'interrupted' }];
        },
        { requestTimeoutMs: 100 },
      ).then((other) => other.conference.subscribe(mixed(other.conference))),
      (error: { code: string; retryable: boolean }) => error.code === 'stream_interrupted' && error.retryable,
    );
  });

  it('is received in another size without a break', async () => {
    const { conference, server } = await joined(withViews);
    const subscription = await conference.subscribe(mixed(conference), { audio: false });
    const [old] = subscription.mediaStream.getVideoTracks();
    const exchanged = next(subscription, 'track');
    await subscription.setVideo({ resolution: { width: 640, height: 360 } });
    const { track } = await exchanged;
    assert.deepEqual(subscription.mediaStream.getTracks(), [track]);
    assert.notEqual(track, old);
    const [first, second] = server.seen('subscribe');
    assert.notEqual(second?.['id'], first?.['id']);
    assert.deepEqual(second?.['media'], {
      tracks: [
        {
          type: 'video',
          from: 'demo-common-1',
          parameters: { resolution: { width: 640, height: 360 } },
        },
      ],
    });
    assert.deepEqual(await server.asked('unsubscribe'), { id: first?.['id'] });
    assert.equal(server.requests.at(-2)?.method, 'resume', 'the old one is given up last');
    assert.equal(subscription.state, 'active');
    await subscription.pause('video');
    assert.equal(server.seen('subscription-control').at(-1)?.['id'], second?.['id']);
  });

  it('goes on as it was when the room does not offer the size', async () => {
    const { conference, server } = await joined(withViews);
    const subscription = await conference.subscribe(mixed(conference), { video: { framerate: 12 } });
    const tracks = subscription.mediaStream.getTracks();
    server.once('subscribe', () => new Refusal('bad_request', { field: 'media.tracks[1].parameters' }));
    server.once('consume', () => new Refusal('grant_missing'));
    await assert.rejects(subscription.setVideo({ framerate: 13 }), { code: 'bad_request' });
    assert.equal(subscription.state, 'active');
    assert.deepEqual(subscription.mediaStream.getTracks(), tracks);
    const [first, second] = server.seen('subscribe');
    assert.deepEqual(await server.asked('unsubscribe'), { id: second?.['id'] });
    const resumed = next(subscription, 'resumed');
    server.tell('progress', {
      id: 't',
      sessionId: first?.['id'],
      status: 'error',
      data: { reason: 'source_interrupted', transports: false },
    });
    await resumed;
    assert.deepEqual(server.seen('subscribe')[2]?.['media'], first?.['media']);
  });

  it('of somebody else is asked for at the same subscription', async () => {
    const { conference, server } = await joined(withViews);
    const subscription = await conference.subscribe('his');
    await subscription.setVideo({ resolution: { width: 320, height: 180 } });
    assert.deepEqual(server.seen('subscription-control'), [
      {
        id: subscription.id,
        operation: 'update',
        data: { video: { parameters: { resolution: { width: 320, height: 180 } } } },
      },
    ]);
    const silent = await conference.subscribe('his', { video: false });
    await assert.rejects(silent.setVideo({ framerate: 12 }), { code: 'track_not_found' });
  });
});
