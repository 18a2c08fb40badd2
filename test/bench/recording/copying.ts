import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EgressStudio } from '../../support/egress-studio.ts';
import { MixSources } from '../../support/mix-sources.ts';
import { until } from '../../support/until.ts';
import { cpuPercents, memoryBytes } from '../process-usage.ts';
import type { Figure } from '../report.ts';
import { median, round } from '../statistics.ts';
import { PlainRecorder } from './plain-recorder.ts';

const windowMs = 20_000;
const windows = 3;
/** Until the engine has compiled what runs all the time, ms. */
const settleMs = 8_000;
const targetSeconds = 1.2;

interface Usage {
  /** Parts of a core, %. */
  ours: number[];
  plain: number[];
  /** kbit/s that were written by each. */
  bitrate: { ours: number; plain: number };
  memory: number;
}

/** CPU of writing down a stream of 720p with 30 pictures per second, beside a plain FFmpeg that does the same. */
export async function benchCopying(codec: 'vp8' | 'h264'): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-bench-'));
  const studio = await EgressStudio.create();
  const sources = await MixSources.create(studio.router);
  try {
    const { audio, video } = await sources.add({
      ...{ colour: 'red', tone: 700, width: 1280, height: 720, framerate: 30, codec },
      ...{ pattern: true, bitrate: 2_000, keyFrameInterval: 2 },
    });
    if (audio === undefined) throw new Error('the source has no sound');
    await studio.start({ type: 'recording', folder, container: 'auto', syncMs: 2_000 });
    await studio.show({
      audio: { track: 'a-1', producer: audio },
      video: { track: 'a-2', producer: video },
    });
    const plain = await PlainRecorder.start(studio.router, [audio, video], folder);
    await until(() => (studio.newest?.bytes ?? 0) > 0, { what: 'it records', timeoutMs: 30_000 });
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const usage = await measure(studio, plain);
    await plain.stop();
    return report(codec, usage);
  } finally {
    await sources.close();
    await studio.close();
    await rm(folder, { recursive: true });
  }
}

async function measure(studio: EgressStudio, plain: PlainRecorder): Promise<Usage> {
  const before = { ours: studio.newest?.bytes ?? 0, plain: await plain.bytes() };
  const started = performance.now();
  const usage: Pick<Usage, 'ours' | 'plain'> = { ours: [], plain: [] };
  for (let index = 0; index < windows; index += 1) {
    const [ours = 0, theirs = 0] = await cpuPercents([[studio.pid], [plain.pid]], windowMs);
    usage.ours.push(ours);
    usage.plain.push(theirs);
  }
  const ms = performance.now() - started;
  const rate = (bytes: number) => (bytes * 8) / ms;
  const bitrate = {
    ours: rate((studio.newest?.bytes ?? 0) - before.ours),
    plain: rate((await plain.bytes()) - before.plain),
  };
  return { ...usage, bitrate, memory: await memoryBytes([studio.pid]) };
}

function report(codec: string, { ours, plain, bitrate, memory }: Usage): Figure[] {
  const what = (text: string) => `recording of 720p30, ${codec.toUpperCase()}: ${text}`;
  const perMinute = (percent: number) => round(percent * 0.6, 2);
  const seconds = perMinute(median(ours));
  return [
    { what: what('bitrate'), value: Math.round(bitrate.ours), unit: 'kbit/s' },
    { what: what('bitrate in the file of a plain FFmpeg'), value: Math.round(bitrate.plain), unit: 'kbit/s' },
    {
      what: what('CPU of its process, each minute'),
      value: seconds,
      unit: 's',
      target: `< ${targetSeconds} s`,
      met: seconds < targetSeconds,
    },
    {
      what: what('CPU of a plain FFmpeg that copies, each minute'),
      value: perMinute(median(plain)),
      unit: 's',
    },
    { what: what('ratio to it'), value: round(median(ours) / median(plain), 2), unit: 'x' },
    { what: what('memory (PSS) of its process'), value: round(memory / 1e6), unit: 'MB' },
  ];
}
