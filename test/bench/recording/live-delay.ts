import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EgressProcessTarget } from '../../../mixer-agent/egress/protocol.ts';
import { EgressStudio } from '../../support/egress-studio.ts';
import { FlashCaller, flashPeriodMs } from '../../support/flash-caller.ts';
import { flashes, seenPictures } from '../../support/media-file.ts';
import { RtmpServer } from '../../support/rtmp-server.ts';
import { until } from '../../support/until.ts';
import type { Figure } from '../report.ts';
import { median, round } from '../statistics.ts';

const runMs = 30_000;
const pollMs = 20;
/** A player begins so many segments before the end of the playlist (RFC 8216, 6.3.3). */
const behind = 3;
const segmentSeconds = 2;
/** So long nothing flashes, so that it is clear which flash is the next, ms: longer than any delay. */
const darkMs = 6_000;
const settleMs = 8_000;
/** Pictures are looked at in this size. */
const looked = { width: 16, height: 9 };
const bright = 200;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const liveTarget = (protocol: 'hls' | 'rtmp', destination: string): EgressProcessTarget => ({
  ...{
    type: 'live',
    protocol,
    destination,
    guarded: false,
    method: 'PUT',
    segmentDuration: segmentSeconds,
    segments: 5,
  },
  retry: { baseMs: 200, maxMs: 1_000, forMs: 60_000, connectMs: 5_000 },
});

/** How much later than it was captured a picture can be seen, by HLS and by RTMP: H.264 as it comes, sound made into AAC. */
export async function benchLiveDelay(): Promise<Figure[]> {
  const hls = await withCaller((studio, caller) => hlsDelay(studio, caller));
  const rtmp = await withCaller((studio, caller) => rtmpDelay(studio, caller));
  return [...hls, ...rtmp];
}

async function withCaller<T>(work: (studio: EgressStudio, caller: FlashCaller) => Promise<T>): Promise<T> {
  const studio = await EgressStudio.create();
  const caller = await FlashCaller.create(studio.router, { codec: 'h264' });
  try {
    return await work(studio, caller);
  } finally {
    await caller.close();
    await studio.close();
  }
}

const show = (studio: EgressStudio, { tracks }: FlashCaller): Promise<void> =>
  studio.show(
    { audio: { track: 'a-1', producer: tracks.audio }, video: { track: 'a-2', producer: tracks.video } },
    { keyFrameInterval: segmentSeconds },
  );

interface Span {
  fromMs: number;
  toMs: number;
}

interface Listed {
  name: string;
  /** When it was first in the playlist, ms since the call began. */
  at: number;
  /** All that were in it then, itself last. */
  names: string[];
}

async function hlsDelay(studio: EgressStudio, caller: FlashCaller): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-bench-'));
  try {
    await studio.start(liveTarget('hls', join(folder, 'index.m3u8')));
    await show(studio, caller);
    await caller.start();
    const listed = new Map<string, Listed>();
    const captured = new Map<string, Span>();
    // The first picture of the call is the first one of the first segment; the others follow without a hole.
    let beginMs = 0;
    while (caller.elapsedMs < runMs) {
      const segments = await playlist(folder);
      const at = caller.elapsedMs;
      const names = segments.map(({ name }) => name);
      for (const { name, ms } of segments.filter((one) => !listed.has(one.name))) {
        listed.set(name, { name, at, names });
        const span = await spanOf(join(folder, name), beginMs);
        if (span !== undefined) captured.set(name, span);
        beginMs += ms;
      }
      await sleep(pollMs);
    }
    return reportHls([...listed.values()], captured);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Segments of the moment, and how long they are. */
async function playlist(folder: string): Promise<{ name: string; ms: number }[]> {
  const text = await readFile(join(folder, 'index.m3u8'), 'utf8').catch(() => '');
  return [...text.matchAll(/^#EXTINF:([\d.]+),.*\n(?:#.*\n)*(.+\.ts)$/gm)].map(([, seconds, name = '']) => ({
    ...{ name, ms: Number(seconds) * 1_000 },
  }));
}

/** When the first and the last picture of a segment were captured, ms since the call began. @param nearMs about the first */
async function spanOf(file: string, nearMs: number): Promise<Span | undefined> {
  const pictures = await seenPictures(file);
  const [first, last] = [pictures[0], pictures.at(-1)];
  const flash = flashes(pictures.slice(1))[0];
  if (first === undefined || last === undefined || flash === undefined) return undefined;
  // A flash is at a multiple of its period; at which one, the lengths of the segments before say well enough.
  const from = nearMs + flash - first.ms;
  const at = Math.round(from / flashPeriodMs) * flashPeriodMs;
  return { fromMs: at - (flash - first.ms), toMs: at + last.ms - flash };
}

function reportHls(listed: readonly Listed[], captured: ReadonlyMap<string, Span>): Figure[] {
  const available: number[] = [];
  const played: number[] = [];
  for (const { name, at, names } of listed) {
    const own = captured.get(name);
    const begin = captured.get(names.at(-behind) ?? '');
    if (own !== undefined) available.push(at - own.toMs);
    if (begin !== undefined && names.length >= behind) played.push(at - begin.fromMs);
  }
  const what = (text: string) => `HLS, segments of ${segmentSeconds} s: ${text}`;
  return [
    {
      what: what('from the capture of its last picture until a segment is in the playlist, p50'),
      value: round(median(available) / 1_000, 2),
      unit: 's',
    },
    {
      what: what(`delay of a player that begins ${behind} segments before the end, p50`),
      value: round(median(played) / 1_000, 2),
      unit: 's',
    },
  ];
}

async function rtmpDelay(studio: EgressStudio, caller: FlashCaller): Promise<Figure[]> {
  const server = await RtmpServer.start();
  const url = server.url('bench');
  let reader: FlashReader | undefined;
  try {
    await studio.start(liveTarget('rtmp', url));
    await show(studio, caller);
    await caller.start();
    await until(() => studio.newest?.status === 'live', { what: 'it is sent', timeoutMs: 30_000 });
    await sleep(settleMs);
    reader = new FlashReader(url);
    await reader.next();
    await sleep(settleMs);
    const delays: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      caller.dark = true;
      await sleep(darkMs);
      const next = Math.ceil(caller.elapsedMs / flashPeriodMs) * flashPeriodMs;
      const at = performance.now() + next - caller.elapsedMs;
      const seen = reader.next();
      caller.dark = false;
      delays.push((await seen) - at);
    }
    const what = 'RTMP through nginx: from the capture of a picture until a reader has decoded it, p50';
    return [{ what, value: round(median(delays)), unit: 'ms' }];
  } finally {
    await reader?.close();
    await server.stop();
  }
}

/** FFmpeg that plays a stream as fast as it comes, and says when it is bright. */
class FlashReader {
  readonly #child: ChildProcess;
  #waiting: ((at: number) => void) | undefined;

  constructor(url: string) {
    this.#child = spawn(
      'ffmpeg',
      [
        ...['-v', 'error', '-fflags', 'nobuffer', '-flags', 'low_delay', '-analyzeduration', '3000000'],
        ...['-threads', '1', '-i', url, '-an', '-fps_mode', 'passthrough'],
        ...['-vf', `scale=${looked.width}:${looked.height}`, '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const bytes = looked.width * looked.height;
    let carry = Buffer.alloc(0);
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      carry = Buffer.concat([carry, chunk]);
      for (; carry.length >= bytes; carry = carry.subarray(bytes)) this.#look(carry.subarray(0, bytes));
    });
  }

  /** When the next bright picture comes, ms of `performance.now()`. */
  next(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
      this.#child.once('exit', () => {
        reject(new Error('nothing is received'));
      });
    });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #look(picture: Uint8Array): void {
    const mean = picture.reduce((sum, value) => sum + value, 0) / picture.length;
    if (mean < bright) return;
    this.#waiting?.(performance.now());
    this.#waiting = undefined;
  }
}
