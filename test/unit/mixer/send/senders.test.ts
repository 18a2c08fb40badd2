import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RtpPacket } from 'werift-rtp';
import type { RtpPosition } from '../../../../mixer-agent/mix/protocol.ts';
import { AudioSender } from '../../../../mixer-agent/mix/send/audio-sender.ts';
import { VideoSender } from '../../../../mixer-agent/mix/send/video-sender.ts';

const parse = (packet: Uint8Array) => RtpPacket.deSerialize(Buffer.from(packet));

/** A sender of pictures and what it has sent. */
function videoLine({ position, codec = 'vp8' }: { position?: RtpPosition; codec?: 'vp8' | 'h264' } = {}) {
  const sent: Uint8Array[] = [];
  const sender = new VideoSender({
    codec,
    ssrc: 0xfffffff0,
    payloadType: 96,
    framerate: 25,
    send: (packet) => void sent.push(packet),
    position,
  });
  return { sender, sent, headers: () => sent.map((packet) => parse(packet).header) };
}

function audioLine(position?: RtpPosition) {
  const sent: Uint8Array[] = [];
  const sender = new AudioSender({
    ssrc: 7,
    payloadType: 111,
    send: (packet) => void sent.push(packet),
    position,
  });
  return { sender, sent, headers: () => sent.map((packet) => parse(packet).header) };
}

const steps = (values: readonly number[], modulus: number) =>
  values.slice(1).map((value, index) => (value - values[index]! + modulus) % modulus);

const at = performance.now();

describe('senders of a mix', () => {
  it('number packets without a hole and step exactly with the grid of pictures', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(10, 15, 20, 24, 25, 30, 50, 60),
        fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 2, maxLength: 30 }),
        (framerate, sizes) => {
          const { sender, headers } = videoLine();
          for (const [tick, size] of sizes.entries())
            sender.send({ data: new Uint8Array(size) }, at + (tick * 1000) / framerate);
          const all = headers();
          assert.ok(
            steps(
              all.map(({ sequenceNumber }) => sequenceNumber),
              2 ** 16,
            ).every((step) => step === 1),
          );
          const last = all.filter(({ marker }) => marker);
          assert.equal(last.length, sizes.length);
          const expected = 90_000 / framerate;
          assert.ok(
            steps(
              last.map(({ timestamp }) => timestamp),
              2 ** 32,
            ).every((step) => step === expected),
          );
          for (const { ssrc, payloadType } of all) assert.deepEqual([ssrc, payloadType], [0xfffffff0, 96]);
          sender.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('step by 960 for each block of sound', () => {
    const { sender, sent, headers } = audioLine();
    for (let block = 0; block < 200; block += 1) sender.send(Uint8Array.of(0xfc, block), at + 20 * block);
    assert.ok(
      steps(
        headers().map(({ timestamp }) => timestamp),
        2 ** 32,
      ).every((step) => step === 960),
    );
    assert.deepEqual(parse(sent[5]!).payload, Buffer.of(0xfc, 5));
  });

  it('go on where another process was: later numbers, timestamps by the wall clock, over their ends', () => {
    const position = { ssrc: 7, sequence: 0xfff0, timestamp: 0xffffff00, at: Date.now() - 1_500 };
    const { sender, headers } = audioLine(position);
    assert.deepEqual(sender.position(), { ...position, sequence: 48 });
    for (let block = 0; block < 3; block += 1) sender.send(Uint8Array.of(1), performance.now() + 20 * block);
    const [first] = headers();
    assert.equal(first?.sequenceNumber, 48);
    const elapsed = (first.timestamp - position.timestamp + 2 ** 32) % 2 ** 32;
    assert.ok(elapsed >= 1_490 * 48 && elapsed < 6_000 * 48, `${elapsed / 48} ms`);
    const next = sender.position();
    assert.equal(next.sequence, 51);
    assert.equal(next.timestamp, headers()[2]!.timestamp);
  });

  it('go forward even if the wall clock was set back', () => {
    const position = { ssrc: 7, sequence: 1, timestamp: 1_000, at: Date.now() + 3_600_000 };
    const { sender, headers } = audioLine(position);
    sender.send(Uint8Array.of(1), performance.now());
    assert.equal(headers()[0]?.timestamp, 1_000 + 960);
  });

  it('tell where they are in a way that a chain of processes can follow', () => {
    let position: RtpPosition | undefined;
    const seen: { sequence: number; timestamp: number; picture: number }[] = [];
    for (let life = 0; life < 5; life += 1) {
      const { sender, sent } = videoLine(position === undefined ? {} : { position });
      for (let tick = 0; tick < 5; tick += 1)
        sender.send({ data: new Uint8Array(3_000) }, performance.now() + 40 * tick);
      for (const packet of sent) {
        const { header, payload } = parse(packet);
        const { sequenceNumber: sequence, timestamp } = header;
        seen.push({ sequence, timestamp, picture: payload.readUInt16BE(2) & 0x7fff });
      }
      position = { ...sender.position(), at: sender.position().at - 300 };
      sender.close();
    }
    const sequences = steps(
      seen.map(({ sequence }) => sequence),
      2 ** 16,
    );
    assert.ok(sequences.every((step) => step >= 1 && step <= 513));
    const pictures = steps(
      seen.map(({ picture }) => picture),
      2 ** 15,
    );
    // Of the number in the base layer receivers see 8 bit: half of that is forward.
    assert.ok(pictures.every((step) => step < 128));
    assert.equal(pictures.filter((step) => step > 1).length, 4, 'one leap for each process that took over');
    assert.ok(
      steps(
        seen.map(({ timestamp }) => timestamp),
        2 ** 32,
      ).every((step) => step < 90_000),
    );
  });

  it('send H.264 with the marker on the last packet of a picture', () => {
    const { sender, sent, headers } = videoLine({ codec: 'h264' });
    const unit = new Uint8Array(5_000).fill(7);
    unit.set([0, 0, 0, 1, 0x65]);
    sender.send({ data: unit }, at);
    assert.equal(sent.length, 5);
    assert.deepEqual(
      headers().map(({ marker }) => marker),
      [false, false, false, false, true],
    );
  });
});
