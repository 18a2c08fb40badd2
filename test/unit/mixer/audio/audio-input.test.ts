import assert from 'node:assert/strict';
import { createEncoder, type OpusEncoderHandle } from 'libopus-wasm';
import { ParticipantId, StreamId } from '../../../../common/contract/ids.ts';
import { AudioInput } from '../../../../mixer-agent/mix/audio/audio-input.ts';
import { OpusCodecs } from '../../../../mixer-agent/mix/audio/opus-codecs.ts';
import { joined, largestStep, loudness, syllables } from '../../../support/tones.ts';

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

describe('the sound of one input', () => {
  let codecs: OpusCodecs;
  let encoder: OpusEncoderHandle;
  before(async () => {
    codecs = await OpusCodecs.create(log);
  });
  beforeEach(async () => {
    encoder = await createEncoder({ fec: true, packetLossPercent: 20, bitrate: 40_000, complexity: 5 });
  });
  afterEach(() => {
    encoder.free();
  });
  after(() => {
    codecs.close();
  });

  const input = () =>
    new AudioInput(codecs, { stream: StreamId.parse('stream'), participant: ParticipantId.parse('ann') });

  const packets = (count: number) =>
    Array.from({ length: count }, (_none, index) => ({
      data: encoder.encodeFloat(syllables(960, 960 * index)),
      timestamp: 5_000 + 960 * index,
      captureMs: 20 * index,
    }));

  /** Blocks of an input that gets a packet in each block, but for those that do not arrive. */
  function listen(all: ReturnType<typeof packets>, arrives: (index: number) => boolean) {
    const ann = input();
    const blocks = all.map((packet, index) => {
      if (arrives(index)) ann.push(packet);
      ann.read();
      return Float32Array.from(ann.block);
    });
    ann.close();
    return { blocks, counts: ann.counts };
  }

  it('is repaired from the packet after a lost one', () => {
    const all = packets(200);
    const whole = listen(all, () => true);
    const holed = listen(all, (index) => index < 10 || index % 9 !== 0);
    assert.equal(whole.counts.concealed, 0);
    assert.equal(holed.counts.concealed, 21 * 960);
    assert.equal(holed.counts.garbage, 0);
    const errors = whole.blocks.flatMap((block, index) => {
      const level = loudness(block);
      const difference = block.map((value, at) => value - (holed.blocks[index]?.[at] ?? 0));
      return level > -35 ? [loudness(difference) - level] : [];
    });
    // Without the repair a lost block is wrong altogether: 0 dB.
    assert.ok(
      errors.filter((error) => error > -6).length <= 4,
      errors.filter((error) => error > -6).join(' '),
    );
    assert.ok(largestStep(joined(holed.blocks)) < 1.3 * largestStep(joined(whole.blocks)));
  });

  it('goes on after a longer gap at the place where it comes', () => {
    const all = packets(60);
    const { blocks } = listen(all, (index) => index < 20 || index >= 40);
    // 60 ms are made up.
    assert.ok(blocks.slice(26, 40).every((block) => loudness(block) < -100));
    assert.ok(blocks.slice(43).some((block) => loudness(block) > -25));
  });

  it('drops what comes twice or too late, and starts anew with a sender that starts anew', () => {
    const all = packets(20);
    const ann = input();
    for (const packet of all) {
      ann.push(packet);
      ann.push(packet);
      ann.read();
    }
    ann.push(all[3]!);
    assert.deepEqual(ann.counts, { packets: 41, garbage: 0, late: 21, concealed: 0 });
    const later = all.map((packet) => ({ ...packet, timestamp: packet.timestamp - 1_000_000 + 960 }));
    let loudest = -100;
    for (const packet of later) {
      ann.push(packet);
      ann.read();
      loudest = Math.max(loudest, ann.loudness);
    }
    assert.ok(loudest > -25);
    assert.equal(ann.counts.late, 21);
    ann.close();
  });

  it('catches up when far too much came at once', () => {
    const all = packets(150);
    const ann = input();
    for (const packet of all.slice(0, 20)) ann.push(packet);
    const blocks: Float32Array[] = [];
    for (const packet of all.slice(20)) {
      ann.push(packet);
      ann.read();
      blocks.push(Float32Array.from(ann.block));
    }
    assert.ok(largestStep(joined(blocks)) < 0.2);
    // Nothing more comes: what waits is soon over.
    let waiting = 0;
    while (ann.read() && waiting < 50) waiting += 1;
    assert.ok(waiting < 9, `${waiting} blocks`);
    ann.close();
  });
});
