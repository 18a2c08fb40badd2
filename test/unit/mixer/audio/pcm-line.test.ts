import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LevelControl, startLevel, target } from '../../../../mixer-agent/mix/audio/level-control.ts';
import { maxLevel, PcmLine } from '../../../../mixer-agent/mix/audio/pcm-line.ts';
import { joined, largestStep, tone, toneLevel } from '../../../support/tones.ts';

const amplitude = 0.5;
const hz = 400;
/** Largest step of the tone itself. */
const ownStep = amplitude * 2 * Math.sin((Math.PI * hz) / 48_000);
/** And with fades of 5 ms over it. */
const fadedStep = ownStep + amplitude / 240;

const readBlock = (line: PcmLine, stretch = 0) => {
  const block = new Float32Array(1_920);
  const whole = line.read(block, stretch);
  return { block, whole };
};

describe('the queue of decoded sound of an input', () => {
  it('gives out exactly what was put in, after a soft beginning', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(120, 240, 480, 960, 1_920, 2_880, 5_760), { minLength: 1, maxLength: 60 }),
        (packets) => {
          const line = new PcmLine();
          const out: Float32Array[] = [];
          let from = 0;
          for (const frames of packets) {
            line.append(tone(hz, frames, { amplitude, from }));
            from += frames;
            while (line.level >= 960) out.push(readBlock(line).block);
          }
          const heard = joined(out);
          assert.deepEqual(heard.subarray(480), tone(hz, heard.length / 2, { amplitude }).subarray(480));
          assert.ok(largestStep(joined([new Float32Array(2), heard])) <= fadedStep);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('never steps, whatever begins, breaks, is stretched, left out or overflows', () => {
    const action = fc.oneof(
      fc.constantFrom('append', 'append', 'append', 'read', 'read', 'read', 'break', 'pad'),
      fc.integer({ min: 1, max: 5_000 }).map((skip) => ({ skip })),
      fc.constantFrom(-4, 4).map((stretch) => ({ stretch })),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const line = new PcmLine();
        const out: Float32Array[] = [new Float32Array(2)];
        let from = 0;
        const read = (stretch = 0) => {
          // Whoever reads makes the end soft before it is reached.
          if (line.continuous && line.level < 970) line.break();
          out.push(readBlock(line, stretch).block);
        };
        for (const what of actions) {
          if (what === 'append') {
            // What follows without a break goes on with the same tone.
            line.append(tone(hz, 960, { amplitude, from }));
            from += 960;
          } else if (what === 'read') read();
          else if (what === 'break') line.break();
          else if (what === 'pad') {
            if (!line.continuous) line.pad(1_200);
          } else if ('skip' in what) line.skip(what.skip);
          else read(what.stretch);
          assert.ok(line.level <= maxLevel);
        }
        // Two tones of any phase fade over each other when something is left out.
        assert.ok(largestStep(joined(out)) <= 2 * fadedStep);
      }),
      { numRuns: 60 },
    );
  });

  it('plays a little faster or slower without a seam and without another sound', () => {
    for (const stretch of [-4, 4]) {
      const line = new PcmLine();
      line.append(tone(1_700, 22_000, { amplitude }));
      const heard = joined(Array.from({ length: 20 }, () => readBlock(line, stretch).block));
      assert.equal(line.level, 22_000 - 20 * (960 + stretch));
      const steady = heard.subarray(960);
      const shifted = 1_700 * (1 + stretch / 960);
      assert.ok(largestStep(steady) <= amplitude * 2 * Math.sin((Math.PI * 1_710) / 48_000));
      assert.ok(Math.abs(toneLevel(steady, shifted) - 20 * Math.log10(amplitude)) < 0.1);
      for (const other of [850, 2_550, 3_400, 5_100]) assert.ok(toneLevel(steady, other) < -70);
    }
  });

  it('is silent when nothing was put in', () => {
    const line = new PcmLine();
    line.pad(1_200);
    const { block, whole } = readBlock(line);
    assert.ok(whole);
    assert.ok(block.every((value) => value === 0));
    assert.equal(readBlock(line).whole, false);
  });
});

describe('the level of sound that waits', () => {
  /** Blocks are read each 20 ms, packets come by a sender's clock; returns the levels before each block. */
  function simulate(options: {
    packet: number;
    ppm: number;
    jitter: (index: number) => number;
    blocks: number;
  }) {
    const { packet, ppm, jitter, blocks } = options;
    const control = new LevelControl();
    const levels: number[] = [];
    let level = startLevel(packet);
    let sent = 0;
    let skips = 0;
    for (let block = 0; block < blocks; block += 1) {
      const now = (block + 0.4) * 960;
      while ((sent * packet) / (1 + ppm / 1e6) + jitter(sent) <= now) {
        control.arrived(false);
        level += packet;
        sent += 1;
      }
      const { stretch, skip } = control.next(level, false);
      levels.push(level);
      if (skip > 0) skips += 1;
      // What is missing is made up, and played.
      level = Math.max(level - skip, 960 + stretch) - 960 - stretch;
    }
    return { levels, skips };
  }

  it('stays near what is needed with clocks that differ, for every length of packets', () => {
    for (const packet of [120, 480, 960, 1_920, 2_880]) {
      for (const ppm of [-500, -100, 0, 100, 500]) {
        const { levels, skips } = simulate({ packet, ppm, jitter: () => 0, blocks: 15_000 });
        const settled = levels.slice(2_000);
        assert.equal(skips, 0);
        assert.ok(Math.min(...settled) >= 960, `${packet} ${ppm}: never too little`);
        assert.ok(
          Math.max(...settled) <= target + 1_500 + packet,
          `${packet} ${ppm}: ${Math.max(...settled)} is not too much`,
        );
      }
    }
  });

  it('grows when packets come unevenly and shrinks again', () => {
    const jitter = (index: number) => (index < 2_000 && index % 7 === 0 ? 900 : 0);
    const { levels } = simulate({ packet: 960, ppm: 0, jitter, blocks: 4_000 });
    assert.ok(Math.min(...levels.slice(600, 2_000)) >= 960);
    assert.ok(Math.max(...levels.slice(600, 2_000)) >= 2_800);
    assert.ok(Math.max(...levels.slice(3_500)) <= target + 500);
  });

  it('is not changed by losses', () => {
    const control = new LevelControl();
    for (let block = 0; block < 500; block += 1) {
      const lost = block % 10 === 0;
      assert.deepEqual(control.next(lost ? 1_000 : 2_000, false), { stretch: 0, skip: 0 });
      control.arrived(lost);
    }
  });

  it('is cut at once when far too much waits', () => {
    const control = new LevelControl();
    let cut = 0;
    for (let block = 0; block < 27 && cut === 0; block += 1) {
      cut = control.next(12_000, false).skip;
      control.arrived(false);
    }
    assert.equal(cut, 12_000 - target);
  });

  it('is cut sooner when sound has just begun', () => {
    const cuts = (level: number, before: number) => {
      const control = new LevelControl();
      let cut = 0;
      for (let block = 0; block < before + 60 && cut === 0; block += 1) {
        cut = control.next(block < before ? target : level, false).skip;
        control.arrived(false);
      }
      return cut;
    };
    assert.equal(cuts(target + 960, 0), 960);
    assert.equal(cuts(target + 960, 30), 960);
    assert.equal(cuts(target + 960, 150), 0, 'then it is played a little faster');
    assert.equal(cuts(target + 500, 0), 0);
  });

  it('is corrected unheard while nobody speaks', () => {
    const control = new LevelControl();
    let cut = 0;
    for (let block = 0; block < 27 && cut === 0; block += 1) {
      cut = control.next(2_500, true).skip;
      control.arrived(false);
    }
    assert.equal(cut, 2_500 - target);
  });
});
