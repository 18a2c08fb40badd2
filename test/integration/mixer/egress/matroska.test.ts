import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describeVideo, opusTrack } from '../../../../mixer-agent/egress/headers/describe.ts';
import { MatroskaWriter, type WriterOptions } from '../../../../mixer-agent/egress/matroska/writer.ts';
import { opusSilence } from '../../../../mixer-agent/egress/timeline/opus-silence.ts';
import type { MediaUnit, VideoTrack } from '../../../../mixer-agent/egress/unit.ts';
import type { VideoCodec } from '../../../../mixer-agent/mix/media.ts';
import { encodeFrames } from '../../../support/encoded-frames.ts';
import { complaintsAbout, decodedFrames, probe, probePackets } from '../../../support/media-file.ts';

const codecs = ['vp8', 'vp9', 'h264', 'av1'] as const;

describe('live Matroska', function () {
  this.timeout(60_000);
  let folder: string;
  const frames = new Map<VideoCodec, Buffer[]>();
  let files = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-matroska-'));
    for (const codec of codecs) frames.set(codec, await encodeFrames(codec, 25));
  });
  after(() => rm(folder, { recursive: true }));

  const write = async (options: WriterOptions, units: readonly MediaUnit[]): Promise<string> => {
    const writer = new MatroskaWriter(options);
    const parts = [writer.header()];
    for (const unit of units) writer.unit(unit, (bytes) => parts.push(bytes));
    const file = join(folder, `${files++}.mkv`);
    await writeFile(file, Buffer.concat(parts));
    return file;
  };

  const pictures = (codec: VideoCodec, from = 0): MediaUnit[] =>
    (frames.get(codec) ?? []).map((data, index) => ({
      kind: 'video',
      data,
      timeMs: from + index * 40,
      key: index % 12 === 0,
    }));

  const sound = (count: number): MediaUnit[] =>
    Array.from({ length: count }, (_none, index) => ({
      kind: 'audio',
      data: opusSilence(20),
      timeMs: index * 20,
      key: true,
    }));

  const trackOf = (codec: VideoCodec): VideoTrack => {
    const track = describeVideo(codec, frames.get(codec)![0]!);
    assert.ok(track);
    return track;
  };

  for (const codec of codecs) {
    it(`carries ${codec} that FFmpeg reads and decodes without complaint`, async () => {
      const video = trackOf(codec);
      assert.deepEqual(video.size, { width: 320, height: 180 });
      const units = [...pictures(codec), ...sound(50)].sort((one, other) => one.timeMs - other.timeMs);
      const file = await write({ tracks: { audio: opusTrack, video } }, units);
      const { streams } = await probe(file);
      assert.deepEqual(
        streams.map(({ codec_name: name, width, channels }) => [name, width ?? channels]),
        [
          [codec, 320],
          ['opus', 2],
        ],
      );
      assert.deepEqual(await complaintsAbout(file), []);
      assert.equal(await decodedFrames(file), 25);
    });
  }

  it('carries units of any sizes and times as they are', async () => {
    const unit = fc.record({
      kind: fc.constantFrom('audio' as const, 'video' as const),
      data: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.integer({ min: 16_000, max: 70_000 }).map((size) => new Uint8Array(size).fill(1)),
      ),
      step: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 30_000, max: 100_000 })),
      key: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(unit, { minLength: 1, maxLength: 20 }),
        fc.nat(2 ** 33),
        async (shapes, start) => {
          let timeMs = start;
          // FFmpeg looks into sound.
          const units = shapes.map(({ step, kind, data, key }) => ({
            ...{ kind, key, timeMs: (timeMs += step) },
            data: kind === 'audio' ? opusSilence(20) : data,
          }));
          const tracks = { audio: opusTrack, video: trackOf('vp8') };
          const packets = await probePackets(await write({ tracks }, units));
          assert.deepEqual(
            packets.map(({ stream, ms, bytes }) => [stream, ms, bytes]),
            units.map(({ kind, timeMs: ms, data }) => [kind === 'video' ? 0 : 1, ms, data.length]),
          );
        },
      ),
      { numRuns: 12 },
    );
  });

  it('can be cut anywhere after the header, and what is there is read', async () => {
    const units = [...pictures('vp8'), ...sound(50)].sort((one, other) => one.timeMs - other.timeMs);
    const tracks = { audio: opusTrack, video: trackOf('vp8') };
    const writer = new MatroskaWriter({ tracks });
    const parts: Uint8Array[] = [writer.header()];
    const ends: number[] = [];
    for (const unit of units) {
      writer.unit(unit, (bytes) => parts.push(bytes));
      ends.push(parts.reduce((sum, part) => sum + part.length, 0));
    }
    const whole = Buffer.concat(parts);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: ends[2]!, max: whole.length }), async (length) => {
        const file = join(folder, `${files++}.mkv`);
        await writeFile(file, whole.subarray(0, length));
        const complete = ends.filter((end) => end <= length).length;
        assert.ok((await probePackets(file)).length >= complete);
      }),
      { numRuns: 10 },
    );
  });

  it('takes another header of the same length when a track comes later', async () => {
    const options = { tracks: { audio: opusTrack }, padTo: 4096 };
    const both = { tracks: { audio: opusTrack, video: trackOf('h264') }, padTo: 4096 };
    const first = new MatroskaWriter(options);
    assert.equal(first.header().length, 4096);
    assert.equal(new MatroskaWriter(both).header().length, 4096);
    const second = new MatroskaWriter(both);
    const parts: Uint8Array[] = [second.header()];
    for (const unit of sound(50)) first.unit(unit, (bytes) => parts.push(bytes));
    for (const unit of pictures('h264', 1_000)) second.unit(unit, (bytes) => parts.push(bytes));
    const file = join(folder, `${files++}.mkv`);
    await writeFile(file, Buffer.concat(parts));
    assert.equal(await decodedFrames(file), 25);
    assert.deepEqual(await complaintsAbout(file), []);
  });
});
