import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { toPixels } from '../../common/layout/pixels.ts';
import { scalingOptions } from '../../mixer-agent/ffmpeg/scaling.ts';
import { FlashSource } from '../support/flash-source.ts';
import { lipSync } from '../support/lip-sync.ts';
import { MixRecorder } from '../support/mix-recorder.ts';
import { MixStudio, type StudioInput } from '../support/mix-studio.ts';
import { childrenOf } from '../support/processes.ts';
import { cpuPercent, cpuPercents, memoryBytes } from './process-usage.ts';
import type { Figure } from './report.ts';
import { median, percentile, round } from './statistics.ts';

/** Until a mix has compiled what runs all the time, and until a graph is under way. */
const settleMs = { mix: 30_000, graph: 10_000 };
const lipSyncMs = 8_000;
const windowMs = 10_000;
const rounds = 3;
const framerate = 25;
const frameMs = 1000 / framerate;
const bitrate = 2_000;
const targets: Record<number, number> = { 4: 1.45, 9: 1.3, 16: 1.2 };
const tones = [400, 700, 1100, 1700];
/** Pictures are looked at in this size. */
const looked = { width: 160, height: 90 };

const none = { p50: 0, p95: 0 };

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** All play the same picture; their sounds differ. */
const sourceOptions = (index: number) => ({
  colour: 'red',
  tone: tones[index % tones.length] ?? 400,
  pattern: true,
});

/** The same work as one FFmpeg filter graph that nothing ever changes. */
async function graphRound(
  studio: MixStudio,
  count: number,
  options: readonly string[] = [],
): Promise<number> {
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
      ...['-hide_banner', '-loglevel', 'error', ...options],
      ...files.flatMap((file) => ['-threads', '1', '-re', '-stream_loop', '-1', '-i', file]),
      ...['-filter_complex', graph, '-filter_complex_threads', '1'],
      ...['-map', '[v]', '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8', '-threads', '1'],
      ...['-lag-in-frames', '0', '-auto-alt-ref', '0', '-b:v', `${bitrate}k`, '-g', '100000'],
      ...['-map', '[a]', '-c:a', 'libopus', '-b:a', '64k', '-ac', '2', '-f', 'matroska', '-y', '/dev/null'],
    ],
    { stdio: 'ignore' },
  );
  try {
    await sleep(settleMs.graph);
    return await cpuPercent([player.pid ?? 0], windowMs);
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
  /** Pictures that are missing in the RTP of the time in which the gap was looked for. */
  skipped: number;
  /** How far flashes and beeps are apart, ms. */
  apart: number[];
}

async function mixRound(studio: MixStudio, count: number): Promise<MixRound> {
  await studio.start();
  const recorder = new MixRecorder(studio);
  const receiver = await studio.receive();
  const inputs: StudioInput[] = [];
  for (let index = 0; index < count; index += 1) {
    inputs.push(await studio.add(`p${index}`, await studio.sources.add(sourceOptions(index))));
  }
  await sleep(settleMs.mix);
  const [cpu = 0, worker = 0] = await cpuPercents([[studio.pid], [studio.workerPid]], windowMs);
  const { delayMs: delay, composeMs: compose } = studio.newest ?? { delayMs: none, composeMs: none };
  const memory = await memoryBytes([studio.pid]);
  const processes = 1 + childrenOf(studio.pid).length;
  const flash = await FlashSource.create(studio.router);
  try {
    const change = await changeRound(studio, recorder, { receiver, leaving: inputs[0], joining: flash });
    return { cpu, worker, memory, processes, delay, compose, ...change };
  } finally {
    flash.close();
  }
}

interface Change {
  receiver: Awaited<ReturnType<MixStudio['receive']>>;
  leaving: StudioInput | undefined;
  joining: FlashSource;
}

/** What nobody should notice: somebody leaves, the layout changes, somebody joins; then how sound and picture fit. */
async function changeRound(
  studio: MixStudio,
  recorder: MixRecorder,
  { receiver, leaving, joining }: Change,
): Promise<Pick<MixRound, 'gap' | 'skipped' | 'apart'>> {
  recorder.clear();
  await sleep(1_000);
  if (leaving !== undefined) studio.remove(leaving);
  await sleep(1_000);
  studio.base = 'lecture';
  await sleep(1_000);
  const late = await studio.add('late', joining.tracks);
  await sleep(1_500);
  const gap = recorder.longestGap('video');
  const step = 90_000 / framerate;
  const skipped = [...recorder.steps('video')].reduce(
    (sum, [ticks, times]) => sum + times * Math.round(ticks / step - 1),
    0,
  );
  recorder.clear();
  await receiver.video.requestKeyFrame();
  await sleep(lipSyncMs);
  const place = studio.layout.find(({ stream }) => stream === late.stream);
  if (place === undefined) throw new Error('whoever joined last is not shown');
  const region = toPixels(place.region.area, looked);
  return { gap, skipped, apart: await lipSync(recorder, { region, size: looked }) };
}

/** CPU, delay, gaps and memory of a mix, against a static FFmpeg filter graph, in turns. */
export async function benchMixing(count: number): Promise<Figure[]> {
  const graphs = { plain: [] as number[], tuned: [] as number[] };
  const mixes: MixRound[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const studio = await MixStudio.create({ width: 1280, height: 720, framerate, bitrate });
    try {
      graphs.plain.push(await graphRound(studio, count));
      graphs.tuned.push(await graphRound(studio, count, scalingOptions));
      mixes.push(await mixRound(studio, count));
    } finally {
      await studio.close();
    }
  }
  return report(count, graphs, mixes);
}

interface Graphs {
  plain: readonly number[];
  /** With the options that our own FFmpegs have. */
  tuned: readonly number[];
}

function report(count: number, graphs: Graphs, mixes: readonly MixRound[]): Figure[] {
  const of = (pick: (mix: MixRound) => number) => median(mixes.map(pick));
  const cpu = of((mix) => mix.cpu);
  const ratio = round(cpu / median(graphs.plain), 2);
  const target = targets[count] ?? 1.45;
  const apart = mixes.flatMap((mix) => mix.apart).map(Math.abs);
  const what = (text: string) => `mix of ${count}: ${text}`;
  return [
    { what: what('CPU of one static FFmpeg graph'), value: round(median(graphs.plain)), unit: '% of a core' },
    { what: what('CPU, process and children'), value: round(cpu), unit: '% of a core' },
    {
      what: what('ratio to the static graph'),
      value: ratio,
      unit: 'x',
      target: `<= ${target} x`,
      met: ratio <= target,
    },
    {
      what: what('ratio to the static graph with the scaler of mixes'),
      value: round(cpu / median(graphs.tuned), 2),
      unit: 'x',
    },
    { what: what('CPU of the router'), value: round(of((mix) => mix.worker)), unit: '% of a core' },
    { what: what('such mixes on one core, by their CPU'), value: round(100 / cpu, 2), unit: '' },
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
      value: round(Math.max(...mixes.map((mix) => mix.gap))),
      unit: 'ms',
      target: `<= ${2 * frameMs} ms`,
      met: mixes.every(({ gap }) => gap <= 2 * frameMs),
    },
    { what: what('sound and picture apart, p50'), value: round(percentile(apart, 50)), unit: 'ms' },
    {
      what: what('sound and picture apart, p95'),
      value: round(percentile(apart, 95)),
      unit: 'ms',
      target: '< 40 ms',
      met: percentile(apart, 95) < 40,
    },
    {
      what: what('pictures left out'),
      value: Math.max(...mixes.map((mix) => mix.skipped)),
      unit: '',
      target: '0',
      met: mixes.every(({ skipped }) => skipped === 0),
    },
    { what: what('memory (PSS)'), value: round(of((mix) => mix.memory) / 1e6), unit: 'MB' },
    { what: what('processes'), value: of((mix) => mix.processes), unit: '' },
  ];
}
