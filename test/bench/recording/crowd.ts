import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EndedRecording, PorticoAdmin } from '../../../management-api/sdk/index.ts';
import { type Single, startSingle } from '../../support/deployment.ts';
import { MixSources } from '../../support/mix-sources.ts';
import { commandOf, descendantsOf } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { memoryBytes, ownCpuSeconds } from '../process-usage.ts';
import type { Figure } from '../report.ts';
import { round } from '../statistics.ts';

const count = 20;
const room = 'crowd';
const settleMs = 8_000;
const windowMs = 20_000;
/** What is called by hand, and what is being finished, takes a moment, ms. */
const leastMs = settleMs + windowMs;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server with one stream of 720p30 that comes from a file, which is recorded many times at once. */
export async function benchCrowd(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-bench-'));
  const server = await startSingle({
    recording: { path: folder, min_free_mb: 0, per_agent: count },
    streaming: { input_folders: [folder] },
    observe: { log_level: 'info', log_format: 'json' },
  });
  try {
    return await record(server, await sourceIn(folder));
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const sourceIn = (folder: string): Promise<string> =>
  MixSources.encode(
    {
      ...{ colour: 'red', tone: 700, width: 1280, height: 720, framerate: 30, codec: 'h264' },
      ...{ pattern: true, bitrate: 2_000, keyFrameInterval: 2 },
    },
    join(folder, 'source.mkv'),
  );

async function record(server: Single, file: string): Promise<Figure[]> {
  const admin = new PorticoAdmin(await server.management());
  const { id: from } = await admin.streamingIns.start(room, {
    connection: { url: `file://${file}`, loop: true },
    media: { audio: true, video: true },
  });
  await sleep(settleMs / 2);
  const { pid } = server.process;
  const before = await usage(pid);
  const startedAt = performance.now();
  const recordings = await Promise.all(
    Array.from({ length: count }, () =>
      admin.recordings.start(room, { container: 'auto', media: { audio: { from }, video: { from } } }),
    ),
  );
  const ids = recordings.map(({ id }) => id);
  const isLive = async () => (await admin.recordings.list(room)).filter(({ status }) => status === 'live');
  await until(async () => (await isLive()).length === count, { what: 'all record', timeoutMs: 120_000 });
  const startMs = performance.now() - startedAt;
  await sleep(settleMs);
  const during = await usage(pid);
  const memory = await memoryBytes(recordersOf(pid));
  const stoppedAt = performance.now();
  await Promise.all(ids.map((id) => admin.recordings.stop(room, id)));
  const ended = await until(
    async () => {
      const done = (await admin.recordings.ended(room)).filter(({ id }) => ids.includes(id));
      return done.length === count ? done : undefined;
    },
    { what: 'all are finished', timeoutMs: 120_000 },
  );
  const finishMs = performance.now() - stoppedAt;
  return report({ before, during, memory, startMs, finishMs, ended });
}

interface Usage {
  server: number;
  workers: number;
  recorders: number;
}

/** Parts of a core over the window, in percent. */
async function usage(server: number): Promise<Usage> {
  const groups = {
    server: [server],
    workers: descendantsOf(server).filter((pid) => commandOf(pid).includes('mediasoup-worker')),
    recorders: recordersOf(server),
  };
  const of = () => Object.values(groups).map((pids) => ownCpuSeconds(pids));
  const before = of();
  const startedAt = performance.now();
  await sleep(windowMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const [main = 0, workers = 0, recorders = 0] = of().map(
    (now, index) => (100 * (now - (before[index] ?? 0))) / seconds,
  );
  return { server: main, workers, recorders };
}

const recordersOf = (server: number): number[] =>
  descendantsOf(server).filter((pid) => commandOf(pid).includes('mixer-agent/egress/main.ts'));

function report(found: {
  before: Usage;
  during: Usage;
  memory: number;
  startMs: number;
  finishMs: number;
  ended: readonly EndedRecording[];
}): Figure[] {
  const { before, during, memory, startMs, finishMs, ended } = found;
  const what = (text: string) => `${count} recordings at once: ${text}`;
  const whole = ended.filter(({ files, durationMs }) => files.length === 1 && durationMs > leastMs).length;
  const share = (during.server - before.server + during.workers - before.workers) / count;
  const perMinute = (percent: number) => round(percent * 0.6, 2);
  return [
    {
      ...{ what: what('complete'), value: whole, unit: '' },
      ...{ target: String(count), met: whole === count },
    },
    { what: what('until all are active'), value: round(startMs / 1_000), unit: 's' },
    { what: what('until all are finished'), value: round(finishMs / 1_000), unit: 's' },
    {
      what: what('CPU, all processes'),
      value: round(during.server + during.workers + during.recorders),
      unit: '% of a core',
    },
    { what: what('CPU of a process, each minute'), value: perMinute(during.recorders / count), unit: 's' },
    {
      what: what('CPU of the agent and its router for one, each minute'),
      value: perMinute(share),
      unit: 's',
    },
    { what: what('memory (PSS) of one'), value: round(memory / count / 1e6), unit: 'MB' },
  ];
}
