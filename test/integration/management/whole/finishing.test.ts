import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MemberId } from '../../../../common/contract/ids.ts';
import type { ConferenceAgent } from '../../../../conference-agent/conference-agent.ts';
import { ManagementApi } from '../../../../management-api/management-api.ts';
import { PorticoAdmin, type EndedRecording, type Recording } from '../../../../management-api/sdk/index.ts';
import { MixerAgent } from '../../../../mixer-agent/mixer-agent.ts';
import { askAllTheTime, both, endedRecording, recordsFor } from '../../../support/recording-watch.ts';
import { until } from '../../../support/until.ts';
import { localBuses, TestCluster, testConfig, type Process } from '../../conference/cluster.ts';
import { bearer, superService } from '../rest/stage.ts';

/** An FFmpeg that begins nothing new as long as a file is there. */
class Gate {
  readonly program: string;
  readonly #closed: string;

  constructor(folder: string) {
    this.program = join(folder, 'ffmpeg');
    this.#closed = join(folder, 'closed');
  }

  async make(): Promise<void> {
    const script = `#!/bin/sh\nwhile [ -e '${this.#closed}' ]; do sleep 0.05; done\nexec ffmpeg "$@"\n`;
    await writeFile(this.program, script);
    await chmod(this.program, 0o700);
  }

  close(): Promise<void> {
    return writeFile(this.#closed, '');
  }

  open(): Promise<void> {
    return rm(this.#closed, { force: true });
  }
}

describe('a recording between its end and its files', function () {
  this.timeout(60_000);
  let folder: string;
  let gate: Gate;
  let cluster: TestCluster;
  let conferences: Process<ConferenceAgent>[];
  let mixer: Process<MixerAgent>;
  let url: string;
  let admin: PorticoAdmin;
  let room: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-finishing-'));
    gate = new Gate(folder);
    await gate.make();
    const views = [{ label: 'common', video: { parameters: { resolution: { width: 320, height: 240 } } } }];
    const config = testConfig({
      rooms: { default: { views }, empty_close_ms: 1_000 },
      mixer: { max_load: 1 },
    });
    cluster = new TestCluster(localBuses(), config);
    conferences = [await cluster.conference(), await cluster.conference()];
    mixer = await startMixer();
    const api = await cluster.start('api', (context) =>
      ManagementApi.create(context, {
        ...{ keys: { list: () => [superService] }, dataDir: folder, version: '1.2.3', port: 0 },
      }),
    );
    await cluster.acquainted(...conferences, mixer, api);
    url = api.service.url ?? '';
    admin = new PorticoAdmin({ url, service: superService.id, key: superService.key });
    room = (await admin.rooms.create({ name: 'finishing' })).room._id;
  });
  afterEach(async () => {
    await gate.open();
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const startMixer = (): Promise<Process<MixerAgent>> =>
    cluster.start('mixer', (context) =>
      MixerAgent.create(context, {
        ...{ env: {}, dataDir: folder, findFfmpeg: () => Promise.resolve(gate.program) },
      }),
    );

  /** Begins one of the mixed view, and waits until something is written. */
  const begin = async (): Promise<string> => {
    const { id } = await admin.recordings.start(room, { container: 'mkv', media: both(`${room}-common`) });
    await recordsFor(admin, room, { id, leastMs: 500 });
    return id;
  };

  /** As each version of the API shows it, and the SDK. */
  const shown = async (id: string): Promise<(Recording | EndedRecording)[]> => {
    const headers = { authorization: bearer(superService) };
    const ask = async (version: string) => {
      const response = await fetch(`${url}/${version}/rooms/${room}/recordings/${id}`, { headers });
      assert.equal(response.status, 200, await response.clone().text());
      return (await response.json()) as Recording | EndedRecording;
    };
    return [await ask('v1'), await ask('v1.1'), await admin.recordings.get(room, id)];
  };

  const assertFinalising = async (id: string, agent: MemberId): Promise<void> => {
    for (const recording of await shown(id)) {
      assert.ok(!('endedAt' in recording));
      const { status, durationMs, bytes, bitrate, media } = recording;
      assert.deepEqual([status, bitrate, recording.agent], ['finalising', 0, agent]);
      assert.ok(durationMs > 500 && bytes > 0, `${durationMs} ms, ${bytes} bytes`);
      assert.equal(media.video && media.video.from, `${room}-common`);
    }
  };

  const idOf = ({ context }: Process<unknown>): MemberId => context.membership.id;

  it('says that it is being finished, also when the owner of the room dies and when the room is over', async () => {
    const id = await begin();
    const other = await begin();
    const asking = askAllTheTime(admin, room, id);
    await gate.close();
    await admin.recordings.stop(room, id);
    await assertFinalising(id, idOf(mixer));
    assert.deepEqual(
      (await admin.recordings.list(room)).map((one) => one.id),
      [other],
    );
    const ownerId = (await admin.cluster.rooms()).find((one) => one.room === room)?.owner;
    const owner = conferences.find((one) => idOf(one) === ownerId);
    assert.ok(owner !== undefined);
    await owner.kill();
    await assertFinalising(id, idOf(mixer));
    // The room goes on for the other one, under another owner.
    assert.equal((await admin.recordings.get(room, other)).status, 'live');
    await assertFinalising(id, idOf(mixer));
    await admin.recordings.stop(room, other);
    await until(async () => (await admin.cluster.rooms()).length === 0, { what: 'the room is over' });
    await assertFinalising(id, idOf(mixer));
    await gate.open();
    await endedRecording(admin, room, (one) => one.id === id);
    for (const recording of await shown(id)) {
      assert.ok('endedAt' in recording);
      assert.deepEqual([recording.status, recording.reason], ['ended', 'stopped']);
      assert.match(recording.files[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
    }
    assert.deepEqual((await asking.stop()).refusals, []);
  });

  it('is not paused, changed or stopped any more', async () => {
    const id = await begin();
    await gate.close();
    await admin.recordings.stop(room, id);
    const gone = { code: 'egress_not_found' };
    await assert.rejects(admin.recordings.stop(room, id), gone);
    await assert.rejects(admin.recordings.pause(room, id), gone);
    await gate.open();
    await endedRecording(admin, room, (one) => one.id === id);
    await assert.rejects(admin.recordings.pause(room, id), gone);
    await assert.rejects(admin.recordings.get(room, 'another'), gone);
  });

  it('says so under the agent that finishes what another one left', async () => {
    const id = await begin();
    await gate.close();
    await admin.recordings.stop(room, id);
    await mixer.stop();
    const next = await startMixer();
    await until(
      async () => (await admin.recordings.get(room, id).catch(() => undefined))?.status === 'finalising',
    );
    await assertFinalising(id, idOf(next));
    await gate.open();
    await endedRecording(admin, room, (one) => one.id === id);
  });
});
