import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { H264RtpPayload, Vp8RtpPayload } from 'werift-rtp';
import { nalUnits } from '../../../../mixer-agent/mix/send/annex-b.ts';
import { packetizeH264 } from '../../../../mixer-agent/mix/send/h264-packetizer.ts';
import { packetizeVp8 } from '../../../../mixer-agent/mix/send/vp8-packetizer.ts';

const headerBytes = 12;
const payloadOf = (packet: Uint8Array) => Buffer.from(packet.subarray(headerBytes));

/** What an encoder makes of a moving picture; large enough for many packets. */
const encoded = (format: 'ivf' | 'h264', ...options: string[]): Buffer =>
  execFileSync(
    'ffmpeg',
    [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25', '-frames:v', '6'],
      ...['-pix_fmt', 'yuv420p', '-b:v', '3M', ...options, '-f', format, 'pipe:1'],
    ],
    { maxBuffer: 1e8 },
  );

function vp8Frames(): Uint8Array[] {
  const file = encoded('ivf', '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8');
  const frames: Uint8Array[] = [];
  for (let at = 32; at < file.length;) {
    const bytes = file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, at + 12 + bytes));
    at += 12 + bytes;
  }
  return frames;
}

/** The frame in packets, put together by another implementation. */
function depacketizeVp8(packets: readonly Uint8Array[]) {
  const parts = packets.map((packet) => Vp8RtpPayload.deSerialize(payloadOf(packet)));
  return {
    frame: Buffer.concat(parts.map(({ payload }) => payload)),
    pictureIds: parts.map(({ pictureId }) => pictureId),
    marks: parts.map(({ lBit, tBit }) => [lBit, tBit]),
    starts: parts.map(({ isPartitionHead }) => isPartitionHead),
    key: parts[0]?.isKeyframe,
  };
}

function depacketizeH264(packets: readonly Uint8Array[]): Buffer {
  let fragment: Buffer | undefined;
  const units: Buffer[] = [];
  for (const packet of packets) {
    const part = H264RtpPayload.deSerialize(payloadOf(packet), fragment);
    fragment = part.fragment;
    if (part.payload !== undefined) units.push(part.payload);
  }
  return Buffer.concat(units);
}

const withStartCodes = (units: readonly Uint8Array[]): Buffer =>
  Buffer.concat(units.flatMap((unit) => [Buffer.of(0, 0, 0, 1), unit]));

/** NAL units that an encoder might have made: they never hold a start code and never end with a zero. */
const anyUnit = fc
  .tuple(fc.constantFrom(0x67, 0x68, 0x65, 0x41, 0x06, 0x01), fc.integer({ min: 2, max: 6_000 }), fc.nat(255))
  .map(([first, length, seed]) =>
    Uint8Array.from({ length }, (_none, index) => (index === 0 ? first : 1 + ((index * 31 + seed) % 255))),
  );

describe('VP8 as RTP', () => {
  it('carries real frames byte for byte', () => {
    const frames = vp8Frames();
    assert.equal(frames.length, 6);
    for (const [index, frame] of frames.entries()) {
      const packets = packetizeVp8(frame, 0x7ffe + index, 1_200);
      const { frame: received, key, starts } = depacketizeVp8(packets);
      assert.deepEqual(received, Buffer.from(frame));
      assert.equal(key, index === 0);
      assert.deepEqual(
        starts,
        packets.map((_packet, part) => part === 0),
      );
    }
  });

  it('keeps every packet within its size, and all of a frame alike', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 3, maxLength: 20_000 }),
        fc.nat(0x7fff),
        fc.integer({ min: 100, max: 1_500 }),
        (frame, pictureId, maxBytes) => {
          const packets = packetizeVp8(frame, pictureId, maxBytes);
          const { frame: received, pictureIds, marks } = depacketizeVp8(packets);
          assert.deepEqual(received, Buffer.from(frame));
          assert.deepEqual([...new Set(pictureIds)], [pictureId]);
          // Number in the base layer, and the layer: routers renumber pictures only with both.
          assert.ok(marks.every(([number, layer]) => number === 1 && layer === 1));
          for (const packet of packets)
            assert.deepEqual([...payloadOf(packet).subarray(4, 6)], [pictureId & 0xff, 0]);
          const sizes = packets.map(({ length }) => length);
          assert.ok(Math.max(...sizes) <= maxBytes);
          assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('has nothing to send for an empty frame', () => {
    assert.deepEqual(packetizeVp8(new Uint8Array(), 1, 1_200), []);
  });
});

describe('H.264 as RTP', () => {
  it('carries real access units byte for byte', () => {
    const x264 = [
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-tune',
      'zerolatency',
      '-profile:v',
      'baseline',
    ];
    const stream = encoded('h264', ...x264, '-x264-params', 'aud=1');
    const units = nalUnits(stream);
    const types = units.map((unit) => unit[0]! & 31);
    assert.deepEqual(types.slice(0, 3), [9, 7, 8]);
    const packets = packetizeH264(stream, 1_200);
    assert.deepEqual(depacketizeH264(packets), withStartCodes(units.filter((unit) => (unit[0]! & 31) !== 9)));
    assert.equal(packets[0]![headerBytes]! & 31, 24, 'parameter sets travel together');
    assert.ok(packets.some((packet) => (packet[headerBytes]! & 31) === 28));
  });

  it('keeps every packet within its size whatever the units are', () => {
    fc.assert(
      fc.property(
        fc.array(anyUnit, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 100, max: 1_500 }),
        (units, maxBytes) => {
          const packets = packetizeH264(withStartCodes(units), maxBytes);
          assert.deepEqual(depacketizeH264(packets), withStartCodes(units));
          for (const { length } of packets) assert.ok(length <= maxBytes && length > headerBytes);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('knows start codes of both lengths and zeros after a unit', () => {
    const bytes = Uint8Array.of(0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 3, 0, 0);
    assert.deepEqual(nalUnits(bytes), [
      Uint8Array.of(0x67, 1),
      Uint8Array.of(0x68, 2),
      Uint8Array.of(0x65, 3),
    ]);
  });

  it('makes something or nothing of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (bytes) => {
        for (const { length } of packetizeH264(bytes, 1_200)) assert.ok(length <= 1_200);
      }),
    );
  });
});
