import { strict as assert } from 'node:assert';
import { opusTrack } from '../../../../mixer-agent/egress/headers/describe.ts';
import { MatroskaWriter } from '../../../../mixer-agent/egress/matroska/writer.ts';
import { opusSilence } from '../../../../mixer-agent/egress/timeline/opus-silence.ts';
import { Transcoder, type TranscoderOptions } from '../../../../mixer-agent/egress/transcode/transcoder.ts';
import type { MediaUnit, TrackDescription } from '../../../../mixer-agent/egress/unit.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEncoder } from 'libopus-wasm';
import { beepPackets } from '../../../support/beeps.ts';
import { type Clip, encodedClip } from '../../../support/encoded-clip.ts';
import { look, toneLead } from '../../../support/live-viewer.ts';
import { onsets } from '../../../support/media-file.ts';
import { quiet } from '../../../support/pictures.ts';
import { loudness, tone } from '../../../support/tones.ts';
import { until } from '../../../support/until.ts';

/** One whose packets can repeat the last one, as those of browsers do on a line that loses some: in the hybrid mode. */
const repairingEncoder = () =>
  createEncoder({ bitrate: 64_000, complexity: 5, fec: true, packetLossPercent: 10 });

/** A transcoder and what comes out of it. */
class Bench {
  readonly transcoder: Transcoder;
  readonly tracks: TrackDescription[] = [];
  readonly units: MediaUnit[] = [];
  asked = 0;
  failure: string | undefined;

  constructor(wish: TranscoderOptions['wish'], ffmpeg = 'ffmpeg') {
    this.transcoder = new Transcoder({
      ...{ ffmpeg, wish, keyFrameInterval: 1, log: quiet },
      events: {
        onTrack: (track) => this.tracks.push(track),
        onUnit: (unit) => this.units.push(unit),
        onKeyFrameNeeded: () => (this.asked += 1),
        onFailed: ({ message }) => (this.failure = message),
      },
    });
  }

  /** Gives all of a kind that is in a clip. */
  feed({ units, tracks }: Clip, kind: 'audio' | 'video', fromMs = 0): void {
    this.transcoder.begin(tracks[kind]!);
    for (const unit of units) {
      if (unit.kind === kind) this.transcoder.push({ ...unit, timeMs: unit.timeMs + fromMs });
    }
  }
}

describe('encoding a track anew', () => {
  let folder: string;
  const clips = new Map<string, Clip>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-transcode-'));
    for (const video of ['h264', 'vp8', 'vp9'] as const) {
      clips.set(video, await encodedClip({ video, colour: 'green', tone: 700, seconds: 2 }));
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const clip = (name: string): Clip => clips.get(name)!;

  /** Decodes what came out. */
  async function seen({ tracks, units }: Bench) {
    const [track] = tracks;
    const writer = new MatroskaWriter({ tracks: { [track!.kind]: track } });
    const bytes = [writer.header()];
    for (const unit of units) writer.unit(unit, (part) => bytes.push(part));
    const path = join(folder, 'seen.mkv');
    await writeFile(path, Buffer.concat(bytes));
    return await look(path);
  }

  for (const [from, to] of [
    ['vp8', 'h264'],
    ['h264', 'vp8'],
    ['h264', 'vp9'],
    ['vp9', 'h264'],
  ] as const) {
    it(`makes ${to} of ${from}, picture by picture at the same times`, async () => {
      const bench = new Bench({ codec: to });
      bench.feed(clip(from), 'video', 7_300);
      await bench.transcoder.close();
      const given = clip(from).units.filter(({ kind }) => kind === 'video');
      assert.deepEqual(
        bench.units.map(({ timeMs }) => timeMs),
        given.map(({ timeMs }) => timeMs + 7_300),
      );
      assert.equal(bench.units[0]!.key, true);
      assert.ok(bench.units.filter(({ key }) => key).length >= 2, 'key frames each second');
      const { codecs, colour } = await seen(bench);
      assert.deepEqual(codecs, [to]);
      assert.ok(Math.abs(colour!.g - 128) < 40 && colour!.r < 40, JSON.stringify(colour));
    });
  }

  it('hears what follows silence that was filled in, whatever mode of Opus it has', async () => {
    const encoder = await repairingEncoder();
    const bench = new Bench({ codec: 'aac' });
    bench.transcoder.begin(opusTrack);
    for (let nth = 0; nth < 100; nth += 1) {
      const spoken = encoder.encodeFloat(tone(700, 960, { amplitude: 0.4, from: nth * 960 })).slice();
      // These are hybrid, the silence is not (RFC 6716, 3.1).
      assert.notEqual(spoken[0], opusSilence(20)[0]);
      const data = nth === 10 || nth === 11 ? opusSilence(20) : spoken;
      bench.transcoder.push({ kind: 'audio', data, timeMs: nth * 20, durationMs: 20, key: true });
    }
    await bench.transcoder.close();
    encoder.free();
    const { sound } = await seen(bench);
    const level = loudness(sound.subarray(96_000));
    assert.ok(Math.abs(level - loudness(tone(700, 960, { amplitude: 0.4 }))) < 1.5, `${level} dB`);
  });

  it('makes pictures of another size and rate, with bars where the shape is another', async () => {
    const bench = new Bench({ codec: 'h264', resolution: { width: 200, height: 200 }, framerate: 10 });
    bench.feed(clip('vp8'), 'video');
    await bench.transcoder.close();
    const [track] = bench.tracks;
    assert.deepEqual(track?.kind === 'video' && track.size, { width: 200, height: 200 });
    assert.ok(bench.units.length >= 15 && bench.units.length <= 26, String(bench.units.length));
    const { colour } = await seen(bench);
    // 112 of 200 rows.
    assert.ok(Math.abs(colour!.g - 128 * 0.56) < 30, JSON.stringify(colour));
  });

  it('makes AAC of Opus, in step with it', async () => {
    const bench = new Bench({ codec: 'aac' });
    bench.feed(clip('vp8'), 'audio', 5_000);
    await bench.transcoder.close();
    const [first, last] = [bench.units[0]!, bench.units.at(-1)!];
    assert.ok(Math.abs(first.timeMs - 5_000) < 30, String(first.timeMs));
    assert.ok(Math.abs(last.timeMs + last.durationMs! - 7_000) < 60, String(last.timeMs));
    bench.units.reduce((before, unit) => {
      assert.ok(Math.abs(unit.timeMs - before.timeMs - 1_024 / 48) < 1.1);
      return unit;
    });
    const { codecs, sound } = await seen(bench);
    assert.deepEqual(codecs, ['aac']);
    assert.ok(toneLead(sound, 700, 400) > 25);
  });

  it('makes AAC of Opus as loud as it was, whatever modes its encoder changes between', async () => {
    const [periodMs, periods] = [913, 11];
    const packets = await beepPackets(periodMs, periods, await repairingEncoder());
    const bench = new Bench({ codec: 'aac' });
    bench.transcoder.begin(opusTrack);
    for (const [index, data] of packets.entries()) {
      bench.transcoder.push({ kind: 'audio', data, timeMs: index * 20, durationMs: 20, key: true });
    }
    await bench.transcoder.close();
    const { sound } = await seen(bench);
    const heard = sound.filter((_value, index) => index % 2 === 0);
    assert.equal(onsets(heard, { level: 0.2 }).length, periods);
    assert.ok(heard.every((value) => Math.abs(value) < 1));
  });

  it('goes on from the next key frame when FFmpeg dies', async () => {
    const bench = new Bench({ codec: 'h264' });
    bench.feed(clip('vp8'), 'video');
    await until(() => bench.units.length > 5, { timeoutMs: 20_000 });
    process.kill(bench.transcoder.pid!, 'SIGKILL');
    await until(() => bench.asked > 0, { timeoutMs: 10_000 });
    const before = bench.units.length;
    for (const unit of clip('vp8').units) {
      if (unit.kind === 'video') bench.transcoder.push({ ...unit, timeMs: unit.timeMs + 3_000 });
    }
    await until(() => bench.units.length > before, { timeoutMs: 20_000 });
    await bench.transcoder.close();
    assert.equal(bench.units[before]!.key, true);
    assert.ok(bench.units.every(({ timeMs }, index) => timeMs > (bench.units[index - 1]?.timeMs ?? -1)));
    assert.equal(bench.failure, undefined);
  });

  it('follows the codec of what comes', async () => {
    const bench = new Bench({ codec: 'h264' });
    bench.feed(clip('vp8'), 'video');
    bench.feed(clip('vp9'), 'video', 2_000);
    await bench.transcoder.close();
    assert.ok(bench.units.at(-1)!.timeMs > 3_800);
    assert.equal((await seen(bench)).codecs[0], 'h264');
  });

  it('says that it cannot, when FFmpeg never works', async () => {
    const bench = new Bench({ codec: 'h264' }, '/bin/false');
    const [unit] = clip('vp8').units.filter(({ kind }) => kind === 'video');
    bench.transcoder.begin(clip('vp8').tracks.video!);
    await until(
      () => {
        bench.transcoder.push(unit!);
        return bench.failure;
      },
      { timeoutMs: 25_000 },
    );
    assert.match(bench.failure!, /^The video cannot be encoded: FFmpeg ended with code 1/);
    await bench.transcoder.close();
  });
});
