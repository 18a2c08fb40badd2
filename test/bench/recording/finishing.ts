import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describeVideo, opusTrack } from '../../../mixer-agent/egress/headers/describe.ts';
import { RecordSink } from '../../../mixer-agent/egress/record/record-sink.ts';
import type { MediaUnit } from '../../../mixer-agent/egress/unit.ts';
import { digest } from '../../../mixer-agent/recordings/bulk/digest.ts';
import { type Clip, makeClip } from '../../support/clips.ts';
import { recordingsIn, recordingSpec } from '../../support/recording-specs.ts';
import type { Figure } from '../report.ts';
import { round } from '../statistics.ts';

const minutes = 10;
const clipSeconds = 10;
const bitrate = 2_000;
const silent = { onChange: () => undefined, onKeyFrameNeeded: () => undefined, onOver: () => undefined };

/**
 * How long it takes to finish a recording of an hour: ten minutes of 720p30 with 2 Mbit/s are finished, and six times that
 * is told. One that was written by two processes is joined first.
 */
export async function benchFinishing(codec: 'vp8' | 'h264', processes: number): Promise<Figure[]> {
  const clip = await makeClip({
    ...{ codec, seconds: clipSeconds, colour: 'red', tone: 700, width: 1280, height: 720, framerate: 30 },
    ...{ bitrate, noise: true, keyFrameInterval: 2 },
  });
  const folder = await mkdtemp(join(tmpdir(), 'portico-bench-'));
  const recordings = recordingsIn(folder);
  try {
    await recordings.begin();
    const { folder: work } = await recordings.open(recordingSpec('bench'));
    for (let index = 0; index < processes; index += 1) await write(clip, work, { index, processes });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const cpu = process.cpuUsage();
    delay.enable();
    const startedAt = performance.now();
    const { files } = await recordings.finish(work, 'stopped');
    const seconds = (performance.now() - startedAt) / 1_000;
    delay.disable();
    const { user, system } = process.cpuUsage(cpu);
    const [file] = files;
    if (file === undefined) throw new Error('nothing was finished');
    const own = (user + system) / 1e6;
    const sha256 = await secondsOfDigest(join(folder, file.name));
    return report(`${codec.toUpperCase()}${processes > 1 ? ', joined' : ''}`, {
      ...{ seconds, own, sha256, bytes: file.bytes, blockMs: delay.max / 1e6 },
    });
  } finally {
    recordings.close();
    await rm(folder, { recursive: true });
  }
}

/** Writes a part of the recording, as one process would. */
async function write(
  clip: Clip,
  work: string,
  { index, processes }: { index: number; processes: number },
): Promise<void> {
  const notes = () => ({ zeroAt: 0, gaps: [], sources: [], leftOut: 0 });
  const sink = await RecordSink.open({ folder: work, syncMs: 2_000, notes, events: silent });
  const [first] = clip.video;
  const video = first && describeVideo(clip.codec, first.data);
  if (video === undefined) throw new Error('the clip has no header');
  sink.begin({ audio: opusTrack, video });
  const units: MediaUnit[] = [
    ...clip.video.map((unit) => ({ ...unit, kind: 'video' as const })),
    ...clip.audio.map((unit) => ({ ...unit, kind: 'audio' as const, durationMs: 20, key: true })),
  ].toSorted((one, other) => one.timeMs - other.timeMs);
  const loops = (minutes * 60) / clipSeconds / processes;
  for (let loop = index * loops; loop < (index + 1) * loops; loop += 1) {
    for (const unit of units) sink.push({ ...unit, timeMs: unit.timeMs + loop * clipSeconds * 1_000 });
    // What waits for the disk takes memory.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await sink.close();
}

async function secondsOfDigest(path: string): Promise<number> {
  const before = process.cpuUsage();
  await digest(path);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function report(
  name: string,
  found: { seconds: number; own: number; sha256: number; bytes: number; blockMs: number },
): Figure[] {
  const { seconds, own, sha256, bytes, blockMs } = found;
  const what = (text: string) => `finishing a recording, ${name}: ${text}`;
  const perHour = (value: number) => round((value * 60) / minutes);
  return [
    { what: what('size of an hour'), value: Math.round((bytes * 60) / minutes / 1e6), unit: 'MB' },
    { what: what('each hour'), value: perHour(seconds), unit: 's' },
    { what: what('CPU of the agent, each hour'), value: perHour(own), unit: 's' },
    { what: what('CPU of SHA-256, each hour'), value: perHour(sha256), unit: 's' },
    { what: what('longest time in which the agent did nothing else'), value: round(blockMs), unit: 'ms' },
  ];
}
