import assert from 'node:assert/strict';
import { PorticoAdmin, PorticoAdminError } from '../../management-api/sdk/index.ts';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { Backend, letIn, pageOf, seesNothingMore, streamOf, type Stage } from '../scenarios/managed-room.ts';
import { startCluster, startSingle, type Deployment } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { ParticipantPage } from '../support/page.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { SignalClient } from '../support/signal-client.ts';
import { until } from '../support/until.ts';

/** What holds for a server in one process and for one in many. */
function manages(running: () => Deployment): void {
  const browser = useBrowser();
  const admin = fixture(
    async () => new PorticoAdmin(await running().management()),
    async () => {},
  );
  const backend = fixture(
    () => Backend.start(admin()),
    (started) => started.stop(),
  );
  before(async () => {
    await admin().webhooks.create({ url: backend().url });
  });
  const stage = (): Stage => ({ deployment: running(), admin: admin(), browser: browser() });
  const meet = async (room: string) => {
    const [alice, bob] = await Promise.all([
      letIn(stage(), { room, user: 'alice' }),
      letIn(stage(), { room, user: 'bob' }),
    ]);
    await seeAndHearEachOther(alice, bob);
    return { alice, bob };
  };
  const newRoom = async (name: string) => (await admin().rooms.create({ name })).room._id;

  it('mutes a stream for everybody, ends it, and tells what it carries', async () => {
    const room = await newRoom('mute');
    const { alice, bob } = await meet(room);
    const stream = await streamOf(admin(), room, 'alice');
    const video = await until(
      async () => {
        const { streams } = await admin().rooms.measures(room);
        const tracks = streams.find(({ id }) => id === stream)?.tracks ?? [];
        return tracks.find(({ type, bitrate }) => type === 'video' && bitrate > 50_000);
      },
      { timeoutMs: 10_000 },
    );
    assert.match(video.format?.codec ?? '', /vp8|vp9|h264|av1/);
    assert.ok(video.score > 0);

    await admin().streams.mute(room, stream, ['video']);
    await seesNothingMore(bob, 'alice');
    // A camera is opened by the hand of its owner only, whoever closed it.
    await admin().streams.unmute(room, stream, ['video']);
    await alice.page.evaluate(async (id) => {
      await window.portico.conference?.publications.get(id)?.unmute('video');
    }, stream);
    await bob.seesMoreFrames('alice', 5);
    await admin().streams.end(room, stream);
    await until(async () => (await admin().streams.list(room)).every(({ id }) => id !== stream));
    await Promise.all([alice.close(), bob.close()]);
  });

  it('takes a permission away: the producer stops, and cannot be started again', async () => {
    const room = await newRoom('permit');
    const { alice, bob } = await meet(room);
    const id = await alice.id();
    const changed = await admin().participants.permit(room, id, { publish: { video: false } });
    assert.deepEqual(changed.permission.publish, { audio: true, video: false });
    await seesNothingMore(bob, 'alice');
    const refused = await alice.page.evaluate(async () => {
      const { conference } = window.portico;
      const canvas = document.createElement('canvas');
      canvas.getContext('2d');
      const track = canvas.captureStream(5).getVideoTracks()[0];
      if (conference === undefined || track === undefined) return 'no conference';
      try {
        await conference.publish({ video: track });
        return 'published';
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    });
    assert.equal(refused, 'forbidden');
    await Promise.all([alice.close(), bob.close()]);
  });

  it('drops somebody, who does not come back', async () => {
    const room = await newRoom('drop');
    const { alice, bob } = await meet(room);
    const spare = await admin().tokens.create(room, { user: 'alice', role: 'presenter' });
    await admin().participants.drop(room, await alice.id());
    await alice.state('closed');
    const result = await admin().revocations.create({ user: 'alice', room });
    assert.equal(result.dropped, 0);
    const refusal = await SignalClient.join(running().url, spare.token).catch((error: unknown) => error);
    assert.equal((refusal as { code?: string }).code, 'token_revoked');
    await until(() => backend().typesOf(room).includes('participant_left'), { what: 'the webhook' });
    const left = backend().events.find((event) => event.type === 'participant_left' && event.room === room);
    assert.equal(left?.type === 'participant_left' ? left.data.reason : undefined, 'dropped');
    const again = await letIn(stage(), { room, user: 'alice' });
    await Promise.all([again.close(), bob.close()]);
  });

  it('revokes what a user has: who is inside is out within a second', async () => {
    const room = await newRoom('revoke');
    const alice = await letIn(stage(), { room, user: 'alice' });
    const robert = await letIn(stage(), { room, user: 'robert' });
    const start = performance.now();
    const result = await admin().revocations.create({ user: 'robert' });
    assert.equal(result.dropped, 1);
    assert.ok(performance.now() - start < 1_000, `took ${String(Math.round(performance.now() - start))} ms`);
    await robert.state('closed');
    const states = await Promise.all(
      ['used', 'revoked'].map(async (state) => {
        let count = 0;
        const found = admin().tokens.list({ room, user: 'robert', state: state as 'used' });
        for await (const token of found) if (token.room === room) count += 1;
        return count;
      }),
    );
    assert.deepEqual(states, [0, 1]);
    await alice.close();
  });

  it('changes a room while it runs, and sends everybody away when it is deleted', async () => {
    const room = await newRoom('live');
    const { alice, bob } = await meet(room);
    const changed = await admin().rooms.merge(room, { participantLimit: 2 });
    assert.equal(changed.applied, 'now');
    const { token } = await admin().tokens.create(room, { user: 'carol', role: 'viewer' });
    const refusal = await SignalClient.join(running().url, token).catch((error: unknown) => error);
    assert.equal((refusal as { code?: string }).code, 'room_full');
    await admin().rooms.delete(room);
    await Promise.all([alice.state('closed'), bob.state('closed')]);
    await assert.rejects(admin().rooms.get(room), { code: 'room_not_found' });
    await until(() => backend().typesOf(room).includes('room_ended'), { timeoutMs: 10_000 });
  });

  it('tells an application what happens, in order', async () => {
    const room = await newRoom('told');
    const { alice, bob } = await meet(room);
    await alice.close();
    await bob.close();
    await until(() => backend().typesOf(room).includes('room_ended'), {
      what: 'the end of the room is told',
      timeoutMs: 30_000,
    });
    const types = backend().typesOf(room);
    assert.equal(types[0], 'room_started');
    assert.equal(types.at(-1), 'room_ended');
    const count = (type: string) => types.filter((one) => one === type).length;
    for (const [added, removed] of [
      ['participant_joined', 'participant_left'],
      ['stream_added', 'stream_removed'],
    ] as const) {
      assert.equal(count(added), 2);
      assert.equal(count(removed), 2);
    }
  });

  it('lets nobody into a room with the token of another service', async () => {
    const room = await newRoom('own');
    const made = await admin().services.create({ name: 'other' });
    const { url } = await running().management();
    const other = new PorticoAdmin({ url, service: made._id, key: made.key });
    await assert.rejects(other.rooms.get(room), PorticoAdminError);
    const forged = other.mintToken({ room, user: 'eve', role: 'presenter' });
    const refusal = await SignalClient.join(running().url, forged).catch((error: unknown) => error);
    assert.equal((refusal as { code?: string }).code, 'token_wrong_room');
    const { room: theirs } = await other.rooms.create({ name: 'theirs' });
    const { token } = await other.tokens.create(theirs._id, { user: 'frank', role: 'presenter' });
    const page = await browser().open(pageOf(running(), { room: theirs._id, user: 'frank', token }));
    await ParticipantPage.of(page, 'frank').state('connected');
    await page.close();
  });
}

describe('management of a server in one process', function () {
  this.timeout(120_000);
  manages(useDeployment(() => startSingle()));
});

describe('management of a cluster on PostgreSQL', function () {
  this.timeout(240_000);
  const rabbit = useStoppable(sharedRabbit);
  const running = useDeployment(async () => {
    const url = await (await sharedPostgres()).createDatabase();
    const shape = { apis: 2, conferences: 2, accesses: 2 };
    return await startCluster(rabbit().url, shape, { bus: { heartbeat_s: 5 }, database: { url } });
  });
  manages(running);

  it('goes on when an api process is killed, and a room keeps its settings when its owner is killed, too', async () => {
    const { service, key } = await running().management();
    const [first, second] = running().apiUrls.map((url) => new PorticoAdmin({ url, service, key }));
    assert.ok(first !== undefined && second !== undefined);
    const { room } = await first.rooms.create({ name: 'survivor', options: { participantLimit: 1 } });
    const { token } = await first.tokens.create(room._id, { user: 'alice', role: 'presenter' });
    const alice = await SignalClient.join(running().url, token);
    running().apis[0]?.kill();
    assert.equal((await second.participants.list(room._id)).length, 1);
    const spare = await second.tokens.create(room._id, { user: 'bob', role: 'presenter' });
    running().apis[1]?.kill();
    const owner = running().conferences.find((conference) =>
      conference.lines.some((line) => line.msg === 'room opened' && line.room === room._id),
    );
    assert.ok(owner, 'somebody opened the room');
    owner.kill();
    const refusal = await SignalClient.join(running().url, spare.token).catch((error: unknown) => error);
    assert.equal((refusal as { code?: string }).code, 'room_full');
    alice.close();
  });
});
