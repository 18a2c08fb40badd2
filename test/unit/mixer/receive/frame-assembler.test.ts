import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { VideoCodec } from '../../../../mixer-agent/mix/media.ts';
import { createPayloadFormat } from '../../../../mixer-agent/mix/receive/formats/index.ts';
import { FrameAssembler } from '../../../../mixer-agent/mix/receive/frame-assembler.ts';
import type { Packet } from '../../../../mixer-agent/mix/receive/packet-ring.ts';
import { packetizers } from '../../../support/rtp-packetizers.ts';
import {
  cookFrame,
  frameRecipes,
  type FrameRecipe,
  syntheticFrame,
  type SyntheticFrame,
  videoCodecs,
} from '../../../support/synthetic-frames.ts';

const step = 3600;

function packetsOf(codec: VideoCodec, list: readonly SyntheticFrame[], maxBytes = 500): Packet[] {
  const packets: Packet[] = [];
  for (const [index, { data }] of list.entries()) {
    const payloads = packetizers[codec](data, maxBytes);
    for (const [part, payload] of payloads.entries()) {
      const marker = part === payloads.length - 1;
      packets.push({
        sequence: 70_000 + packets.length,
        timestamp: (index + 1) * step,
        marker,
        payload,
        arrivalMs: index,
      });
    }
  }
  return packets;
}

function assemble(codec: VideoCodec) {
  const out: { index: number; data: Buffer; key: boolean }[] = [];
  let broken = 0;
  const assembler = new FrameAssembler(createPayloadFormat(codec), {
    frame: ({ data, key }, timestamp) => {
      out.push({ index: timestamp / step - 1, data: Buffer.from(data), key });
    },
    broken: () => (broken += 1),
  });
  return { assembler, out, broken: () => broken };
}

/** Frames of 3 packets each: a key frame each `keys`. */
const plain = (count: number, keys = Infinity): SyntheticFrame[] =>
  Array.from({ length: count }, (_none, index) =>
    syntheticFrame('vp8', index % keys === 0, new Uint8Array(1400).fill(index)),
  );

/** Numbers of packets of any frames, in any order or with any missing. */
const choices = (
  codec: VideoCodec,
  maxFrames: number,
  choose: (numbers: number[]) => fc.Arbitrary<number[]>,
): fc.Arbitrary<[FrameRecipe[], number[]]> =>
  frameRecipes(maxFrames).chain((recipes) => {
    const count = packetsOf(
      codec,
      recipes.map((recipe) => cookFrame(codec, recipe)),
    ).length;
    return fc.tuple(fc.constant(recipes), choose(Array.from({ length: count }, (_none, index) => index)));
  });

for (const codec of videoCodecs) {
  describe(`frames of ${codec}`, () => {
    it('come out whole and in order, whatever the order and however often packets come', () => {
      const input = choices(codec, 12, (numbers) => {
        const twice = numbers.concat(numbers.filter((number) => number % 5 === 0));
        return fc.shuffledSubarray(twice, { minLength: twice.length });
      });
      fc.assert(
        fc.property(input, ([recipes, numbers]) => {
          const list = recipes.map((recipe) => cookFrame(codec, recipe));
          // A key frame in the middle may be complete before the first one: what is before it is then of no use.
          const later = list.findIndex((frame, index) => index > 0 && frame.key);
          const wanted = later < 0 ? list : list.slice(0, later);
          const packets = packetsOf(codec, wanted);
          const { assembler, out, broken } = assemble(codec);
          for (const number of numbers) if (packets[number]) assembler.put(packets[number]);
          assert.deepEqual(
            out.map(({ index }) => index),
            wanted.map((_frame, index) => index),
          );
          for (const { index, data } of out) assert.ok(data.equals(wanted[index]!.data));
          assert.equal(broken(), 0);
        }),
        { numRuns: 40 },
      );
    });

    it('come out complete, in order and never twice when packets are lost, and begin again with a key frame', () => {
      const input = choices(codec, 15, (numbers) => fc.subarray(numbers));
      fc.assert(
        fc.property(input, fc.integer({ min: 1, max: 20 }), ([recipes, numbers], patience) => {
          const list = recipes.map((recipe) => cookFrame(codec, recipe));
          const packets = packetsOf(codec, list);
          const { assembler, out } = assemble(codec);
          for (const number of numbers) {
            assembler.put(packets[number]!);
            if (number % patience === 0 && assembler.blockedBy) assembler.giveUp();
          }
          for (let tries = 0; assembler.blockedBy; tries++) {
            assert.ok(tries <= list.length * 4);
            assembler.giveUp();
          }
          for (const [index, frame] of out.entries()) {
            const before = out[index - 1];
            if (before) assert.ok(frame.index > before.index);
            if (frame.index !== (before?.index ?? -2) + 1) assert.equal(frame.key, true);
            assert.ok(frame.data.equals(list[frame.index]!.data));
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}

describe('frames', () => {
  it('wait for a packet that comes late', () => {
    const { assembler, out } = assemble('vp8');
    const packets = packetsOf('vp8', plain(5));
    const [late] = packets.splice(4, 1);
    for (const packet of packets) assembler.put(packet);
    assert.equal(out.length, 1);
    assert.equal(assembler.blockedBy?.timestamp, 2 * step);
    assert.equal(assembler.put(late!), 'new');
    assert.equal(out.length, 5);
    assert.equal(assembler.blockedBy, undefined);
  });

  it('after one that was given up wait for the next key frame, and know what comes too late', () => {
    const { assembler, out, broken } = assemble('vp8');
    const packets = packetsOf('vp8', plain(9, 6));
    const [late] = packets.splice(4, 1);
    for (const packet of packets.slice(0, 12)) assembler.put(packet);
    assembler.giveUp();
    assert.equal(broken(), 1);
    assert.equal(assembler.put(late!), 'late');
    assert.equal(assembler.put(late!), 'copy');
    for (const packet of packets.slice(12)) assembler.put(packet);
    assert.deepEqual(
      out.map(({ index }) => index),
      [0, 6, 7, 8],
    );
  });

  it('are found after a loss when their key frame is there already', () => {
    const { assembler, out } = assemble('vp8');
    const packets = packetsOf('vp8', plain(9, 3)).filter(({ sequence }) => sequence !== 70_004);
    for (const packet of packets) assembler.put(packet);
    assert.deepEqual(
      out.map(({ index }) => index),
      [0],
    );
    assembler.giveUp();
    assert.deepEqual(
      out.map(({ index }) => index),
      [0, 3, 4, 5, 6, 7, 8],
    );
  });

  it('without a marker are complete where their format says so, and only there', () => {
    for (const codec of videoCodecs) {
      const { assembler, out } = assemble(codec);
      const list = [true, false, false, true].map((key) =>
        syntheticFrame(codec, key, new Uint8Array(1400).fill(key ? 1 : 2)),
      );
      for (const packet of packetsOf(codec, list)) {
        assembler.put({ ...packet, marker: packet.marker && packet.timestamp !== 2 * step });
      }
      assert.deepEqual(
        out.map(({ index }) => index),
        codec === 'vp8' ? [0, 3] : [0, 1, 2, 3],
        codec,
      );
    }
  });

  it('go on over packets of padding only', () => {
    const { assembler, out } = assemble('vp8');
    let shift = 0;
    for (const packet of packetsOf('vp8', plain(3))) {
      assembler.put({ ...packet, sequence: packet.sequence + shift });
      shift += 1;
      assembler.put({ ...packet, sequence: packet.sequence + shift, payload: new Uint8Array(0) });
    }
    assert.equal(out.length, 3);
  });

  it('that never become complete are given up when there is no more room', () => {
    const { assembler, broken } = assemble('vp8');
    const [first, second] = packetsOf('vp8', plain(1));
    assembler.put(first!);
    for (let sequence = second!.sequence + 1; sequence < second!.sequence + 3000; sequence++) {
      assembler.put({ ...second!, sequence });
    }
    assert.equal(broken(), 1);
    assert.equal(assembler.blockedBy, undefined);
  });
});
