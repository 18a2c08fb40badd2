import assert from 'node:assert/strict';
import { SigningKeys, signingKey } from '../../../../common/auth/keys.ts';
import { verifyToken } from '../../../../common/auth/verify.ts';
import { PorticoAdmin, PorticoAdminError, type Stream } from '../../../../management-api/sdk/index.ts';
import { fixture } from '../../../support/fixture.ts';
import { participant, stream } from '../../../unit/webhooks/fixtures.ts';
import { otherService, Stage, superService, type ServiceKey } from '../rest/stage.ts';
import { Receiver } from '../webhooks/support/receiver.ts';

const failure = (code: string) => (error: unknown) =>
  error instanceof PorticoAdminError && error.code === code;

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

/** Method and path of what is sent while a function runs. */
async function requestsOf(run: () => Promise<void>): Promise<string[]> {
  const real = globalThis.fetch;
  const seen: string[] = [];
  globalThis.fetch = async (input, init) => {
    seen.push(`${init?.method ?? 'GET'} ${new URL(input as URL).pathname}`);
    return await real(input, init);
  };
  try {
    await run();
  } finally {
    globalThis.fetch = real;
  }
  return seen;
}

/** Operations that OpenAPI names, by what their paths look like; what this server does not offer is left out. */
async function operations(stage: Stage): Promise<{ name: string; pattern: RegExp }[]> {
  const { body } = await stage.request<{ paths: Record<string, object> }>('GET', '/openapi.json');
  const notOffered = /analytics|sipcalls|cascading|bridges/;
  return Object.entries(body.paths)
    .filter(([path]) => /^\/(v1\.1\/(?!services)|services)/.test(path) && !notOffered.test(path))
    .flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'head')
        .map((method) => ({
          name: `${method.toUpperCase()} ${path}`,
          pattern: new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '[^/]+')}/?$`),
        })),
    );
}

describe('the server SDK', () => {
  const stage = fixture(
    async () => {
      const started = await Stage.start();
      await started.addOther();
      return started;
    },
    async (running) => {
      await running.stop();
    },
  );
  const admin = ({ id, key }: ServiceKey) => new PorticoAdmin({ url: stage().url, service: id, key });

  it('makes, reads, changes, lists and deletes rooms', async () => {
    const { rooms } = admin(otherService);
    const made = await rooms.create({ name: 'one', id: 'sdk-one', options: { participantLimit: 3 } });
    assert.deepEqual([made.room._id, made.room.participantLimit, made.version], ['sdk-one', 3, '1']);
    assert.deepEqual(await rooms.get('sdk-one'), made);
    const updated = await rooms.update('sdk-one', { participantLimit: 4 }, { version: '1' });
    assert.deepEqual([updated.room.participantLimit, updated.version], [4, '2']);
    assert.match(updated.applied, /^(now|at-next-start)$/);
    const merged = await rooms.merge('sdk-one', { participantLimit: null });
    assert.equal(merged.room.participantLimit, -1);
    await assert.rejects(
      rooms.update('sdk-one', { name: 'x' }, { version: '1' }),
      failure('changed_meanwhile'),
    );
    assert.equal((await rooms.status('sdk-one')).active, false);
    await rooms.delete('sdk-one');
    await assert.rejects(rooms.get('sdk-one'), {
      name: 'PorticoAdminError',
      status: 404,
      code: 'room_not_found',
    });
  });

  it('goes through lists of any length, page after page', async () => {
    const { rooms } = admin(superService);
    const names = Array.from({ length: 450 }, (_, index) => `many-${String(index).padStart(3, '0')}`);
    await Promise.all(names.map((id) => rooms.create({ name: id, id })));
    const requests = await requestsOf(async () => {
      const listed = await all(rooms.list());
      assert.deepEqual(
        listed.map(({ _id }) => _id),
        names,
      );
    });
    assert.equal(requests.length, 3);
    const few = await requestsOf(async () => {
      for await (const _room of rooms.list()) break;
    });
    assert.equal(few.length, 1, 'nothing is asked for that nobody wants');
  });

  it('refuses what the server refuses with code, status and field', async () => {
    const { rooms } = admin(otherService);
    await assert.rejects(rooms.create({ name: '' }), {
      name: 'PorticoAdminError',
      status: 400,
      code: 'bad_request',
      field: 'name',
      retryable: false,
    });
    const wrong = new PorticoAdmin({ url: stage().url, service: otherService.id, key: 'x'.repeat(32) });
    await assert.rejects(wrong.rooms.get('a'), { status: 401, code: 'unauthorized' });
    await assert.rejects(admin(otherService).services.list(), { status: 403, code: 'forbidden' });
  });

  it('mints tokens that portals take, without asking the server', async () => {
    const requests = await requestsOf(async () => {
      const { id, key } = otherService;
      const sdk = new PorticoAdmin({
        url: 'http://management:3000',
        portalUrl: 'https://meet.example.com',
        service: id,
        key,
      });
      const token = sdk.mintToken({ room: 'board', user: 'ann', role: 'presenter', lifetime: 60 });
      const claims = await verifyToken(token, new SigningKeys([signingKey(id, key)]));
      assert.deepEqual(
        [claims.room, claims.sub, claims.role, claims.host, claims.secure, claims.exp - claims.iat],
        ['board', 'ann', 'presenter', 'meet.example.com', true, 60],
      );
      assert.throws(() => sdk.mintToken({ room: 'no room!', user: 'ann', role: 'presenter' }), {
        name: 'PorticoAdminError',
        code: 'bad_request',
        field: 'room',
      });
    });
    assert.deepEqual(requests, []);
  });

  it('refuses options that cannot work', () => {
    const good = { url: 'https://meet.example.com', service: 'shop', key: 'k'.repeat(32) };
    for (const [field, value] of [
      ['url', 'meet.example.com'],
      ['url', 'ftp://x'],
      ['portalUrl', 'x'],
      ['service', ''],
      ['key', ''],
    ] as const) {
      assert.throws(() => new PorticoAdmin({ ...good, [field]: value }), { code: 'bad_request', field });
    }
  });

  it('has a method for each operation of the API', async () => {
    const receiver = await Receiver.start();
    const requests = await requestsOf(async () => {
      await tour(admin(superService), receiver);
    }).finally(() => receiver.close());
    const unused = (await operations(stage()))
      .filter(({ pattern }) => !requests.some((request) => pattern.test(request)))
      .map(({ name }) => name);
    assert.deepEqual(unused, []);
  });

  /** Everything once, on a room that runs. */
  async function tour(sdk: PorticoAdmin, receiver: Receiver): Promise<void> {
    const room = 'tour';
    await sdk.rooms.create({ name: room, id: room });
    await sdk.rooms.update(room, { name: 'grand tour' });
    await sdk.rooms.merge(room, { name: 'tour' });
    const camera = { ...stream('s1', 'ann'), media: { tracks: [track('audio'), track('video')] } };
    await stage().agent.own(room, {
      participants: [participant('ann'), participant('bob')],
      streams: [{ info: camera }],
      views: ['common'],
    });
    assert.equal((await sdk.rooms.get(room)).room.name, 'tour');
    assert.equal((await sdk.rooms.status(room)).participants, 2);
    assert.deepEqual(await sdk.rooms.subscriptions(room), []);
    assert.deepEqual(await sdk.rooms.measures(room), { streams: [], subscriptions: [], unanswered: [] });
    assert.equal((await all(sdk.rooms.list({ service: '*' }))).at(-1)?._id, room);
    await tourMixes(sdk, room);
    await tourOutputs(sdk, room);
    await tourStreamingIns(sdk, room);
    await tourPeople(sdk, room);
    await tourTokens(sdk, room);
    await tourServices(sdk);
    await tourWebhooks(sdk, receiver);
    assert.ok((await sdk.cluster.nodes()).some(({ role }) => role === 'conference'));
    assert.deepEqual(
      (await sdk.cluster.rooms()).map((one) => one.room),
      [room],
    );
    const deeds = (await all(sdk.audit.list({ room }))).map(({ action }) => action);
    assert.ok(deeds.includes('participant.drop'), deeds.join());
    await stage().agent.disown(room);
    await sdk.rooms.delete(room);
  }

  const track = (type: 'audio' | 'video') =>
    ({
      id: `s1-${type}`,
      type,
      status: 'active',
      format: { codec: 'opus' },
      optional: { format: [] },
    }) as never;

  async function tourPeople(sdk: PorticoAdmin, room: string): Promise<void> {
    assert.equal((await sdk.participants.list(room)).length, 2);
    assert.equal((await sdk.participants.get(room, 'ann')).user, 'user of ann');
    const changed = await sdk.participants.permit(room, 'ann', { publish: { audio: false } });
    assert.deepEqual(changed.permission.publish, { audio: false, video: true });
    await sdk.participants.drop(room, 'bob');
    assert.equal((await sdk.streams.list(room)).length, 2);
    const muted = await sdk.streams.mute(room, 's1');
    assert.equal(muted.media.audio !== false && muted.media.audio.status, 'inactive');
    assert.equal(muted.media.video !== false && muted.media.video.status, 'inactive');
    const loud = await sdk.streams.unmute(room, 's1', ['audio']);
    assert.equal(loud.media.audio !== false && loud.media.audio.status, 'active');
    await assert.rejects(sdk.streams.mute(room, `${room}-common`), failure('bad_request'));
    await sdk.streams.end(room, 's1');
    await assert.rejects(sdk.streams.get(room, 's1'), failure('stream_not_found'));
  }

  async function tourMixes({ mixes }: PorticoAdmin, room: string): Promise<void> {
    const inViews = (changed: Stream) => changed.type === 'forward' && changed.info.inViews;
    assert.deepEqual(inViews(await mixes.mix(room, 's1', 'common')), ['common']);
    const [view] = await mixes.views(room);
    assert.deepEqual([view?.label, view?.running, view?.inputs], ['common', false, ['s1']]);
    assert.equal((await mixes.view(room, 'common')).stream.id, `${room}-common`);
    const area = { left: '0', top: '0', width: '1/2', height: '1' };
    const wanted = [{ stream: 's1', region: { id: 'a', shape: 'rectangle', area } }] as const;
    await mixes.setLayout(room, 'common', wanted);
    assert.deepEqual(
      (await mixes.layout(room, 'common')).map(({ stream: shown, region }) => [
        shown,
        region.id,
        region.area.width,
      ]),
      [['s1', 'a', '1/2']],
    );
    await mixes.setRegion(room, 'common', 's1', 'a');
    await mixes.setRegion(room, 'common', 's1', 0);
    await mixes.setPrimary(room, 'common', 's1');
    await mixes.followSpeaker(room, 'common', true);
    assert.equal((await mixes.setTemplate(room, 'common', 'fluid')).stream.info.layout.length, 1);
    await assert.rejects(mixes.view(room, 'attic'), failure('not_found'));
    await assert.rejects(mixes.mix(room, 's1', 'attic'), { code: 'bad_request', field: '[0].value' });
    assert.deepEqual(inViews(await mixes.unmix(room, 's1', 'common')), []);
  }

  async function tourOutputs({ recordings, streamingOuts }: PorticoAdmin, room: string): Promise<void> {
    const media = { audio: { from: `${room}-common` }, video: { from: 's1' } };
    const made = await recordings.start(room, { container: 'webm', media });
    assert.deepEqual([made.container, made.storage.host], ['webm', 'mixer-1']);
    const statuses = ({ media: { audio, video } }: typeof made) => [
      audio && audio.status,
      video && video.status,
    ];
    assert.deepEqual(statuses(await recordings.pause(room, made.id)), ['inactive', 'inactive']);
    assert.deepEqual(statuses(await recordings.play(room, made.id, 'video')), ['inactive', 'active']);
    const changes = { audio: { from: 's1', paused: false }, video: { framerate: 15, keyFrameInterval: 2 } };
    const changed = await recordings.change(room, made.id, changes);
    assert.equal(changed.media.audio !== false && changed.media.audio.from, 's1');
    await assert.rejects(
      recordings.change(room, made.id, { video: { framerate: 7 } }),
      failure('bad_request'),
    );
    assert.deepEqual(await recordings.list(room), [await recordings.get(room, made.id)]);
    await recordings.stop(room, made.id);
    await assert.rejects(recordings.get(room, made.id), failure('egress_not_found'));
    assert.deepEqual(await recordings.ended(room), []);
    const sent = await streamingOuts.start(room, { protocol: 'hls', media: { ...media, audio: false } });
    assert.match(sent.url, /^http:.*m3u8$/);
    await assert.rejects(streamingOuts.pause(room, sent.id, 'audio'), failure('track_not_found'));
    await streamingOuts.pause(room, sent.id, 'video');
    assert.deepEqual(await streamingOuts.list(room), [await streamingOuts.get(room, sent.id)]);
    await streamingOuts.stop(room, sent.id);
  }

  async function tourStreamingIns({ streamingIns }: PorticoAdmin, room: string): Promise<void> {
    const connection = { url: 'rtsp://camera.example/live' };
    const made = await streamingIns.start(room, { connection, media: { audio: 'auto', video: 'auto' } });
    assert.deepEqual(await streamingIns.list(room), [await streamingIns.get(room, made.id)]);
    await streamingIns.stop(room, made.id);
    await assert.rejects(streamingIns.get(room, made.id), failure('stream_not_found'));
  }

  async function tourTokens(sdk: PorticoAdmin, room: string): Promise<void> {
    const issued = await sdk.tokens.create(room, { user: 'ann', role: 'presenter', lifetime: 60 });
    assert.deepEqual([typeof issued.token, issued.url], ['string', 'https://portal.example:8443']);
    const [listed] = await all(sdk.tokens.list({ room, user: 'ann' }));
    assert.deepEqual([listed?.id, listed?.state], [issued.id, 'issued']);
    assert.equal((await sdk.tokens.revoke(issued.id)).dropped, 1);
    assert.equal((await sdk.revocations.create({ user: 'eve' })).user, 'eve');
    assert.equal((await sdk.revocations.list()).length, 2);
  }

  async function tourServices(sdk: PorticoAdmin): Promise<void> {
    const made = await sdk.services.create({ name: 'New', id: 'new' });
    assert.ok(made.key.length >= 32);
    assert.ok((await sdk.services.list()).some(({ _id }) => _id === 'new'));
    assert.equal((await sdk.services.get('new')).name, 'New');
    assert.notEqual((await sdk.services.rotate('new')).key, made.key);
    await sdk.services.delete('new');
    await assert.rejects(sdk.services.get('new'), failure('service_not_found'));
  }

  async function tourWebhooks(sdk: PorticoAdmin, receiver: Receiver): Promise<void> {
    const made = await sdk.webhooks.create({ url: receiver.url });
    assert.deepEqual(await sdk.webhooks.list(), [made]);
    assert.equal((await sdk.webhooks.test(made.id)).delivered, true);
    const [post] = receiver.posts;
    assert.equal(sdk.verifyWebhook(post!.body, post!.authorization).type, 'test');
    assert.throws(() => sdk.verifyWebhook(`${post!.body} `, post!.authorization), failure('token_altered'));
    assert.equal((await sdk.webhooks.update(made.id, { enabled: false })).enabled, false);
    assert.equal((await sdk.webhooks.get(made.id)).enabled, false);
    assert.deepEqual(await all(sdk.webhooks.deliveries({ state: 'dead' })), []);
    await assert.rejects(sdk.webhooks.retry(1), failure('not_found'));
    await sdk.webhooks.delete(made.id);
  }
});
