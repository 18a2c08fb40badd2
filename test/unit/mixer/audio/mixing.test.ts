import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Limiter } from '../../../../mixer-agent/mix/audio/limiter.ts';
import { isOpusSilence, opusSamples } from '../../../../mixer-agent/mix/audio/opus-packet.ts';
import { addUp, fadeOutBlock, ramp } from '../../../../mixer-agent/mix/audio/ramps.ts';
import { loudnessOf, VoiceActivity } from '../../../../mixer-agent/mix/audio/voice-activity.ts';
import { joined, largestStep, loudness, tone, toneLevel } from '../../../support/tones.ts';

/** Stereo blocks of any sound up to this loud. */
const anyBlock = (most: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: 2 ** 30 }), fc.double({ min: 0, max: most, noNaN: true }))
    .map(([seed, peak]) => {
      let state = seed;
      return Float32Array.from({ length: 1_920 }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
        return peak * (state / 0x40000000 - 1);
      });
    });

describe('adding and fading', () => {
  it('adds up any number of sounds, sample by sample, whatever was there before', () => {
    fc.assert(
      fc.property(fc.array(anyBlock(1), { maxLength: 17 }), anyBlock(9), (sounds, sum) => {
        const before = sounds.map((sound) => sound.slice());
        addUp(sum, sounds);
        assert.deepEqual(sounds, before);
        for (const [index, value] of sum.entries()) {
          const wanted = sounds.reduce((total, sound) => total + (sound[index] ?? 0), 0);
          assert.ok(Math.abs(value - wanted) < 1e-5, `${index}: ${value} instead of ${wanted}`);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('goes straight from one gain to another and never back', () => {
    const gain = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(gain, gain, fc.integer({ min: 1, max: 500 }), fc.nat(50), (from, to, frames, start) => {
        const sound = new Float32Array(2 * (start + frames + 3)).fill(1);
        ramp(sound, { start, frames, from, to });
        const gains = [
          from,
          ...Array.from({ length: frames }, (_none, frame) => sound[2 * (start + frame)]!),
        ];
        for (const [index, value] of gains.slice(1).entries()) {
          assert.ok((value - gains[index]!) * Math.sign(to - from) >= -1e-6);
          assert.equal(sound[2 * (start + index)], sound[2 * (start + index) + 1]);
        }
        assert.equal(gains.at(-1), Math.fround(to));
        assert.ok(sound.subarray(0, 2 * start).every((value) => value === 1));
        assert.ok(sound.subarray(-6).every((value) => value === 1));
      }),
    );
  });

  it('ends a block within its first 5 ms without a click', () => {
    const block = tone(400, 960, { amplitude: 0.5, from: 960 });
    fadeOutBlock(block);
    assert.ok(largestStep(joined([tone(400, 960, { amplitude: 0.5 }), block])) < 0.031);
    assert.ok(block.subarray(480).every((value) => value === 0));
  });
});

describe('the limiter', () => {
  it('does not touch what fits', () => {
    fc.assert(
      fc.property(fc.array(anyBlock(1), { maxLength: 10 }), (blocks) => {
        const limiter = new Limiter();
        for (const block of blocks) {
          const before = Float32Array.from(block);
          limiter.limit(block);
          assert.deepEqual(block, before);
        }
      }),
    );
  });

  it('never lets anything exceed full scale', () => {
    fc.assert(
      fc.property(fc.array(anyBlock(40), { minLength: 1, maxLength: 12 }), (blocks) => {
        const limiter = new Limiter();
        for (const block of blocks) {
          limiter.limit(block);
          assert.ok(block.every((value) => Math.abs(value) <= 1));
          assert.ok(limiter.gain > 0 && limiter.gain <= 1);
        }
      }),
    );
  });

  it('turns sixteen loud tones down instead of clipping them', () => {
    const limiter = new Limiter();
    const hz = Array.from({ length: 16 }, (_none, index) => 310 + 170 * index);
    const out: Float32Array[] = [];
    for (let number = 0; number < 50; number += 1) {
      const block = new Float32Array(1_920);
      addUp(
        block,
        hz.map((one) => tone(one, 960, { amplitude: 0.9, from: 960 * number })),
      );
      limiter.limit(block);
      out.push(block);
    }
    const heard = joined(out.slice(10));
    const levels = hz.map((one) => toneLevel(heard, one));
    assert.ok(Math.max(...levels) - Math.min(...levels) < 1, 'all are turned down alike');
    // What clipping would add is far below them.
    for (const other of [200, 225, 395, 3_400, 5_000]) {
      assert.ok(toneLevel(heard, other) < Math.min(...levels) - 25, `${other}: ${toneLevel(heard, other)}`);
    }
  });

  it('lets the sound come back after a peak', () => {
    const limiter = new Limiter();
    limiter.limit(new Float32Array(1_920).fill(4));
    const block = () => new Float32Array(1_920).fill(0.5);
    const gains = Array.from({ length: 100 }, () => {
      limiter.limit(block());
      return limiter.gain;
    });
    for (const [index, gain] of gains.slice(1).entries()) assert.ok(gain >= gains[index]!);
    assert.equal(gains.at(-1), 1);
  });

  it('keeps silence silent', () => {
    const limiter = new Limiter(0.2);
    const block = new Float32Array(1_920);
    limiter.limit(block);
    assert.ok(block.every((value) => value === 0));
  });
});

describe('voice activity', () => {
  const speech = (blocks: number, dBFS: number, activity: VoiceActivity): number | undefined => {
    for (let block = 0; block < blocks; block += 1) {
      activity.next(dBFS);
      if (activity.speaking) return block;
    }
    return undefined;
  };

  it('is seen within 100 ms, and held for 400 ms', () => {
    const activity = new VoiceActivity();
    assert.equal(speech(100, -70, activity), undefined);
    assert.ok(speech(10, -25, activity)! < 5);
    for (let block = 0; block < 19; block += 1) {
      activity.next(-70);
      assert.ok(activity.speaking);
    }
    for (let block = 0; block < 2; block += 1) activity.next(-70);
    assert.equal(activity.speaking, false);
  });

  it('takes neither a click nor steady noise for speech, and speech over noise for speech', () => {
    const activity = new VoiceActivity();
    assert.equal(speech(2, -10, activity), undefined);
    for (let block = 0; block < 3_000; block += 1) activity.next(-52);
    assert.equal(activity.speaking, false);
    assert.equal(speech(200, -46, activity), undefined);
    assert.ok(speech(10, -30, activity) !== undefined);
  });

  it('hears a loud tone as long as it lasts', () => {
    const activity = new VoiceActivity();
    assert.ok(speech(10, -20, activity) !== undefined);
    for (let block = 0; block < 5_000; block += 1) {
      activity.next(-20);
      assert.ok(activity.speaking);
    }
  });

  it('measures loudness in dBFS', () => {
    const sound = tone(1_000, 960, { amplitude: 1 });
    const sum = sound.reduce((total, value) => total + value * value, 0);
    assert.ok(Math.abs(loudnessOf(sum, sound.length) + 3.01) < 0.05);
    assert.ok(Math.abs(loudness(sound) + 3.01) < 0.05);
    assert.equal(loudnessOf(0, 1_920), -100);
  });
});

describe('Opus packets', () => {
  it('tell how long they are', () => {
    const cases: [number[], number | undefined][] = [
      [[0x78], 960],
      [[0xfc, 1], 960],
      [[0xe0, 1], 120],
      [[0x18, 1], 2_880],
      [[0xfd, 1], 1_920],
      [[0xff, 0x06, 1], 5_760],
      [[0xff, 0x07, 1], undefined],
      [[0xff], undefined],
      [[], undefined],
    ];
    for (const [bytes, samples] of cases) assert.equal(opusSamples(Uint8Array.from(bytes)), samples);
    assert.equal(isOpusSilence(Uint8Array.of(0x78)), true);
    assert.equal(isOpusSilence(Uint8Array.of(0x78, 1, 2)), false);
  });

  it('are never longer than 120 ms, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), (bytes) => {
        const samples = opusSamples(bytes);
        assert.ok(samples === undefined || (samples >= 120 && samples <= 5_760 && samples % 120 === 0));
      }),
    );
  });
});
