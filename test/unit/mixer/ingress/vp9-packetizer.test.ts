import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Vp9Format } from '../../../../mixer-agent/mix/receive/formats/vp9.ts';
import { isVp9Key, packetizeVp9 } from '../../../../mixer-agent/mix/send/vp9-packetizer.ts';

const headerBytes = 12;
const frames = fc
  .tuple(fc.boolean(), fc.uint8Array({ minLength: 1, maxLength: 20_000 }))
  .map(([key, data]) => Uint8Array.of(key ? 0x82 : 0x86, ...data));

describe('VP9 as RTP', () => {
  it('arrives as it was, in packets that are not too large', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 0, max: 0x7fff }), (frame, pictureId) => {
        const packets = packetizeVp9(frame, pictureId, 1_200);
        assert.ok(packets.every(({ length }) => length <= 1_200));
        const payloads = packets.map((packet) => packet.subarray(headerBytes));
        const format = new Vp9Format();
        const got = format.frame(payloads);
        assert.deepEqual(Buffer.from(got?.data ?? []), Buffer.from(frame));
        assert.equal(got?.key, isVp9Key(frame));
        assert.equal(format.startsKeyFrame(payloads[0]!), isVp9Key(frame));
        assert.equal(format.endsFrame(payloads.at(-1)!), true);
      }),
      { numRuns: 50 },
    );
  });

  it('says what each picture builds on (RFC 9628, 4.2)', () => {
    const [key] = packetizeVp9(Uint8Array.of(0x82, 1), 0x1234, 1_200);
    const [inter] = packetizeVp9(Uint8Array.of(0x86, 1), 0x1235, 1_200);
    assert.deepEqual([...key!.subarray(headerBytes)], [0x9c, 0x92, 0x34, 0x82, 1]);
    assert.deepEqual([...inter!.subarray(headerBytes)], [0xdc, 0x92, 0x35, 0x02, 0x86, 1]);
  });
});
