import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { joinBare } from '../support/bare-page.ts';
import { startCluster, type Cluster } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { killNow } from '../support/mix-processes.ts';
import type { Person } from '../support/people.ts';
import type { ParticipantPage } from '../support/page.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import {
  adminOf,
  both,
  endedRecording,
  ownerIn,
  recorderIn,
  recordsFor,
  showsAndSounds,
  streamOf,
  toldOf,
} from '../support/recording-watch.ts';
import { until } from '../support/until.ts';
import { UploadServer } from '../support/upload-server.ts';

const useFolder = () =>
  fixture(
    () => mkdtemp(join(tmpdir(), 'portico-recordings-')),
    (path) => rm(path, { recursive: true, force: true }),
  );

const leave = (person: ParticipantPage) => person.page.evaluate(() => window.portico.conference?.leave());

describe('recordings from the setting of a room to the file', function () {
  this.timeout(240_000);
  const browser = useBrowser();
  const folder = useFolder();
  const deployment = useDeployment<Cluster>(async () =>
    startCluster(
      (await sharedRabbit()).url,
      { mixers: 1, conferences: 2, apis: 1 },
      { recording: { path: folder() } },
    ),
  );
  const enter = (room: string, user: Person) => joinBare(browser(), deployment(), { room, user });

  it('begin with the first participant and end with the last, whatever becomes of the owner', async () => {
    const cluster = deployment();
    const admin = await adminOf(cluster);
    const options = { autoMix: true, autoRecord: { container: 'mkv' as const } };
    const { room } = await admin.rooms.create({ name: 'meetings', options });
    const running = async () => (await admin.recordings.list(room._id)).map(({ id }) => id);
    const lime = await enter(room._id, 'lime');
    const [first = ''] = await until(async () => (await running()).length > 0 && running(), {
      timeoutMs: 30_000,
      what: 'the room records itself',
    });
    const recording = await admin.recordings.get(room._id, first);
    assert.ok('startedBy' in recording && recording.startedBy.by === 'room');
    await recordsFor(admin, room._id, { id: first, leastMs: 5_000 });
    killNow(ownerIn(cluster, room._id).pid);
    await cluster.add('conference');
    const { durationMs } = await admin.recordings.get(room._id, first);
    // Longer than a new owner waits for what may still turn up.
    await recordsFor(admin, room._id, { id: first, leastMs: durationMs + 8_000 });
    assert.deepEqual(await running(), [first]);
    await leave(lime);
    const { files, reason } = await endedRecording(admin, room._id, ({ id }) => id === first);
    assert.deepEqual([files.length, reason], [1, 'source_ended']);
    await showsAndSounds(join(folder(), files[0]?.name ?? ''), 'lime', 0.6);
    await lime.close();

    const red = await enter(room._id, 'red');
    const [second = ''] = await until(async () => (await running()).length > 0 && running(), {
      timeoutMs: 30_000,
      what: 'the next meeting is recorded',
    });
    assert.notEqual(second, first);
    await recordsFor(admin, room._id, { id: second, leastMs: 9_000 });
    await leave(red);
    const next = await endedRecording(admin, room._id, ({ id }) => id === second);
    await showsAndSounds(join(folder(), next.files[0]?.name ?? ''), 'red', 0.6);
    assert.equal((await admin.recordings.ended(room._id)).length, 2);
    await red.close();
  });
});

describe('recordings that are uploaded', function () {
  this.timeout(240_000);
  const browser = useBrowser();
  const folder = useFolder();
  const store = useFolder();
  const port = fixture(freePort, () => Promise.resolve());
  const receiver = useStoppable(() => UploadServer.start());
  const deployment = useDeployment<Cluster>(async () => {
    const script = join(store(), 'done.sh');
    await writeFile(script, `#!/bin/sh\necho "$1" >> ${store()}/told\n`);
    await chmod(script, 0o755);
    const s3 = {
      ...{ endpoint: `http://127.0.0.1:${port()}`, bucket: 'meetings', prefix: 'calls/' },
      ...{ access_key: 'S3RVER', secret_key: 'S3RVER' },
    };
    const recording = { path: folder(), command: [script], s3 };
    return await startCluster(
      (await sharedRabbit()).url,
      { mixers: 1, conferences: 1, apis: 1 },
      { recording },
    );
  });

  it('get there once the storage does, also by the next agent, and are ready only then', async () => {
    const cluster = deployment();
    const admin = await adminOf(cluster);
    await admin.webhooks.create({ url: receiver().url('/told'), events: ['recording_ready'] });
    const { room } = await admin.rooms.create({ name: 'uploads' });
    const blue = await joinBare(browser(), cluster, { room: room._id, user: 'blue' });
    const media = both(await streamOf(admin, room._id));
    const { id } = await admin.recordings.start(room._id, { container: 'mkv', media });
    await recordsFor(admin, room._id, { id, leastMs: 3_000 });
    const agent = recorderIn(cluster);
    await admin.recordings.stop(room._id, id);
    const sidecar = join(folder(), `${room._id}/${id}.json`);
    await until(async () => /"error":/.test(await readFile(sidecar, 'utf8').catch(() => '')), {
      timeoutMs: 60_000,
      what: 'an upload has failed',
    });
    killNow(agent.pid);
    assert.deepEqual(await toldOf(admin, 'recording_ready'), []);
    const s3 = new S3rver({
      ...{ port: port(), address: '127.0.0.1', silent: true, directory: store() },
      configureBuckets: [{ name: 'meetings', configs: [] }],
    });
    await s3.run();
    try {
      await cluster.add('mixer');
      const [told] = await until(
        async () => {
          const events = await toldOf(admin, 'recording_ready');
          return events.length > 0 && events;
        },
        { timeoutMs: 90_000, what: 'it is ready' },
      );
      const [file] = told?.data.egress.state.files ?? [];
      assert.equal(file?.uploaded, `s3://meetings/calls/${room._id}/${id}.mkv`);
      assert.equal(told?.data.reason, 'stopped');
    } finally {
      await s3.close();
    }
    const kept = await readdir(join(store(), 'meetings/calls', room._id));
    assert.ok(
      kept.some((name) => name.startsWith(`${id}.mkv`)),
      kept.join(),
    );
    assert.equal(await readFile(join(store(), 'told'), 'utf8'), `${sidecar}\n`);
    await until(async () => (await readdir(join(folder(), '.work'))).length === 0);
    await blue.close();
  });
});
