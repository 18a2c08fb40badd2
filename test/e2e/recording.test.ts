import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '../../management-api/sdk/index.ts';
import { joinBare } from '../support/bare-page.ts';
import {
  startCluster,
  startSingle,
  type Cluster,
  type Deployment,
  type Single,
} from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { complaintsAbout, probe, probePackets } from '../support/media-file.ts';
import { killNow } from '../support/mix-processes.ts';
import type { Person } from '../support/people.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import {
  adminOf,
  both,
  endedRecording,
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

/** Longest time between two pictures, ms. */
async function longestGap(file: string): Promise<number> {
  const { streams } = await probe(file);
  const video = streams.findIndex(({ codec_type }) => codec_type === 'video');
  const times = (await probePackets(file)).filter(({ stream }) => stream === video).map(({ ms }) => ms);
  return Math.max(...times.slice(1).map((ms, index) => ms - (times[index] ?? 0)));
}

describe('a recording', function () {
  this.timeout(180_000 + repetitions * 20_000);
  const browser = useBrowser();
  const folder = fixture(
    () => mkdtemp(join(tmpdir(), 'portico-recordings-')),
    (path) =>
      process.env['KEEP'] === undefined ? rm(path, { recursive: true, force: true }) : Promise.resolve(),
  );

  const receiver = useStoppable(() => UploadServer.start());
  const enter = (server: Deployment, room: string, user: Person) =>
    joinBare(browser(), server, { room, user });
  const pathOf = (name: string) => join(folder(), name);

  describe('in one process', () => {
    const deployment = useDeployment<Single>(() =>
      startSingle({ recording: { path: folder() }, rooms: { 'default.auto_mix': true } }),
    );

    it('has what somebody sends, as it came, with the length of the call', async () => {
      const admin = await adminOf(deployment());
      const red = await enter(deployment(), 'forward', 'red');
      const from = await streamOf(admin, 'forward');
      const { id } = await admin.recordings.start('forward', { container: 'webm', media: both(from) });
      await recordsFor(admin, 'forward', { id });
      const begun = (await admin.recordings.get('forward', id)).durationMs;
      const at = performance.now();
      await recordsFor(admin, 'forward', { id, leastMs: begun + 6_000 });
      const ran = performance.now() - at;
      await admin.recordings.stop('forward', id);
      const { files, reason } = await endedRecording(admin, 'forward', (one) => one.id === id);
      assert.equal(reason, 'stopped');
      assert.equal(files.length, 1);
      const file = pathOf(files[0]?.name ?? '');
      await showsAndSounds(file, 'red');
      assert.deepEqual(await complaintsAbout(file), []);
      const gap = await longestGap(file);
      assert.ok(gap < 400, `${gap} ms between two pictures`);
      const { format, streams } = await probe(file);
      assert.deepEqual(streams.map(({ codec_name }) => codec_name).toSorted(), ['opus', 'vp8']);
      const length = Number(format.duration) * 1_000;
      assert.ok(length > begun + ran - 2_500, `${Math.round(length)} ms for ${Math.round(begun + ran)} ms`);
      const sidecar = JSON.parse(await readFile(file.replace(/webm$/, 'json'), 'utf8')) as {
        room: string;
        files: { sha256: string }[];
      };
      assert.equal(sidecar.room, 'forward');
      assert.match(sidecar.files[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
      await red.close();
    });

    it('has the mixed view, while nobody else watches it', async () => {
      const admin = await adminOf(deployment());
      const lime = await enter(deployment(), 'mixed', 'lime');
      const from = await streamOf(admin, 'mixed', true);
      const { id } = await admin.recordings.start('mixed', { container: 'mkv', media: both(from) });
      await recordsFor(admin, 'mixed', { id, leastMs: 6_000 });
      await admin.recordings.stop('mixed', id);
      const { files } = await endedRecording(admin, 'mixed', (one) => one.id === id);
      const file = pathOf(files[0]?.name ?? '');
      await showsAndSounds(file, 'lime');
      assert.deepEqual(await complaintsAbout(file), []);
      await lime.close();
    });

    it('plays after its process was killed, again and again, and goes on', async () => {
      const admin = await adminOf(deployment());
      const blue = await enter(deployment(), 'killed', 'blue');
      const from = await streamOf(admin, 'killed');
      const { id } = await admin.recordings.start('killed', { container: 'mkv', media: both(from) });
      let recorded = 0;
      for (let time = 0; time < repetitions; time += 1) {
        await recordsFor(admin, 'killed', { id, leastMs: recorded + 3_000 });
        recorded = (await admin.recordings.get('killed', id)).durationMs;
        for (const pid of recordersOf(deployment().process.pid)) killNow(pid);
      }
      await recordsFor(admin, 'killed', { id, leastMs: recorded + 3_000 });
      await admin.recordings.stop('killed', id);
      const { files, durationMs } = await endedRecording(admin, 'killed', (one) => one.id === id);
      for (const { name } of files) await showsAndSounds(pathOf(name), 'blue');
      assert.ok(durationMs > recorded - 2_000 * repetitions, `${durationMs} ms of ${recorded} ms are there`);
      await blue.close();
    });

    it('is finished at the next start when the whole server is killed', async () => {
      const admin = await adminOf(deployment());
      await admin.webhooks.create({ url: receiver().url('/told'), events: ['recording_ready'] });
      const red = await enter(deployment(), 'crash', 'red');
      const from = await streamOf(admin, 'crash');
      const { id } = await admin.recordings.start('crash', { container: 'webm', media: both(from) });
      await recordsFor(admin, 'crash', { id, leastMs: 5_000 });
      const recorded = (await admin.recordings.get('crash', id)).durationMs;
      const [recorder = 0] = recordersOf(deployment().process.pid);
      const children = [recorder, ...childrenOf(recorder)];
      killNow(deployment().process.pid);
      await until(() => children.every((pid) => !isAlive(pid)), {
        timeoutMs: 4_000,
        what: 'nothing is left',
      });
      await deployment().restart();
      const again = await adminOf(deployment());
      const { files, durationMs, reason } = await endedRecording(again, 'crash', (one) => one.id === id);
      assert.equal(reason, 'crashed');
      assert.ok(durationMs > recorded - 2_000, `${durationMs} ms of ${recorded} ms are there`);
      await showsAndSounds(pathOf(files[0]?.name ?? ''), 'red');
      const told = await until(async () => {
        const events = await toldOf(again, 'recording_ready');
        return events.find(({ data }) => data.egress.id === id);
      });
      assert.deepEqual(
        [told.room, told.data.reason, told.data.egress.state.files],
        ['crash', reason, files.map(({ agents: _agents, ...file }) => file)],
      );
      await until(async () => (await readdir(join(folder(), '.work'))).length === 0);
      await red.close();
    });
  });

  describe('on several processes', () => {
    const deployment = useDeployment<Cluster>(async () =>
      startCluster(
        (await sharedRabbit()).url,
        { mixers: 2, conferences: 2, apis: 1 },
        { recording: { path: folder(), shared: true } },
      ),
    );

    it('goes on elsewhere when its mixer agent is killed, and does not notice the loss of the owner', async () => {
      const cluster = deployment();
      const admin = await adminOf(cluster);
      const { room } = await admin.rooms.create({ name: 'cluster' });
      const yellow = await enter(cluster, room._id, 'yellow');
      const from = await streamOf(admin, room._id);
      const { id } = await admin.recordings.start(room._id, { container: 'mkv', media: both(from) });
      await recordsFor(admin, room._id, { id, leastMs: 4_000 });
      killNow(ownerIn(cluster, room._id).pid);
      await cluster.add('conference');
      await recordsFor(admin, room._id, { id, leastMs: 8_000 });
      const agent = recorderIn(cluster);
      const before = (await admin.recordings.get(room._id, id)) as Recording;
      killNow(agent.pid);
      await until(
        async () => {
          const running = (await admin.recordings.get(room._id, id)) as Recording;
          return running.agent !== before.agent && running.status === 'live' && running.durationMs > 4_000;
        },
        { timeoutMs: 60_000, what: 'another agent goes on' },
      );
      await admin.recordings.stop(room._id, id);
      const { files } = await endedRecording(
        admin,
        room._id,
        (one) => one.id === id && one.durationMs > 10_000,
      );
      for (const { name } of files) await showsAndSounds(pathOf(name), 'yellow');
      await yellow.close();
    });
  });
});
