import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { PorticoAdmin } from '../../management-api/sdk/index.ts';
import { SourceFiles } from '../integration/mixer/ingress/support/source-files.ts';
import { Backend } from '../scenarios/managed-room.ts';
import { startCluster, type Cluster } from '../support/deployment.ts';
import { fixture, useDeployment } from '../support/fixture.ts';
import { LiveViewer } from '../support/live-viewer.ts';
import { Gaps } from '../support/gaps.ts';
import { ffmpegsOf, killNow } from '../support/mix-processes.ts';
import { people } from '../support/people.ts';
import { childrenOf, commandOf } from '../support/processes.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { isOf } from '../support/seen-person.ts';
import { repetitions } from '../support/thorough.ts';
import { until } from '../support/until.ts';
import { UploadServer } from '../support/upload-server.ts';

/** Waits until others have taken over. */
type Wait = (() => Promise<void>) | undefined;

const segmentMs = 1_000;
/** ms, for the median. */
const limits = { process: 8_000, agent: 20_000 };

describe('a live stream whose processes die', function () {
  this.timeout(210_000 + repetitions * 30_000);
  const files = fixture(
    () => SourceFiles.create(),
    (made) => made.close(),
  );
  const uploads = fixture(
    () => UploadServer.start(),
    (server) => server.stop(),
  );
  const deployment = useDeployment<Cluster>(async () =>
    startCluster(
      (await sharedRabbit()).url,
      { mixers: 1, conferences: 1, accesses: 1, apis: 1 },
      {
        streaming: {
          ...{ private_networks: true, input_folders: [files().folder] },
          ...{ retry_ms: 200, max_retry_ms: 500 },
        },
      },
    ),
  );
  const admin = fixture(
    async () => new PorticoAdmin(await deployment().management()),
    async () => {},
  );
  const backend = fixture(
    () => Backend.start(admin()),
    (started) => started.stop(),
  );
  let room = '';
  let camera = '';

  before(async () => {
    await admin().webhooks.create({ url: backend().url });
    room = (await admin().rooms.create({ name: 'faults' })).room._id;
    const options = { name: 'lime.mp4', video: 'baseline', audio: 'aac', seconds: 4 } as const;
    const file = await files().make({ ...options, colour: 'lime', tone: people.lime.tone });
    const { id } = await admin().streamingIns.start(room, {
      connection: { url: pathToFileURL(file).href, loop: true },
      media: { audio: 'auto', video: 'auto' },
    });
    camera = id;
  });

  const sendTo = async (path: string) => {
    const { id } = await admin().streamingOuts.start(room, {
      url: uploads().url(path),
      parameters: { hlsTime: segmentMs / 1_000 },
      media: { audio: { from: camera }, video: { from: camera } },
    });
    return id;
  };
  /** Nobody may own the room at this moment. */
  const stateOf = (id: string) =>
    admin()
      .streamingOuts.get(room, id)
      .catch(() => undefined);
  const is = async (id: string, status: string) => {
    await until(async () => (await stateOf(id))?.status === status, {
      timeoutMs: 40_000,
      what: `it is ${status}`,
    });
  };
  /** What the backend heard of one, in order. */
  const told = (id: string) =>
    backend().events.flatMap((event) => {
      if (event.type === 'live_changed' && event.data.egress.id === id)
        return [event.data.egress.state.status];
      if (event.type === 'live_started' && event.data.egress.id === id) return ['started'];
      return event.type === 'live_ended' && event.data.egress.id === id
        ? [`ended: ${event.data.reason}`]
        : [];
    });
  const segments = () => uploads().requests.filter((line) => /^PUT .*\.ts/.test(line)).length;
  /** Waits for segments that were not on their way already. */
  const moreSegments = async () => {
    const before = segments();
    await until(() => segments() > before + 1, { timeoutMs: 60_000, what: 'the far end gets more' });
  };
  const looksRight = async (path: string) => {
    const viewer = await LiveViewer.start([
      '-live_start_index',
      '-2',
      '-t',
      '1.5',
      '-i',
      uploads().url(path),
    ]);
    await until(() => viewer.gone, { timeoutMs: 30_000, what: 'it was played' });
    isOf('lime', await viewer.finish());
    await viewer.dispose();
  };

  /** While a source is on its way back, its last picture goes on in silence. */
  const looksRightWithin = async (timeoutMs: number, path: string) => {
    let wrong: unknown;
    const right = () =>
      looksRight(path).then(
        () => true,
        (error: unknown) => {
          wrong = error;
          return false;
        },
      );
    await until(right, { timeoutMs, what: 'picture and sound arrive' }).catch((cause: unknown) => {
      throw wrong ?? cause;
    });
  };

  it('tells by REST and webhook what the far end says', async () => {
    const path = '/told/show.m3u8';
    const id = await sendTo(path);
    await is(id, 'live');
    uploads().refusal = 403;
    await is(id, 'retrying');
    assert.match((await admin().streamingOuts.get(room, id)).error?.message ?? '', /403 Forbidden/);
    uploads().refusal = undefined;
    await is(id, 'live');
    await looksRight(path);
    await admin().streamingOuts.stop(room, id);
    await until(() => told(id).some((what) => what.startsWith('ended')), {
      timeoutMs: 10_000,
      what: 'its end',
    });
    const all = told(id);
    process.stdout.write(`      webhooks: ${all.join(', ')}\n`);
    assert.equal(all.at(-1), 'ended: stopped');
    for (const [before, after] of [
      ['live', 'retrying'],
      ['retrying', 'live'],
    ] as const) {
      assert.ok(
        all.some((what, index) => what === before && all[index + 1] === after),
        all.join(),
      );
    }
  });

  describe('goes on at the far end', () => {
    const path = '/kept/show.m3u8';
    let id = '';
    before(async () => {
      id = await sendTo(path);
      await is(id, 'live');
      await moreSegments();
    });
    after(async () => {
      await admin().streamingOuts.stop(room, id);
    });

    const engines = (kind: 'egress' | 'ingress') =>
      deployment()
        .mixers.filter(({ exited }) => !exited)
        .flatMap(({ pid }) => childrenOf(pid))
        .filter((pid) => commandOf(pid).includes(`mixer-agent/${kind}/main.ts`));

    const survives = async (what: string, limitMs: number, kill: () => Promise<Wait> | Wait) => {
      const gaps = new Gaps(what, limitMs);
      for (let round = 0; round < repetitions; round += 1) {
        const goesOn = await kill();
        const at = performance.now();
        await goesOn?.();
        await moreSegments();
        gaps.add(performance.now() - at, segmentMs);
        await is(id, 'live');
      }
      gaps.report();
      await looksRightWithin(limitMs, path);
    };

    for (const [kind, what] of [
      ['egress', 'sends'],
      ['ingress', 'fetches'],
    ] as const) {
      it(`when the process that ${what} it is killed, or its FFmpeg`, async () => {
        await survives(`${kind} process killed`, limits.process, () => {
          engines(kind).forEach(killNow);
          return undefined;
        });
        await survives(`FFmpeg of the ${kind} process killed`, limits.process, () => {
          engines(kind).flatMap(ffmpegsOf).forEach(killNow);
          return undefined;
        });
      });
    }

    it('when the mixer agent is killed that fetches and sends it', async () => {
      await survives('mixer agent killed', limits.agent, async () => {
        const old = deployment().mixers.filter(({ exited }) => !exited);
        await deployment().add('mixer');
        const { agent } = await admin().streamingOuts.get(room, id);
        for (const { pid } of old) killNow(pid);
        // Its processes bring what they have before they follow it.
        return async () => {
          await until(
            async () => {
              const state = await stateOf(id);
              return state?.agent !== undefined && state.agent !== agent && state.status === 'live';
            },
            { timeoutMs: 60_000, what: 'another agent sends' },
          );
        };
      });
    });

    it('when the owner of the room is killed', async () => {
      await survives('owner killed', limits.agent, async () => {
        const old = deployment().conferences.filter(({ exited }) => !exited);
        await deployment().add('conference');
        for (const { pid } of old) killNow(pid);
        return undefined;
      });
    });
  });
});
