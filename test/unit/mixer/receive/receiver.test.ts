import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { ParticipantId, StreamId } from '../../../../common/contract/ids.ts';
import type { EncodedPicture, OpusPacket } from '../../../../mixer-agent/mix/media.ts';
import type { ProcessInput } from '../../../../mixer-agent/mix/protocol.ts';
import { Receiver } from '../../../../mixer-agent/mix/receive/receiver.ts';
import { packetizers } from '../../../support/rtp-packetizers.ts';
import { rtpPacket, senderReport } from '../../../support/rtp-packets.ts';
import { syntheticFrame } from '../../../support/synthetic-frames.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Bytes of buffers in use. V8 frees the memory of collected buffers in another thread and counts
 * it at a later collection, so we collect until the number no longer falls.
 */
async function heldBytes(): Promise<number> {
  for (let last = Infinity, unchanged = 0; ;) {
    collect();
    await turn();
    const { arrayBuffers } = process.memoryUsage();
    unchanged = arrayBuffers < last ? 0 : unchanged + 1;
    if (unchanged === 3) return arrayBuffers;
    last = arrayBuffers;
  }
}

const sound = { ssrc: 11, payloadType: 111 };
const picture = { ssrc: 22, payloadType: 96 };

const input = (name: string, changes: Partial<ProcessInput> = {}): ProcessInput => ({
  stream: name as StreamId,
  participant: `${name}-participant` as ParticipantId,
  name,
  audio: { ...sound, codec: 'opus', paused: false },
  video: { ...picture, codec: 'vp8', paused: false },
  hasVideo: true,
  ...changes,
});

/** A receiver in a simulated time, whose sender captures at 0 ms what has timestamp 0. */
class Bench {
  now = 0;
  readonly pictures: (EncodedPicture & { stream: string; at: number })[] = [];
  readonly sounds: (OpusPacket & { stream: string; at: number })[] = [];
  readonly asked: number[] = [];
  readonly receiver: Receiver;
  #video = 0;

  constructor(inputs: ProcessInput[] = [input('a')]) {
    this.receiver = new Receiver({
      delay: { minMs: 60, maxMs: 250 },
      now: () => this.now,
      events: {
        picture: (stream, told) => this.pictures.push({ ...told, stream, at: this.now }),
        sound: (stream, told) => this.sounds.push({ ...told, stream, at: this.now }),
        keyFrameNeeded: (ssrc) => {
          assert.equal(ssrc, picture.ssrc);
          this.asked.push(this.now);
        },
      },
    });
    this.receiver.set(inputs);
  }

  /** Lets time pass; `each` is called with every multiple of 20 ms. */
  run(ms: number, each: (now: number) => void = () => undefined): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now += 5;
      if (this.now % 20 === 0) each(this.now);
      this.receiver.release(this.now);
    }
  }

  audio(capturedMs: number, sequence = capturedMs / 20): void {
    this.receiver.packet(this.audioPacket(capturedMs, sequence));
  }

  audioPacket(capturedMs: number, sequence = capturedMs / 20): Buffer {
    const payload = Buffer.from([0xfc, sequence & 0xff]);
    return rtpPacket({ ...sound, sequence, timestamp: capturedMs * 48, payload, marker: false });
  }

  /** Packets of the next frame, three of them. */
  frame(capturedMs: number, key: boolean): Buffer[] {
    const { data } = syntheticFrame('vp8', key, new Uint8Array(1300).fill(capturedMs & 0xff));
    return packetizers.vp8(data, 500).map((payload, index) =>
      rtpPacket({
        ...picture,
        sequence: this.#video++,
        timestamp: capturedMs * 90,
        marker: index === 2,
        payload,
      }),
    );
  }

  video(capturedMs: number, key = false, lost = -1): void {
    for (const [index, packet] of this.frame(capturedMs, key).entries())
      if (index !== lost) this.receiver.packet(packet);
  }
}

describe('receiver of a mix', () => {
  it('gives out sound and pictures of each input at capture + delay', () => {
    const bench = new Bench();
    bench.run(2000, (now) => {
      bench.audio(now);
      if (now % 40 === 0) bench.video(now, now === 40);
    });
    assert.equal(bench.sounds.length, 97);
    assert.equal(bench.pictures.length, 48);
    for (const { at, captureMs, stream } of [...bench.sounds, ...bench.pictures]) {
      assert.equal(stream, 'a');
      assert.ok(Math.abs(at - captureMs - 60) <= 5);
    }
    assert.deepEqual(
      bench.sounds.map(({ timestamp }) => timestamp - bench.sounds[0]!.timestamp),
      bench.sounds.map((_packet, index) => index * 960),
    );
    assert.deepEqual(bench.asked, []);
  });

  it('puts sound in order, without what is missing at its time or comes later', () => {
    const bench = new Bench();
    const swapped = [1, 0, 2, 4, 3, 5, 7, 8, 6, 9];
    bench.run(200, (now) => {
      const index = swapped[now / 20 - 1]!;
      if (index !== 8) bench.audio(20 + index * 20);
    });
    bench.run(400);
    bench.audio(180);
    bench.run(100);
    assert.deepEqual(
      bench.sounds.map(({ data }) => data[1]),
      [1, 2, 3, 4, 5, 6, 7, 8, 10],
    );
    const { received, lost, late } = bench.receiver.measure();
    assert.deepEqual([received, lost, late], [10, 0, 1]);
  });

  it('gives out sound at its time after mute and DTX', () => {
    const bench = new Bench();
    let sequence = 0;
    const packets = (now: number, each: number) => {
      if (now % each === 0) bench.audio(now, sequence++);
    };
    bench.run(2000, (now) => {
      packets(now, 20);
    });
    bench.run(4000, (now) => {
      packets(now, 400);
    });
    bench.run(20_000);
    bench.run(2000, (now) => {
      packets(now, 20);
    });
    assert.ok(bench.sounds.length >= 200);
    for (const { at, captureMs } of bench.sounds) assert.ok(Math.abs(at - captureMs - 60) <= 5);
    assert.equal(bench.receiver.measure().lost, 0);
  });

  it('waits for a packet that is sent again, and then gives out all pictures', () => {
    const bench = new Bench();
    let held: Buffer | undefined;
    bench.run(1000, (now) => {
      if (now % 40 !== 0) return;
      const packets = bench.frame(now, now === 40);
      if (now === 400) held = packets.splice(1, 1)[0];
      for (const packet of packets) bench.receiver.packet(packet);
      if (now === 600) bench.receiver.packet(held!);
    });
    bench.run(300);
    assert.equal(bench.pictures.length, 25);
    const times = bench.pictures.map(({ captureMs }) => captureMs);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.deepEqual(bench.asked, []);
  });

  it('asks for a key frame after a loss, at most each 400 ms, again until one comes, and gives out nothing before', () => {
    const bench = new Bench();
    bench.run(3000, (now) => {
      if (now % 40 === 0) bench.video(now, now === 40 || now === 2400, now === 1000 ? 1 : -1);
    });
    const [first = 0, ...more] = bench.asked;
    // Given up when the frame is as old as the longest delay; its time on our clock is known to 5 ms.
    assert.ok(first >= 1240 && first <= 1265, String(first));
    assert.deepEqual(
      more.map((at) => at - first),
      [400, 800],
    );
    const gap = bench.pictures.findIndex(({ at }) => at > 1100);
    assert.equal(bench.pictures[gap]?.key, true);
    assert.ok(Math.abs(bench.pictures[gap].captureMs - 2400) < 6);
    assert.equal(bench.pictures.filter(({ key }) => key).length, 2);
  });

  it('asks for the key frame with which a feed begins only when it does not come by itself', () => {
    const soon = new Bench();
    soon.run(1000, (now) => {
      if (now % 40 === 0) soon.video(now, now === 200);
    });
    assert.deepEqual(soon.asked, []);
    const late = new Bench();
    late.run(1000, (now) => {
      if (now % 40 === 0) late.video(now);
    });
    assert.deepEqual(late.asked, [340, 740]);
  });

  it('asks nothing of a paused feed, and rarely of one from which nothing comes', () => {
    const bench = new Bench();
    bench.run(400, (now) => {
      bench.video(now, now === 20, now === 400 ? 0 : -1);
    });
    bench.video(420);
    bench.receiver.set([input('a', { video: { ...picture, codec: 'vp8', paused: true } })]);
    bench.run(3000);
    assert.deepEqual(bench.asked, []);
    bench.receiver.set([input('a')]);
    bench.run(4500);
    assert.deepEqual(
      bench.asked.map((at) => at - bench.asked[0]!),
      [0, 2000, 4000],
    );
  });

  it('asks for a decoder, too, and goes on giving out pictures', () => {
    const bench = new Bench();
    bench.run(1000, (now) => {
      if (now === 300) bench.receiver.wantKeyFrame('a' as StreamId);
      bench.video(now, now === 20 || now === 900);
    });
    assert.deepEqual(bench.asked, [300, 700]);
    assert.equal(bench.pictures.length, 48 - 1);
  });

  it('keeps what goes on when inputs change, and forgets what is gone', () => {
    const bench = new Bench([
      input('a'),
      input('b', { audio: { ssrc: 5, payloadType: 111, codec: 'opus', paused: false } }),
    ]);
    delete input('b').video;
    bench.run(500, (now) => {
      if (now === 200) bench.receiver.set([input('a')]);
      if (now === 300)
        bench.receiver.set([
          input('c', { video: { ssrc: 9, payloadType: 96, codec: 'vp8', paused: false } }),
          input('a'),
        ]);
      bench.audio(now);
      bench.video(now, now === 20);
    });
    assert.deepEqual(new Set(bench.sounds.map(({ stream }) => stream)), new Set(['a']));
    assert.equal(bench.sounds.length, 22);
    bench.receiver.set([]);
    bench.audio(520);
    bench.run(200);
    const { received, refused, inputs } = bench.receiver.measure();
    assert.deepEqual([received, refused, inputs], [25 + 25 * 3, 1, []]);
  });

  it('begins anew when a feed is another one: other SSRC, payload type or codec', () => {
    const bench = new Bench();
    bench.run(400, (now) => {
      bench.video(now, now === 20);
    });
    const before = bench.pictures.length;
    bench.receiver.set([input('a', { video: { ...picture, payloadType: 97, codec: 'vp9', paused: false } })]);
    bench.run(400, (now) => {
      bench.video(now);
    });
    assert.equal(bench.pictures.length, before, 'packets of before are refused');
    assert.equal(bench.receiver.measure().refused, 60);
  });

  it('goes on when a sender starts again with other numbers', () => {
    const bench = new Bench();
    bench.run(2000, (now) => {
      bench.audio(now);
    });
    bench.run(2000, (now) => {
      bench.audio(now + 70_000_000, now / 20 + 30_000);
    });
    const after = bench.sounds.filter(({ at }) => at > 2100);
    // The first packet only makes suspicious.
    assert.ok(after.length >= 95, String(after.length));
    for (const { at, captureMs } of after) assert.ok(Math.abs(at - captureMs - 60) <= 5);
  });

  it('plays sound and picture within 5 ms of each other by sender reports', () => {
    const bench = new Bench();
    // The picture takes 50 ms longer, and its timestamps start elsewhere.
    bench.run(15_000, (now) => {
      bench.audio(now);
      const captured = now - 60;
      if (captured > 0 && captured % 40 === 0) bench.video(captured + 5_000_000, captured === 40);
      if (now % 1000 !== 0) return;
      const ntpMs = 3_900_000_000_000 + now;
      bench.receiver.packet(senderReport({ ...sound, ntpMs, timestamp: now * 48 }));
      bench.receiver.packet(senderReport({ ...picture, ntpMs, timestamp: (now + 5_000_000) * 90 }));
    });
    const heard = bench.sounds.at(-10)!;
    const capturedMs = (heard.timestamp - 2 ** 32) / 48;
    const seen = bench.pictures.findLast(({ at }) => at <= heard.at)!;
    // What is seen was captured at most one frame earlier, apart from the release clock.
    const seenMs = 15_000 - 60 - (bench.pictures.at(-1)!.captureMs - seen.captureMs);
    assert.ok(Math.abs(capturedMs - seenMs) <= 45, `${capturedMs} ${seenMs}`);
    assert.ok(Math.abs(heard.captureMs - seen.captureMs) <= 45);
    assert.equal(bench.receiver.measure().inputs[0]!.delayMs > 60, true);
  });
});

describe('receiver under attack', () => {
  const alive = (bench: Bench) => {
    const before = bench.sounds.length;
    bench.run(6000, (now) => {
      bench.audio(now + 9_000_000, now / 20 + 4_000);
    });
    assert.ok(bench.sounds.length > before + 50, 'sound is heard again');
  };

  it('never throws for random bytes, nor for packets with random changes', () => {
    const bench = new Bench();
    const good = [
      ...bench.frame(20, true),
      bench.audioPacket(20),
      senderReport({ ...picture, ntpMs: 1e9, timestamp: 5 }),
    ];
    const mutated = fc
      .tuple(
        fc.nat(good.length - 1),
        fc.array(fc.tuple(fc.nat(1500), fc.nat(255)), { maxLength: 4 }),
        fc.nat(1500),
      )
      .map(([index, changes, length]) => {
        const copy = Buffer.from(good[index]!);
        // The sender stays who it is, or little of it would be looked at.
        for (const [at, value] of changes)
          if (at % copy.length < 8 || at % copy.length >= 12) copy[at % copy.length] = value;
        return copy.subarray(0, length);
      });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 100 }), mutated), { maxLength: 20 }),
        (datagrams) => {
          for (const datagram of datagrams) bench.receiver.packet(Buffer.from(datagram));
          bench.run(20);
        },
      ),
      { numRuns: 500 },
    );
    assert.ok(bench.receiver.measure().refused > 0);
    alive(bench);
  });

  it('holds a bounded number of packets whatever one sender floods it with', async () => {
    const bench = new Bench();
    const flood = (sequence: number, timestamp: number) => {
      const payload = Buffer.concat([Buffer.from([0x10, sequence % 2]), Buffer.alloc(1000)]);
      bench.receiver.packet(
        rtpPacket({ ...picture, sequence, timestamp, marker: sequence % 3 === 0, payload }),
      );
    };
    const start = await heldBytes();
    for (let index = 0; index < 15_000; index++) flood(index, (index * 2 ** 30) % 2 ** 32);
    for (let index = 0; index < 15_000; index++) flood(index, 2 ** 31 + index);
    for (let index = 0; index < 15_000; index++) {
      bench.receiver.packet(bench.audioPacket(index * 2 ** 20, index));
    }
    const held = (await heldBytes()) - start;
    assert.ok(held < 4 * 1024 * 1024, `${held} bytes`);
    bench.run(1000);
    alive(bench);
  });
});
