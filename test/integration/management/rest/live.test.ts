import assert from 'node:assert/strict';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import type { Participant } from '../../../../management-api/schemas/participants.ts';
import type { RoomStatus } from '../../../../management-api/schemas/rooms.ts';
import type { Stream10, Stream11 } from '../../../../management-api/schemas/streams.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { until } from '../../../support/until.ts';
import { ScriptedNode } from './cluster.ts';
import { participant, stream, subscription } from './samples.ts';
import { onBothEngines } from './engines.ts';
import { otherService } from './stage.ts';

onBothEngines('management REST: rooms that run', (start) => {
  const stage = useStoppable(async () => {
    const started = await start();
    await started.addOther();
    for (const id of ['asleep', 'awake', 'moving']) {
      await started.request('POST', '/v1/rooms', { body: { name: id, id } });
    }
    return started;
  });
  const get = <T>(path: string) => stage().request<T>('GET', path);

  beforeEach(async () => {
    await stage().agent.own('awake', {
      participants: [participant('p1'), participant('p2')],
      streams: [{ info: stream('s1'), agent: 'access-1' }, { info: stream('sound', ['audio']) }],
      subscriptions: [subscription('sub1')],
    });
  });
  afterEach(() => stage().agent.disown('awake'));

  it('is empty where nothing runs', async () => {
    for (const noun of ['participants', 'streams', 'subscriptions']) {
      assert.deepEqual((await get(`/v1/rooms/asleep/${noun}`)).body, [], noun);
      assert.equal(
        (await get(`/v1/rooms/nowhere/${noun}`)).status,
        200,
        'the super service may look anywhere',
      );
    }
    assert.deepEqual((await get(`/v1/rooms/asleep/status`)).body, {
      ...{ active: false, participants: 0, streams: 0, subscriptions: 0 },
    });
    for (const [path, number] of [
      ['participants/p1', 1005],
      ['participants/%01', 1005],
      ['streams/s1', 1004],
    ]) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await stage().request<Problem>(method, `/v1/rooms/asleep/${path}`);
        assert.deepEqual([answer.status, answer.body.error.code], [404, number], `${method} ${path}`);
      }
    }
  });

  it('shows participants, and changes what they may do', async () => {
    const { body } = await get<Participant[]>('/v1/rooms/awake/participants');
    assert.deepEqual(
      body.map(({ id }) => id),
      ['p1', 'p2'],
    );
    const path = '/v1/rooms/awake/participants/p1';
    const patched = await stage().request<Participant>('PATCH', path, {
      body: [
        { op: 'replace', path: '/permission/publish', value: { audio: true, video: false } },
        { op: 'replace', path: '/permission/subscribe/audio', value: true },
        { op: 'replace', path: '/permission/subscribe/audio', value: false },
      ],
    });
    assert.deepEqual(patched.body.permission, {
      publish: { audio: true, video: false },
      subscribe: { audio: false, video: true },
    });
    assert.deepEqual((await get<Participant>(path)).body, patched.body);
    const bad = [{ op: 'add', path: '/permission/publish', value: true }];
    assert.equal((await stage().request('PATCH', path, { body: bad })).status, 400);
  });

  it('removes a participant', async () => {
    const path = '/v1/rooms/awake/participants/p2';
    const answer = await stage().request('DELETE', path);
    assert.deepEqual([answer.status, answer.text], [200, '']);
    assert.equal((await get(path)).status, 404);
  });

  it('shows streams as 1.0 at v1 and as 1.1 at v1.1', async () => {
    const { body: old } = await get<Stream10[]>('/v1/rooms/awake/streams');
    const { body: newer } = await get<Stream11[]>('/v1.1/rooms/awake/streams');
    const [first] = old;
    assert.ok(first?.media.video !== false && first?.media.video.format.codec === 'vp8');
    const [second] = newer;
    assert.ok(second?.media.video !== false && second?.media.video.original[0]?.format.codec === 'vp8');
    assert.equal(old[1]?.media.video, false);
  });

  it('mutes and unmutes a stream for everybody', async () => {
    const path = '/v1/rooms/awake/streams/s1';
    const mute = { op: 'replace', path: '/media/audio/status', value: 'inactive' };
    const { body } = await stage().request<Stream10>('PATCH', path, { body: [mute] });
    assert.ok(body.media.audio !== false && body.media.audio.status === 'inactive');
    assert.ok(body.media.video !== false && body.media.video.status === 'active');
    const both = [
      { ...mute, value: 'active' },
      { ...mute, path: '/media/video/status' },
    ];
    const { body: after } = await stage().request<Stream10>('PATCH', path, { body: both });
    assert.ok(after.media.audio !== false && after.media.audio.status === 'active');
    assert.ok(after.media.video !== false && after.media.video.status === 'inactive');
  });

  it('changes nothing when one operation of a patch is not possible', async () => {
    const mute = { op: 'replace', path: '/media/audio/status', value: 'inactive' };
    const mix = { op: 'add', path: '/info/inViews', value: 'nowhere' };
    const refused = await stage().request<Problem>('PATCH', '/v1/rooms/awake/streams/s1', {
      body: [mute, mix],
    });
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.field],
      [400, 'bad_request', '[1].value'],
    );
    const noVideo = [mute, { ...mute, path: '/media/video/status' }];
    const missing = await stage().request<Problem>('PATCH', '/v1/rooms/awake/streams/sound', {
      body: noVideo,
    });
    assert.deepEqual([missing.status, missing.body.code], [404, 'track_not_found']);
    const { body } = await get<Stream10[]>('/v1/rooms/awake/streams');
    for (const { media } of body) assert.ok(media.audio !== false && media.audio.status === 'active');
  });

  it('ends a stream', async () => {
    assert.equal((await stage().request('DELETE', '/v1.1/rooms/awake/streams/s1')).status, 200);
    assert.equal((await get('/v1/rooms/awake/streams/s1')).status, 404);
  });

  it('tells what runs where', async () => {
    const { body } = await get<RoomStatus>('/v1/rooms/awake/status');
    assert.deepEqual([body.active, body.participants, body.subscriptions], [true, 2, 1]);
    assert.equal(body.owner, stage().agent.node.membership.id);
    const rooms = await get<{ room: string }[]>('/v1/cluster/rooms');
    assert.deepEqual(
      rooms.body.map(({ room }) => room),
      ['awake'],
    );
    const theirs = await stage().request('GET', '/v1/cluster/rooms', { as: otherService });
    assert.deepEqual(theirs.body, [], 'others see their own only');
    const nodes = await get<{ role: string; url?: string }[]>('/v1/cluster/nodes');
    assert.deepEqual(
      nodes.body.map(({ role }) => role),
      ['api', 'conference', 'portal'],
    );
    assert.equal(nodes.body[2]?.url, 'https://portal.example:8443');
    assert.equal((await get<unknown[]>('/v1/rooms/awake/subscriptions')).body.length, 1);
  });

  it('gathers measures from the access agents that carry the room, and names those that do not answer', async () => {
    const access = await ScriptedNode.start(stage().broker, 'access');
    const { id } = access.membership;
    const measured = { streams: [{ id: 's1', participant: 'p1', tracks: [] }], subscriptions: [] };
    await access.serve(async () => measured);
    await stage().agent.disown('awake');
    await stage().agent.own('awake', {
      streams: [{ info: stream('s1'), agent: id }],
      subscriptions: [subscription('sub1')],
    });
    const { body } = await get('/v1/rooms/awake/measures');
    assert.deepEqual(body, { ...measured, unanswered: ['access-1'] });
    await access.close();
  });

  it('waits for the new owner of a room that has participants, and gives up when none comes', async () => {
    stage().inside.push({ room: 'moving' });
    const asked = get<Participant[]>('/v1/rooms/moving/participants');
    await until(() => stage().broker !== undefined);
    await stage().agent.own('moving', { participants: [participant('p1')] });
    assert.equal((await asked).body.length, 1);
    await stage().agent.disown('moving');
    const refused = await get<Problem>('/v1/rooms/moving/participants');
    assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable']);
    assert.equal(refused.headers.get('retry-after'), '1');
    stage().inside.length = 0;
  }).timeout(10_000);

  it('tells an agent that did not answer again, the newest only', async () => {
    const { agent, parts } = stage();
    agent.deafFor = 3;
    const put = (participantLimit: number) =>
      stage().request('PUT', '/v1/rooms/asleep', { body: { participantLimit } });
    const before = agent.configured.length;
    assert.equal((await put(1)).headers.get('portico-applied'), 'pending');
    assert.equal((await put(2)).headers.get('portico-applied'), 'pending');
    await until(() => agent.configured.length > before);
    await until(() => parts.pushes.overdue === 0);
    assert.equal(agent.configured.at(-1)?.stored.settings.participantLimit, 2);
    assert.equal(agent.deafFor, 0);
  });
});
