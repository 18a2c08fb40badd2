import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createPayloadFormat } from '../../../../mixer-agent/mix/receive/formats/index.ts';
import { packetizers, packetizeVp9Layers } from '../../../support/rtp-packetizers.ts';
import { cookFrame, frameRecipes, syntheticFrame, videoCodecs } from '../../../support/synthetic-frames.ts';

const start = [0, 0, 0, 1];

for (const codec of videoCodecs) {
  describe(`payload format of ${codec}`, () => {
    it('gives back the frames that were packetized, and knows key frames', () => {
      fc.assert(
        fc.property(frameRecipes(3), fc.integer({ min: 30, max: 1200 }), (recipes, maxBytes) => {
          const format = createPayloadFormat(codec);
          for (const { data, key } of recipes.map((recipe) => cookFrame(codec, recipe))) {
            const payloads = packetizers[codec](data, maxBytes);
            const frame = format.frame(payloads);
            assert.ok(data.equals(frame?.data ?? Buffer.alloc(0)));
            assert.equal(frame?.key, key);
            assert.equal(
              payloads.some((payload) => format.startsKeyFrame(payload, true)),
              key,
            );
          }
        }),
        { numRuns: 60 },
      );
    });

    it('refuses frames of which a part is missing at either end', () => {
      const format = createPayloadFormat(codec);
      const { data } = syntheticFrame(codec, false, new Uint8Array(3000).fill(0x55));
      const payloads = packetizers[codec](data, 500);
      assert.ok(payloads.length > 3);
      assert.equal(format.frame(payloads.slice(1)), undefined);
      // Only a marker ends a frame of VP8.
      if (codec !== 'vp8') assert.equal(format.frame(payloads.slice(0, -1)), undefined);
      assert.equal(format.endsFrame(payloads[0]!), false);
      assert.equal(format.endsFrame(payloads.at(-1)!), codec !== 'vp8');
    });

    it('never throws for any payloads', () => {
      const format = createPayloadFormat(codec);
      const good = packetizers[codec](syntheticFrame(codec, true, new Uint8Array(900).fill(3)).data, 200);
      const garbage = fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 6 });
      const mutated = fc
        .array(fc.tuple(fc.nat(good.length - 1), fc.nat(40), fc.nat(255)), { maxLength: 6 })
        .map((changes) => {
          const copy = good.map((payload) => Buffer.from(payload));
          for (const [index, at, value] of changes) copy[index]![at % copy[index]!.length] = value;
          return copy;
        });
      fc.assert(
        fc.property(fc.oneof(garbage, mutated), (payloads) => {
          for (const payload of payloads) {
            format.startsKeyFrame(payload, true);
            format.endsFrame(payload);
          }
          const frame = format.frame(payloads);
          const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
          // Start codes, OBU sizes, a superframe index and kept parameter sets: a few bytes for each payload.
          if (frame) assert.ok(frame.data.length <= bytes * 5 + 20_000);
        }),
        { numRuns: 400 },
      );
    });
  });
}

describe('payload format of vp9 with spatial layers', () => {
  const layer = (key: boolean, length: number) =>
    syntheticFrame('vp9', key, new Uint8Array(length).fill(7)).data;

  it('makes one superframe of the layers of a picture', () => {
    const layers = [layer(true, 300), layer(true, 70_000)];
    const frame = createPayloadFormat('vp9').frame(packetizeVp9Layers(layers, 1000));
    assert.equal(frame?.key, true);
    const { data } = frame;
    const [one, two] = layers;
    assert.deepEqual(Buffer.from(data.subarray(0, one!.length + two!.length)), Buffer.concat([one!, two!]));
    // The index: marker, two sizes of four bytes, marker.
    const index = Buffer.from(data.subarray(one!.length + two!.length));
    assert.deepEqual([index[0], index[9], index.length], [0xd9, 0xd9, 10]);
    assert.deepEqual([index.readUInt32LE(1), index.readUInt32LE(5)], [one!.length, two!.length]);
  });

  it('takes a single upper layer, which is all that is sent between the key frames of L3T3_KEY', () => {
    const format = createPayloadFormat('vp9');
    const lower = packetizeVp9Layers([layer(false, 300), layer(false, 900)], 500);
    const upper = lower.slice(1);
    assert.deepEqual(Buffer.from(format.frame(upper)?.data ?? []), layer(false, 900));
    assert.equal(
      upper.some((payload) => format.startsKeyFrame(payload, true)),
      false,
    );
  });

  it('does not take an upper layer for the start of a key frame', () => {
    const payloads = packetizeVp9Layers([layer(true, 300), layer(true, 300)], 1000);
    const format = createPayloadFormat('vp9');
    assert.deepEqual(
      payloads.map((payload) => format.startsKeyFrame(payload, true)),
      [true, false],
    );
  });
});

describe('payload format of h264', () => {
  const sps = [0x67, 0x42, 0xe0, 0x1f, 0x80];
  const pps = [0x68, 0xce];
  const idr = [0x65, 0x88, 1, 2];

  it('puts parameter sets that were sent once before every key frame', () => {
    const format = createPayloadFormat('h264');
    const payloads = (...units: number[][]) => units.map((unit) => Uint8Array.from(unit));
    assert.equal(format.frame(payloads(idr))?.key, false, 'nothing can decode it');
    assert.equal(format.frame(payloads(sps, pps, idr))?.key, true);
    const frame = format.frame(payloads(idr));
    assert.equal(frame?.key, true);
    assert.deepEqual([...frame.data], [...start, ...sps, ...start, ...pps, ...start, ...idr]);
  });

  it('takes the newest of parameter sets with one id, and all ids', () => {
    const format = createPayloadFormat('h264');
    const other = [0x68, 0x5e];
    const newer = [0x68, 0xcf];
    format.frame([sps, pps, other, newer, idr].map((unit) => Uint8Array.from(unit)));
    const data = format.frame([Uint8Array.from(idr)])?.data ?? [];
    assert.deepEqual([...data], [...start, ...sps, ...start, ...newer, ...start, ...other, ...start, ...idr]);
  });

  it('knows a key frame by a slice that is the first of its picture, however it is sent', () => {
    const format = createPayloadFormat('h264');
    const starts = (...bytes: number[]) => format.startsKeyFrame(Uint8Array.from(bytes), true);
    assert.equal(starts(...idr), false, 'without parameter sets it is of no use');
    format.frame([sps, pps, idr].map((unit) => Uint8Array.from(unit)));
    assert.equal(starts(...idr), true);
    assert.equal(format.startsKeyFrame(Uint8Array.from(idr), false), false, 'new ones may have been lost');
    assert.equal(starts(0x65, 0x40), false, 'a later slice');
    assert.equal(starts(0x7c, 0x85, 0x88), true, 'its first fragment');
    assert.equal(starts(0x7c, 0x05, 0x88), false, 'a later fragment');
    assert.equal(starts(0x78, 0, 2, 0x09, 0x10, 0, 4, ...idr), true, 'in a STAP-A');
    assert.equal(starts(0x41, 0x88), false, 'no key frame');
  });
});

describe('payload format of av1', () => {
  it('takes OBUs that have a size already, and those of spatial layers', () => {
    const format = createPayloadFormat('av1');
    // W = 2, new sequence: a sequence header with size, a frame with extension (spatial layer 1).
    const payload = Uint8Array.from([0x28, 4, 0x0a, 2, 9, 9, 0x34, 0x08, 1, 2, 3]);
    const frame = format.frame([payload]);
    assert.equal(frame?.key, true);
    assert.deepEqual([...frame.data], [0x12, 0, 0x0a, 2, 9, 9, 0x36, 0x08, 3, 1, 2, 3]);
  });

  it('leaves out temporal delimiters, of which it writes its own', () => {
    const format = createPayloadFormat('av1');
    assert.deepEqual(
      [...(format.frame([Uint8Array.from([0x20, 1, 0x10, 0x30, 5])])?.data ?? [])],
      [0x12, 0, 0x32, 1, 5],
    );
  });
});
