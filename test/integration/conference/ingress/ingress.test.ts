import assert from 'node:assert/strict';
import type { z } from 'zod';
import { PorticoError } from '../../../../common/contract/errors.ts';
import type { RoomAdminContract } from '../../../../common/contract/management.ts';
import type { Guest } from '../../../support/scripted-agents.ts';
import { storedRoom } from '../../../support/scripted-api.ts';
import { until } from '../../../support/until.ts';
import { metric } from '../cluster.ts';
import { codeOf, heard, must, published, streamId } from '../stage.ts';
import { both, Outlets } from '../egress/outlets.ts';
import { refusal } from '../views/scene.ts';

type Spec = z.input<RoomAdminContract['admin.ingress.start']['input']>['spec'];

describe('a stream from a URL', () => {
  let outlets: Outlets;
  let alice: Guest;
  const set = async (...args: Parameters<typeof Outlets.set>) => {
    outlets = await Outlets.set(...args);
    alice = await outlets.stage.join({ user: 'alice' });
  };
  afterEach(() => outlets.stop());

  const fetch = (id: string, more: Partial<Spec> = {}) =>
    outlets.stage.admin('admin.ingress.start', {
      spec: {
        stream: streamId(id),
        url: 'rtsp://camera.example/1',
        transportProtocol: 'tcp',
        bufferSize: 8_192,
        loop: false,
        audio: 'auto',
        video: 'auto',
        attributes: { name: 'camera' },
        ...more,
      },
    });
  const unpublish = (id: string) => outlets.stage.admin('admin.unpublish', { id: streamId(id) });
  const hosts = (id: string) =>
    outlets.stage.mixers.filter(({ service }) => service.outlets.ingresses.has(streamId(id)));
  const spec = (id: string) => must(hosts(id)[0]).service.outlets.ingresses.get(streamId(id))?.spec;
  const updates = (guest: Guest) =>
    heard(guest, 'stream').map((event) =>
      event.status === 'update' ? `${event.data.field} ${JSON.stringify(event.data.value)}` : event.status,
    );
  const shown = async (id: string) => published(await outlets.stage.look()).find((one) => one.id === id);

  it('is a forward stream of management, like any', async () => {
    await set({ apis: 1 });
    const { stage, scene } = outlets;
    const { ingress } = await fetch('in');
    assert.deepEqual(
      [ingress.agent, ingress.state.status, ingress.url],
      [scene.mixer.id, 'live', spec('in')?.url],
    );
    const added = await stage.hears(alice, 'stream', (event) => event.status === 'add');
    assert.deepEqual(added.status === 'add' && added.data.info, {
      owner: 'admin',
      type: 'streaming',
      inViews: [],
      attributes: { name: 'camera' },
    });
    await stage.subscribe(alice, 'in', 'sub');
    assert.deepEqual(
      scene.grant('sub')?.tracks.map(({ origin }) => origin.agent),
      [scene.mixer.id, scene.mixer.id],
    );
    await scene.mix(alice, 'in');
    await scene.watch(alice, 'w');
    const input = must(must(scene.mixer.spec()).inputs[0]);
    assert.deepEqual(
      [input.stream, input.name, input.video?.origin?.agent],
      ['in', 'camera', scene.mixer.id],
    );
    await outlets.start('rec', both('in'));
    assert.equal(must(outlets.spec('rec')).audio?.origin?.agent, scene.mixer.id);
    await unpublish('in');
    await stage.hears(alice, 'progress', ({ id }) => id === 'sub');
    assert.ok(updates(alice).includes('remove'));
    assert.deepEqual(outlets.outlets.dropped, ['in']);
    const types = stage.api.types(stage.room).filter((type) => type.startsWith('stream'));
    assert.deepEqual(types, ['stream_added', 'stream_removed']);
  });

  it('is fetched in codecs that the room takes', async () => {
    await set({ apis: 1 });
    const { stage } = outlets;
    const take = (version: number, ...codecs: ('av1' | 'vp8' | 'vp9')[]) => {
      const video = codecs.map((codec) => ({ codec }));
      return stage.manage('room.configure', {
        room: stage.room,
        stored: storedRoom({ mediaIn: { video } }, { version }),
      });
    };
    await fetch('any');
    assert.equal(spec('any')?.codecs, undefined);
    await take(2, 'av1', 'vp9', 'vp8');
    await fetch('some');
    assert.deepEqual(spec('some')?.codecs, ['vp8', 'vp9']);
    await take(3, 'av1');
    assert.deepEqual(await refusal(fetch('none')), ['codec_unsupported', 'spec.video']);
    await fetch('sound', { video: false });
    assert.equal(spec('sound')?.codecs, undefined);
  });

  it('comes into the room when its source does', async () => {
    await set();
    const { stage } = outlets;
    outlets.outlets.kinds = [];
    const { ingress } = await fetch('in');
    assert.deepEqual([ingress.stream, ingress.state.status], [null, 'connecting']);
    assert.equal(await shown('in'), undefined);
    assert.equal(await codeOf(stage.publish(alice, 'in')), 'stream_exists');
    assert.equal(await codeOf(stage.publish(alice, 'in-0')), 'stream_exists');
    await outlets.outlets.arrive(stage.room, streamId('in'), ['video']);
    assert.deepEqual(
      (await shown('in'))?.media.tracks.map(({ id, type, format }) => [id, type, format.codec]),
      [['in-0', 'video', 'h264']],
    );
    outlets.outlets.kinds = [];
    await fetch('never');
    await unpublish('never');
    assert.deepEqual(
      (await stage.admin('admin.ingresses', {})).ingresses.map(({ stream }) => stream?.id),
      ['in'],
    );
  });

  it('is muted for everybody by management and, without unmuting, by moderators', async () => {
    await set();
    const { stage } = outlets;
    await fetch('in');
    const { stream } = await stage.admin('admin.control', {
      id: streamId('in'),
      kinds: ['video'],
      operation: 'pause',
    });
    assert.equal(stream.media.tracks[1]?.status, 'inactive');
    assert.deepEqual(spec('in')?.paused, { audio: false, video: true });
    await stage.control(alice, { id: streamId('in'), operation: 'pause', data: 'audio' });
    assert.deepEqual(spec('in')?.paused, { audio: true, video: true });
    const play = { id: streamId('in'), operation: 'play', data: 'av' } as const;
    assert.equal(await codeOf(stage.control(alice, play)), 'forbidden');
    await stage.admin('admin.control', { id: streamId('in'), kinds: ['audio', 'video'], operation: 'play' });
    assert.deepEqual(spec('in')?.paused, { audio: false, video: false });
    await until(() => updates(alice).length === 5);
    assert.deepEqual(updates(alice), [
      'add',
      'video.status "inactive"',
      'audio.status "inactive"',
      'audio.status "active"',
      'video.status "active"',
    ]);
  });

  it('belongs to nobody in the room', async () => {
    await set();
    await fetch('in');
    const request = { id: streamId('in') };
    const { portal, id } = alice;
    assert.equal(await codeOf(portal.request(outlets.stage.room, id, 'unpublish', request)), 'forbidden');
  });

  it('is interrupted when its agent is lost, and comes back under its id', async () => {
    await set({ mixers: 2 });
    const { stage, scene } = outlets;
    await fetch('in');
    await stage.admin('admin.control', { id: streamId('in'), kinds: ['audio'], operation: 'pause' });
    await stage.subscribe(alice, 'in', 'sub');
    const lost = must(hosts('in')[0]);
    await lost.kill();
    const ended = await stage.hears(alice, 'progress', (event) => event.id === 'sub');
    assert.deepEqual(ended.data, { reason: 'source_interrupted', transports: false });
    await stage.hears(alice, 'stream', (event) => event.status === 'update' && event.data.field === '.');
    const now = must(hosts('in')[0]).service;
    assert.notEqual(now.id, lost.service.id);
    assert.deepEqual(spec('in')?.paused, { audio: true, video: false });
    const info = must(await shown('in'));
    assert.deepEqual([info.status, info.media.tracks[0]?.status], ['active', 'inactive']);
    await stage.subscribe(alice, 'in', 'sub');
    assert.equal(scene.grant('sub')?.tracks[0]?.origin.agent, now.id);
  });

  it('stays in the room while no agent can fetch it', async () => {
    await set({ mixers: 1 });
    await fetch('in');
    await must(hosts('in')[0]).kill();
    await until(async () => (await shown('in'))?.status === 'interrupted');
    const [listed] = (await outlets.stage.admin('admin.ingresses', {})).ingresses;
    assert.deepEqual([listed?.agent, listed?.state.status], [undefined, 'retrying']);
    const mixer = await outlets.scene.cluster.mixer();
    await until(async () => (await shown('in'))?.status === 'active');
    assert.equal(mixer.service.outlets.ingresses.size, 1);
  });

  it('with new producers is received anew', async () => {
    await set();
    await fetch('in');
    await outlets.stage.subscribe(alice, 'in', 'sub');
    await outlets.outlets.arrive(outlets.stage.room, streamId('in'));
    await outlets.stage.hears(alice, 'progress', (event) => event.id === 'sub');
    assert.equal(await codeOf(outlets.stage.subscribe(alice, 'in', 'sub')), 'ok');
  });

  it('that is over leaves the room', async () => {
    await set({ apis: 1 });
    const { stage } = outlets;
    await fetch('file');
    await fetch('camera');
    await outlets.outlets.tellIngress(stage.room, streamId('file'), { status: 'ended' });
    const error = { code: 'refused', message: '401' };
    await outlets.outlets.tellIngress(stage.room, streamId('camera'), { status: 'failed', error });
    assert.deepEqual(published(await stage.look()), []);
    assert.deepEqual(outlets.outlets.dropped, ['file', 'camera']);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_ingresses'), 0);
  });

  it('keeps an empty room open, and is gone with a room that is deleted', async () => {
    await set({ apis: 1 });
    const { stage } = outlets;
    stage.api.rooms.set(stage.room, storedRoom());
    await fetch('in');
    await stage.leave(alice);
    const newcomer = await stage.join({ user: 'bob' });
    assert.deepEqual(
      published(newcomer.joined.room).map(({ id }) => id),
      ['in'],
    );
    await stage.leave(newcomer);
    await stage.manage('room.delete', { room: stage.room });
    await until(() => outlets.outlets.ingresses.size === 0);
  });

  it('is restored under a new owner, mixed where it was', async () => {
    await set({ conferences: 2 });
    const { stage, scene } = outlets;
    await fetch('in');
    await scene.mix(alice, 'in');
    await scene.watch(alice, 'w');
    await stage.subscribe(alice, 'in', 'sub');
    await until(() => stage.portalAt(0).owners.memory(stage.room).views?.views[0]?.mixed.length === 1);
    await stage.ownerOf(alice).kill();
    await stage.look();
    const room = await stage.hears(alice, 'room');
    const [info] = published(room);
    assert.deepEqual(
      [info?.id, info?.status, info?.info],
      [
        'in',
        'active',
        {
          owner: 'admin',
          type: 'streaming',
          inViews: ['common'],
          attributes: { name: 'camera' },
        },
      ],
    );
    await stage.admin('admin.control', { id: streamId('in'), kinds: ['audio'], operation: 'pause' });
    assert.deepEqual(spec('in')?.paused, { audio: true, video: false });
    assert.notEqual(scene.grant('sub'), undefined);
    await unpublish('in');
    await until(() => outlets.outlets.ingresses.size === 0);
  });

  it('goes on elsewhere when its agent is lost together with the owner', async () => {
    await set({ conferences: 2, mixers: 2 });
    const { stage } = outlets;
    await fetch('in');
    await stage.subscribe(alice, 'in', 'sub');
    await stage.admin('admin.control', { id: streamId('in'), kinds: ['audio'], operation: 'pause' });
    const holds = ({ service }: (typeof stage.mixers)[number]) =>
      service.outlets.ingresses.has(streamId('in'));
    const [before, owner] = [must(stage.mixers.find(holds)), stage.ownerOf(alice)];
    await Promise.all([before.kill(), owner.kill()]);
    await stage.look();
    const after = await until(() => stage.mixers.find((mixer) => mixer !== before && holds(mixer)));
    const listed = must(after.service.outlets.ingresses.get(streamId('in')));
    assert.deepEqual(listed.spec.paused, { audio: true, video: false });
    await until(async () => {
      const [ingress] = (await stage.admin('admin.ingresses', {})).ingresses;
      return ingress?.agent === after.service.id && ingress.stream?.status === 'active';
    });
    await unpublish('in');
    await until(() => after.service.outlets.ingresses.size === 0);
  });

  it('is refused with a reason', async () => {
    await set({}, { rooms: { default: { input_limit: 2 } } });
    const { stage } = outlets;
    await stage.publish(alice, 's1');
    assert.deepEqual(await refusal(fetch('s1')), ['stream_exists', 'id']);
    assert.equal(await codeOf(fetch(`${stage.room}-common`)), 'stream_exists');
    const bad = new PorticoError('bad_request', 'the host is in a private network', { field: 'spec.url' });
    outlets.scene.mixer.refusal = bad;
    await assert.rejects(fetch('in'), { code: 'bad_request', message: bad.message });
    outlets.scene.mixer.refusal = new PorticoError('resource_exhausted', 'full');
    assert.equal(await codeOf(fetch('in')), 'resource_exhausted');
    outlets.scene.mixer.refusal = undefined;
    assert.deepEqual((await stage.admin('admin.ingresses', {})).ingresses, []);
    await fetch('in');
    assert.equal(await codeOf(fetch('another')), 'too_many_inputs');
    assert.equal(await codeOf(fetch('in')), 'ok', 'a retry');
    assert.deepEqual(await refusal(fetch('in', { url: 'rtsp://elsewhere.example' })), [
      'stream_exists',
      'spec.stream',
    ]);
    assert.equal(await codeOf(unpublish('nothing')), 'stream_not_found');
  });
});
