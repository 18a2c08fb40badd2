import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VideoCodec } from '../../../../mixer-agent/mix/media.ts';
import { createPayloadFormat } from '../../../../mixer-agent/mix/receive/formats/index.ts';
import type { Frame } from '../../../../mixer-agent/mix/receive/formats/payload-format.ts';
import { FrameAssembler } from '../../../../mixer-agent/mix/receive/frame-assembler.ts';
import { emptyRtpHeader, isRtcp, readRtpHeader } from '../../../../mixer-agent/mix/receive/rtp-header.ts';
import { decodedSizes, encodeFrames } from '../../../support/encoded-frames.ts';
import { nalUnits, packetizers } from '../../../support/rtp-packetizers.ts';
import { videoCodecs } from '../../../support/synthetic-frames.ts';
import { until } from '../../../support/until.ts';

/** Frames out of RTP packets. */
function collector(codec: VideoCodec) {
  const frames: Frame[] = [];
  const header = emptyRtpHeader();
  const assembler = new FrameAssembler(createPayloadFormat(codec), {
    frame: (frame) => frames.push(frame),
    broken: () => assert.fail('a frame is not complete'),
  });
  const take = (datagram: Uint8Array) => {
    if (isRtcp(datagram) || !readRtpHeader(datagram, header)) return;
    const { marker, start, end, timestamp } = header;
    const sequence = 0x1_0000 + header.sequence;
    assembler.put({ sequence, timestamp, marker, payload: datagram.subarray(start, end), arrivalMs: 0 });
  };
  return { frames, take };
}

const recording = (name: string) =>
  readFile(new URL(`../../../fixtures/rtp/${name}.rtp`, import.meta.url)).then((file) => {
    const packets: Buffer[] = [];
    for (let at = 0; at < file.length; at += 2 + file.readUInt16BE(at)) {
      packets.push(file.subarray(at + 2, at + 2 + file.readUInt16BE(at)));
    }
    return packets;
  });

describe('frames of real encoders', function () {
  this.timeout(60_000);

  for (const codec of videoCodecs) {
    it(`of ${codec} come out of packets byte for byte, and can be decoded`, async () => {
      const frames = await encodeFrames(codec, 30);
      assert.ok(frames.length >= 28);
      const format = createPayloadFormat(codec);
      const out = frames.map((frame) => {
        const payloads = packetizers[codec](frame, 1100);
        const whole = format.frame(payloads);
        assert.ok(whole);
        assert.equal(whole.key, format.startsKeyFrame(payloads[0]!, true));
        return whole;
      });
      for (const [index, frame] of out.entries()) {
        if (codec !== 'h264') assert.ok(frames[index]!.equals(frame.data), `frame ${index}`);
      }
      assert.ok(out[0]?.key === true && out.filter(({ key }) => key).length === 3);
      const sizes = await decodedSizes(
        codec,
        out.map(({ data }) => data),
      );
      assert.deepEqual(new Set(sizes), new Set(['320x180']));
      assert.equal(sizes.length, frames.length);
    });
  }
});

describe('frames of another packetizer', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-rtp-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  const encoders = {
    vp8: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8'],
    vp9: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-strict', 'experimental'],
    h264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
  };

  for (const codec of ['vp8', 'vp9', 'h264'] as const) {
    it(`of ${codec} are what was encoded`, async () => {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      const { frames, take } = collector(codec);
      socket.on('message', take);
      const container = codec === 'h264' ? 'h264' : 'ivf';
      const file = join(folder, codec);
      const outputs = `[f=${container}]${file}|[f=rtp]rtp://127.0.0.1:${socket.address().port}`;
      const ffmpeg = spawn(
        'ffmpeg',
        [
          ...['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=50', '-frames:v', '50'],
          ...[...encoders[codec], '-pix_fmt', 'yuv420p', '-g', '20', '-b:v', '800k', '-flags', '+bitexact'],
          ...['-map', '0', '-f', 'tee', outputs],
        ],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      await once(ffmpeg, 'exit');
      await until(() => frames.length >= 49, { what: 'all frames' });
      socket.close();
      const encoded = await readFile(file);
      // Start codes of three bytes in the file are of four here: NAL units are compared.
      const parts = (bytes: Uint8Array) => (codec === 'h264' ? nalUnits(bytes) : [Buffer.from(bytes)]);
      const received = frames.flatMap(({ data }) => parts(data));
      if (codec === 'h264') assert.deepEqual(received, nalUnits(encoded));
      else assert.ok(received.every((frame) => encoded.includes(frame)));
      const sizes = await decodedSizes(
        codec,
        frames.map(({ data }) => data),
      );
      assert.equal(sizes.length, frames.length);
      assert.ok(frames.filter(({ key }) => key).length >= 3);
    });
  }
});

describe('pictures with spatial layers, of a browser through a router that drops the highest', function () {
  this.timeout(60_000);

  // In each the layer sent goes up from the lowest at the second key frame.
  const cases = [
    { name: 'vp9-l3t3-key', codec: 'vp9', decoder: 'libvpx-vp9' },
    { name: 'vp9-l3t3', codec: 'vp9', decoder: 'libvpx-vp9' },
    { name: 'av1-l3t3', codec: 'av1', decoder: 'libdav1d' },
  ] as const;

  for (const { name, codec, decoder } of cases) {
    it(`decode to one picture each, of the highest layer there is: ${name}`, async () => {
      const { frames, take } = collector(codec);
      for (const packet of await recording(name)) take(packet);
      assert.equal(frames.length, 30);
      assert.equal(frames.filter(({ key }) => key).length, 2);
      const sizes = await decodedSizes(
        codec,
        frames.map(({ data }) => data),
        decoder,
      );
      const low = sizes.filter((size) => size === '320x180');
      const high = sizes.filter((size) => size === '640x360');
      assert.deepEqual(sizes, [...low, ...high]);
      assert.ok(low.length > 3 && high.length > 15, `${low.length} and ${high.length}`);
      assert.equal(sizes.length, 30);
    });
  }
});
