import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinBare } from '../support/bare-page.ts';
import { startCluster, type Cluster } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { complaintsAbout } from '../support/media-file.ts';
import { killNow } from '../support/mix-processes.ts';
import type { Person } from '../support/people.ts';
import type { PorticoProcess } from '../support/portico-process.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import {
  adminOf,
  askAllTheTime,
  both,
  endedRecording,
  findOwner,
  ownerIn,
  recorderIn,
  recordersOf,
  recordsFor,
  showsAndSounds,
  streamOf,
  toldOf,
} from '../support/recording-watch.ts';
import { repetitions } from '../support/thorough.ts';
import { until } from '../support/until.ts';
import { UploadServer } from '../support/upload-server.ts';

describe('recordings in a cluster that loses processes', function () {
  this.timeout(120_000 + repetitions * 60_000);
  const browser = useBrowser();
  const folder = fixture(
    () => mkdtemp(join(tmpdir(), 'portico-recordings-')),
    (path) => rm(path, { recursive: true, force: true }),
  );
  const deployment = useDeployment<Cluster>(async () =>
    startCluster(
      (await sharedRabbit()).url,
      { mixers: 2, conferences: 2, apis: 1 },
      { recording: { path: folder(), shared: true } },
    ),
  );
  const isSucceeded = (room: string, owner: PorticoProcess) => {
    const now = findOwner(deployment(), room);
    return now !== undefined && now !== owner;
  };
  const receiver = useStoppable(() => UploadServer.start());
  const enter = (room: string, user: Person) => joinBare(browser(), deployment(), { room, user });

  it('go on when owner and mixer agent die together, and are one in the end', async () => {
    const cluster = deployment();
    const admin = await adminOf(cluster);
    const { room } = await admin.rooms.create({ name: 'both' });
    const lime = await enter(room._id, 'lime');
    const from = await streamOf(admin, room._id);
    const { id } = await admin.recordings.start(room._id, { container: 'mkv', media: both(from) });
    const asking = askAllTheTime(admin, room._id, id);
    for (let time = 0; time < repetitions; time += 1) {
      await recordsFor(admin, room._id, { id, leastMs: 3_000 });
      const [owner, agent] = [ownerIn(cluster, room._id), recorderIn(cluster)];
      for (const { pid } of [owner, agent]) killNow(pid);
      await Promise.all([cluster.add('conference'), cluster.add('mixer')]);
      await until(
        async () => {
          const running = await admin.recordings.get(room._id, id);
          return running.status === 'live' && running.part === time + 2;
        },
        { timeoutMs: 60_000, what: `part ${time + 2} is written` },
      );
    }
    await recordsFor(admin, room._id, { id, leastMs: 3_000 });
    const { asked, refusals } = await asking.stop();
    await admin.recordings.stop(room._id, id);
    const least = (repetitions + 1) * 3_000 - repetitions * 2_000;
    const { files, durationMs } = await endedRecording(
      admin,
      room._id,
      (one) => one.id === id && one.durationMs > least,
    );
    const sidecar = await readFile(join(folder(), `${room._id}/${id}.json`), 'utf8');
    const { gaps } = JSON.parse(sidecar) as { gaps: { kind: string; from: number; to: number }[] };
    const lost = gaps.filter(({ kind }) => kind === 'audio').map(({ from, to }) => to - from);
    console.log(`      ${asked} questions, ${refusals.length} without an answer ${refusals.join()}`);
    console.log(`      ${durationMs} ms, of which are lost: ${lost.join()} ms`);
    assert.equal(lost.filter((ms) => ms > 1_000).length, repetitions, 'what is lost is stated');
    assert.ok(!refusals.includes('egress_not_found'), refusals.join());
    assert.equal(files.length, 1, 'the parts are joined');
    for (const { name } of files) {
      await showsAndSounds(join(folder(), name), 'lime', 0.05);
      await showsAndSounds(join(folder(), name), 'lime', 0.95);
      assert.deepEqual(await complaintsAbout(join(folder(), name)), []);
    }
    assert.equal(cluster.mixers.flatMap(({ pid, exited }) => (exited ? [] : recordersOf(pid))).length, 0);
    await lime.close();
  });

  it('are never unknown while the room changes its owner', async () => {
    const cluster = deployment();
    const admin = await adminOf(cluster);
    const { room } = await admin.rooms.create({ name: 'owners' });
    const red = await enter(room._id, 'red');
    const from = await streamOf(admin, room._id);
    const { id } = await admin.recordings.start(room._id, { container: 'mkv', media: both(from) });
    await recordsFor(admin, room._id, { id, leastMs: 2_000 });
    const before = await admin.recordings.get(room._id, id);
    const asking = askAllTheTime(admin, room._id, id);
    for (let time = 0; time < repetitions; time += 1) {
      const owner = ownerIn(cluster, room._id);
      const next = cluster.add('conference');
      killNow(owner.pid);
      await next;
      await until(() => isSucceeded(room._id, owner), { timeoutMs: 20_000, what: 'a new owner' });
    }
    const { asked, refusals } = await asking.stop();
    console.log(`      ${asked} questions, ${refusals.length} without an answer ${refusals.join()}`);
    assert.ok(!refusals.includes('egress_not_found'), refusals.join());
    const after = await admin.recordings.get(room._id, id);
    assert.ok('agent' in before && 'agent' in after);
    assert.deepEqual([after.agent, after.part], [before.agent, 1], 'it has not noticed');
    await admin.recordings.stop(room._id, id);
    await red.close();
  });

  it('go on in an empty room, which nobody asks for, and are told of when they are ready', async () => {
    const cluster = deployment();
    const admin = await adminOf(cluster);
    await admin.webhooks.create({ url: receiver().url('/told'), events: ['recording_ready'] });
    const { room } = await admin.rooms.create({ name: 'empty', options: { autoMix: true } });
    const blue = await enter(room._id, 'blue');
    const from = await streamOf(admin, room._id, true);
    const { id } = await admin.recordings.start(room._id, { container: 'mkv', media: both(from) });
    await recordsFor(admin, room._id, { id, leastMs: 2_000 });
    await blue.close();
    await until(async () => (await admin.participants.list(room._id)).length === 0, { timeoutMs: 60_000 });
    const [owner, agent] = [ownerIn(cluster, room._id), recorderIn(cluster)];
    for (const { pid } of [owner, agent]) killNow(pid);
    await until(() => isSucceeded(room._id, owner), { timeoutMs: 30_000, what: 'a new owner' });
    await Promise.all([cluster.add('conference'), cluster.add('mixer')]);
    await until(async () => (await admin.recordings.get(room._id, id)).status === 'live', {
      timeoutMs: 60_000,
    });
    await admin.recordings.stop(room._id, id);
    const told = await until(
      async () => {
        const events = await toldOf(admin, 'recording_ready');
        return events.find(({ data }) => data.egress.id === id && data.reason === 'stopped');
      },
      { timeoutMs: 60_000, what: 'it is ready' },
    );
    assert.ok(told.data.egress.state.files.length > 0);
    await until(async () => (await readdir(join(folder(), '.work'))).length === 0, {
      timeoutMs: 60_000,
      what: 'no work is left',
    });
  });
});
