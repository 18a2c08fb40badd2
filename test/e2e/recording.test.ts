import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  PorticoAdmin,
  PorticoAdminError,
  type EndedRecording,
  type Recording,
} from '../../management-api/sdk/index.ts';
import {
  startCluster,
  startSingle,
  type Cluster,
  type Deployment,
  type Single,
} from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { look, toneLead } from '../support/live-viewer.ts';
import { complaintsAbout, probe, probePackets } from '../support/media-file.ts';
import { commandOf, killNow } from '../support/mix-processes.ts';
import { people, plainCamera, type Person } from '../support/mix-viewer.ts';
import { ParticipantPage } from '../support/page.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { repetitions } from '../support/thorough.ts';
import { until } from '../support/until.ts';

const recordersOf = (server: number): number[] =>
  childrenOf(server).filter((pid) => commandOf(pid).includes('mixer-agent/egress/main.ts'));

/** Somebody's own colour and tone, and nobody else's. */
async function showsAndSounds(file: string, who: Person): Promise<void> {
  const { colour, sound } = await look(file);
  assert.ok(colour !== undefined, 'there is a picture');
  for (const [index, channel] of [colour.r, colour.g, colour.b].entries()) {
    const wanted = people[who].colour[index] ?? 0;
    assert.ok(Math.abs(channel - wanted) < 70, `${JSON.stringify(colour)} is the colour of ${who}`);
  }
  const lead = toneLead(sound, people[who].tone, 2_300);
  assert.ok(lead > 15, `the tone of ${who} leads by ${lead.toFixed(1)} dB`);
}

function ifNotFound(error: unknown): undefined {
  if (!(error instanceof PorticoAdminError) || error.code !== 'egress_not_found') throw error;
}

/** Longest time between two pictures, ms. */
async function longestGap(file: string): Promise<number> {
  const { streams } = await probe(file);
  const video = streams.findIndex(({ codec_type }) => codec_type === 'video');
  const times = (await probePackets(file)).filter(({ stream }) => stream === video).map(({ ms }) => ms);
  return Math.max(...times.slice(1).map((ms, index) => ms - (times[index] ?? 0)));
}

describe('a recording', function () {
  this.timeout(240_000);
  const browser = useBrowser();
  const folder = fixture(
    () => mkdtemp(join(tmpdir(), 'portico-recordings-')),
    (path) =>
      process.env['KEEP'] === undefined ? rm(path, { recursive: true, force: true }) : Promise.resolve(),
  );

  const enter = (server: Deployment, room: string, user: Person) =>
    ParticipantPage.join(browser(), server, { room, user }, plainCamera);
  const streamOf = async (admin: PorticoAdmin, room: string, mixed = false) =>
    await until(
      async () => (await admin.streams.list(room)).find(({ info }) => 'layout' in info === mixed)?.id,
      { timeoutMs: 20_000 },
    );
  const both = (from: string) => ({ audio: { from }, video: { from } });
  const live = async (admin: PorticoAdmin, room: string, id: string, leastMs = 4_000) => {
    await until(
      async () => {
        // A new owner may not have heard of it for a moment.
        const running = await admin.recordings.get(room, id).catch(ifNotFound);
        return running !== undefined && running.status !== 'ended' && running.durationMs > leastMs;
      },
      { timeoutMs: 60_000, what: 'something is recorded' },
    );
  };
  const ended = async (admin: PorticoAdmin, room: string, id: string): Promise<EndedRecording> =>
    await until(async () => (await admin.recordings.ended(room)).find((recording) => recording.id === id), {
      timeoutMs: 60_000,
      what: 'the recording is finished',
    });
  const pathOf = (name: string) => join(folder(), name);

  describe('in one process', () => {
    const deployment = useDeployment<Single>(() =>
      startSingle({ recording: { path: folder() }, rooms: { 'default.auto_mix': true } }),
    );
    const adminOf = async () => new PorticoAdmin(await deployment().management());

    it('has what somebody sends, as it came, with the length of the call', async () => {
      const admin = await adminOf();
      const red = await enter(deployment(), 'forward', 'red');
      const from = await streamOf(admin, 'forward');
      const { id } = await admin.recordings.start('forward', { container: 'webm', media: both(from) });
      await live(admin, 'forward', id);
      const begun = (await admin.recordings.get('forward', id)).durationMs;
      const at = performance.now();
      await live(admin, 'forward', id, begun + 6_000);
      const ran = performance.now() - at;
      await admin.recordings.stop('forward', id);
      const { files, reason } = await ended(admin, 'forward', id);
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
      const admin = await adminOf();
      const lime = await enter(deployment(), 'mixed', 'lime');
      const from = await streamOf(admin, 'mixed', true);
      const { id } = await admin.recordings.start('mixed', { container: 'mkv', media: both(from) });
      await live(admin, 'mixed', id, 6_000);
      await admin.recordings.stop('mixed', id);
      const { files } = await ended(admin, 'mixed', id);
      const file = pathOf(files[0]?.name ?? '');
      await showsAndSounds(file, 'lime');
      assert.deepEqual(await complaintsAbout(file), []);
      await lime.close();
    });

    it('plays after its process was killed, again and again, and goes on', async () => {
      const admin = await adminOf();
      const blue = await enter(deployment(), 'killed', 'blue');
      const from = await streamOf(admin, 'killed');
      const { id } = await admin.recordings.start('killed', { container: 'mkv', media: both(from) });
      let recorded = 0;
      for (let time = 0; time < repetitions; time += 1) {
        await live(admin, 'killed', id, recorded + 3_000);
        recorded = (await admin.recordings.get('killed', id)).durationMs;
        for (const pid of recordersOf(deployment().process.pid)) killNow(pid);
      }
      await live(admin, 'killed', id, recorded + 3_000);
      await admin.recordings.stop('killed', id);
      const { files, durationMs } = await ended(admin, 'killed', id);
      for (const { name } of files) await showsAndSounds(pathOf(name), 'blue');
      assert.ok(durationMs > recorded - 2_000 * repetitions, `${durationMs} ms of ${recorded} ms are there`);
      await blue.close();
    });

    it('is finished at the next start when the whole server is killed', async () => {
      const admin = await adminOf();
      const red = await enter(deployment(), 'crash', 'red');
      const from = await streamOf(admin, 'crash');
      const { id } = await admin.recordings.start('crash', { container: 'webm', media: both(from) });
      await live(admin, 'crash', id, 5_000);
      const recorded = (await admin.recordings.get('crash', id)).durationMs;
      const [recorder = 0] = recordersOf(deployment().process.pid);
      const children = [recorder, ...childrenOf(recorder)];
      killNow(deployment().process.pid);
      await until(() => children.every((pid) => !isAlive(pid)), {
        timeoutMs: 4_000,
        what: 'nothing is left',
      });
      await deployment().restart();
      const again = await adminOf();
      const { files, durationMs, reason } = await ended(again, 'crash', id);
      assert.equal(reason, 'crashed');
      assert.ok(durationMs > recorded - 2_000, `${durationMs} ms of ${recorded} ms are there`);
      await showsAndSounds(pathOf(files[0]?.name ?? ''), 'red');
      assert.deepEqual(await readdir(join(folder(), '.work')), []);
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
      const admin = new PorticoAdmin(await cluster.management());
      const { room } = await admin.rooms.create({ name: 'cluster' });
      const yellow = await enter(cluster, room._id, 'yellow');
      const from = await streamOf(admin, room._id);
      const { id } = await admin.recordings.start(room._id, { container: 'mkv', media: both(from) });
      await live(admin, room._id, id, 4_000);
      for (const { pid } of cluster.conferences.slice(0, 1)) killNow(pid);
      await cluster.add('conference');
      await live(admin, room._id, id, 8_000);
      const agent = cluster.mixers.find(({ pid, exited }) => !exited && recordersOf(pid).length > 0);
      assert.ok(agent !== undefined, 'a mixer agent records');
      const before = (await admin.recordings.get(room._id, id)) as Recording;
      killNow(agent.pid);
      await until(
        async () => {
          const running = (await admin.recordings.get(room._id, id).catch(ifNotFound)) as
            Recording | undefined;
          if (running === undefined) return false;
          return running.agent !== before.agent && running.status === 'live' && running.durationMs > 4_000;
        },
        { timeoutMs: 60_000, what: 'another agent goes on' },
      );
      await admin.recordings.stop(room._id, id);
      const { files } = await until(
        async () => {
          const recording = await ended(admin, room._id, id);
          return recording.durationMs > 10_000 ? recording : undefined;
        },
        { timeoutMs: 60_000, what: 'both parts are finished' },
      );
      for (const { name } of files) await showsAndSounds(pathOf(name), 'yellow');
      await yellow.close();
    });
  });
});
