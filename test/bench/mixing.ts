import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { MixRecorder } from '../support/mix-recorder.ts';
import { MixStudio, type StudioInput } from '../support/mix-studio.ts';
import { childrenOf } from '../support/processes.ts';
import { cpuSeconds, memoryBytes } from './process-usage.ts';
import type { Figure } from './report.ts';
import { median, round } from './statistics.ts';

const settleMs = 4_000;
const windowMs = 10_000;
const rounds = 3;
const framerate = 25;
const bitrate = 2_000;
const targets: Record<number, number> = { 4: 1.45, 9: 1.3, 16: 1.2 };
const tones = [400, 700, 1100, 1700];
const colours = ['red', 'lime', 'blue', 'yellow', 'magenta', 'cyan', 'orange', 'purple'];

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function cpuPercent(pids: readonly number[]): Promise<number> {
  const before = await cpuSeconds(pids);
  const start = performance.now();
  await sleep(windowMs);
  return (((await cpuSeconds(pids)) - before) / ((performance.now() - start) / 1000)) * 100;
}

const sourceOptions = (index: number) => ({
  colour: colours[index % colours.length] ?? 'red',
  tone: tones[index % tones.length] ?? 400,
  pattern: true,
});

/** The same work as one FFmpeg filter graph that nothing ever changes. */
async function graphRound(studio: MixStudio, count: number): Promise<number> {
  const files = await Promise.all(
    Array.from({ length: count }, (_none, index) => studio.sources.file(sourceOptions(index))),
  );
  const side = Math.ceil(Math.sqrt(count));
  const [width, height] = [2 * Math.round(640 / side), 2 * Math.round(360 / side)];
  const scaled = files.map((_file, index) => `[${index}:v]scale=${width}:${height}[v${index}]`);
  const places = files.map(
    (_file, index) => `${(index % side) * width}_${Math.floor(index / side) * height}`,
  );
  const all = (kind: string) =>
    files.map((_file, index) => (kind === 'v' ? `[v${index}]` : `[${index}:a]`)).join('');
  const graph = [
    ...scaled,
    `${all('v')}xstack=inputs=${count}:layout=${places.join('|')}:fill=black,fps=${framerate}[v]`,
    `${all('a')}amix=inputs=${count}[a]`,
  ].join(';');
  const player: ChildProcess = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error'],
      ...files.flatMap((file) => ['-threads', '1', '-re', '-stream_loop', '-1', '-i', file]),
      ...['-filter_complex', graph, '-filter_complex_threads', '1'],
      ...['-map', '[v]', '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8', '-threads', '1'],
      ...['-lag-in-frames', '0', '-auto-alt-ref', '0', '-b:v', `${bitrate}k`, '-g', '100000'],
      ...['-map', '[a]', '-c:a', 'libopus', '-b:a', '64k', '-ac', '2', '-f', 'matroska', '-y', '/dev/null'],
    ],
    { stdio: 'ignore' },
  );
  try {
    await sleep(settleMs);
    return await cpuPercent([player.pid ?? 0]);
  } finally {
    player.kill('SIGKILL');
    await once(player, 'exit');
  }
}

interface MixRound {
  cpu: number;
  worker: number;
  memory: number;
  processes: number;
  delay: { p50: number; p95: number };
  compose: { p50: number; p95: number };
  gap: number;
  steps: boolean;
  skipped: number;
}

async function mixRound(studio: MixStudio, count: number): Promise<MixRound> {
  await studio.start();
  const recorder = new MixRecorder(studio);
  await studio.receive();
  const inputs: StudioInput[] = [];
  for (let index = 0; index < count; index += 1) {
    inputs.push(await studio.add(`p${index}`, await studio.sources.add(sourceOptions(index))));
  }
  await sleep(settleMs);
  const workerBefore = await cpuSeconds([studio.workerPid]);
  const cpu = await cpuPercent([studio.pid]);
  const worker = (((await cpuSeconds([studio.workerPid])) - workerBefore) / windowMs) * 100_000;
  const memory = await memoryBytes([studio.pid]);
  const processes = 1 + childrenOf(studio.pid).length;
  // What nobody should notice.
  recorder.clear();
  await sleep(1_000);
  const first = inputs[0];
  if (first !== undefined) studio.remove(first);
  await sleep(1_000);
  studio.base = 'lecture';
  await sleep(1_000);
  await studio.add('late', await studio.sources.add(sourceOptions(0)));
  await sleep(1_500);
  const steps = [...recorder.steps('video').keys()];
  return {
    cpu,
    worker,
    memory,
    processes,
    delay: studio.newest?.delayMs ?? { p50: 0, p95: 0 },
    compose: studio.newest?.composeMs ?? { p50: 0, p95: 0 },
    gap: recorder.longestGap('video'),
    steps: steps.length === 1 && steps[0] === 90_000 / framerate,
    skipped: studio.newest?.skipped ?? 0,
  };
}

/** CPU, delay, gaps and memory of a mix, against a static FFmpeg filter graph, in turns. */
export async function benchMixing(count: number): Promise<Figure[]> {
  const graphs: number[] = [];
  const mixes: MixRound[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const studio = await MixStudio.create({ width: 1280, height: 720, framerate, bitrate });
    try {
      graphs.push(await graphRound(studio, count));
      mixes.push(await mixRound(studio, count));
    } finally {
      await studio.close();
    }
  }
  return report(count, graphs, mixes);
}

function report(count: number, graphs: readonly number[], mixes: readonly MixRound[]): Figure[] {
  const of = (pick: (mix: MixRound) => number) => median(mixes.map(pick));
  const cpu = of((mix) => mix.cpu);
  const ratio = round(cpu / median(graphs), 2);
  const target = targets[count] ?? 1.45;
  const what = (text: string) => `mix of ${count}: ${text}`;
  return [
    { what: what('CPU of one static FFmpeg graph'), value: round(median(graphs)), unit: '% of a core' },
    { what: what('CPU, process and children'), value: round(cpu), unit: '% of a core' },
    {
      what: what('ratio to the static graph'),
      value: ratio,
      unit: 'x',
      target: `<= ${target} x`,
      met: ratio <= target,
    },
    { what: what('CPU of the router'), value: round(of((mix) => mix.worker)), unit: '% of a core' },
    { what: what('such mixes on one core'), value: round(100 / cpu, 2), unit: '' },
    {
      what: what('composing a picture, p95'),
      value: round(
        of((mix) => mix.compose.p95),
        2,
      ),
      unit: 'ms',
    },
    { what: what('delay added, p50'), value: round(of((mix) => mix.delay.p50)), unit: 'ms' },
    {
      what: what('delay added, p95'),
      value: round(of((mix) => mix.delay.p95)),
      unit: 'ms',
      target: '< 150 ms',
      met: of((mix) => mix.delay.p95) < 150,
    },
    {
      what: what('longest gap at leave, layout change, join'),
      value: round(of((mix) => mix.gap)),
      unit: 'ms',
    },
    {
      what: what('pictures left out'),
      value: of((mix) => mix.skipped),
      unit: '',
      target: '0',
      met: mixes.every(({ steps }) => steps),
    },
    { what: what('memory (PSS)'), value: round(of((mix) => mix.memory) / 1e6), unit: 'MB' },
    { what: what('processes'), value: of((mix) => mix.processes), unit: '' },
  ];
}
