import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Gaps } from '../../../../mixer-agent/egress/timeline/gaps.ts';
import { PictureLine } from '../../../../mixer-agent/egress/timeline/picture-line.ts';
import { SoundLine } from '../../../../mixer-agent/egress/timeline/sound-line.ts';
import { Timeline } from '../../../../mixer-agent/egress/timeline/timeline.ts';
import type { MediaUnit, TrackDescription } from '../../../../mixer-agent/egress/unit.ts';
import type { EncodedPicture, OpusPacket } from '../../../../mixer-agent/mix/media.ts';
import { opusSamples } from '../../../../mixer-agent/mix/audio/opus-packet.ts';

/** 20 ms of sound with a mark. */
const packet = (captureMs: number, timestamp = captureMs * 48, mark = 1): OpusPacket => ({
  ...{ data: Uint8Array.of(0xfc, mark, 7, 7, 7), captureMs, timestamp },
});

const isSilence = ({ data }: MediaUnit): boolean => data[1] === 0xff && data[2] === 0xfe;

/** A VP8 key frame of 64 x 48, or another frame. */
const picture = (captureMs: number, key = false): EncodedPicture => ({
  ...{ codec: 'vp8', captureMs, key },
  data: key ? Uint8Array.of(0, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0) : Uint8Array.of(1, 2, 3),
});

function soundLine(): { line: SoundLine; units: MediaUnit[]; gaps: Gaps } {
  const units: MediaUnit[] = [];
  const gaps = new Gaps();
  return { line: new SoundLine((unit) => units.push(unit), gaps), units, gaps };
}

/** Units follow each other without holes and overlaps. */
function assertWhole(units: readonly MediaUnit[], from = 0): void {
  let end = from;
  for (const { timeMs, durationMs, data } of units) {
    assert.equal(timeMs, end);
    assert.equal(durationMs, (opusSamples(data) ?? 0) / 48);
    end += durationMs ?? 0;
  }
}

describe('sound of a recording', () => {
  it('has no holes and stays near its clock, whatever comes', () => {
    const step = fc.record({
      /** ms until the next packet; most of the time it follows. */
      wait: fc.oneof({ weight: 8, arbitrary: fc.constant(20) }, fc.integer({ min: 0, max: 3_000 })),
      /** Where the clock has it, off the truth. */
      shift: fc.integer({ min: -15, max: 15 }),
      lost: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { line, units } = soundLine();
        let now = 0;
        for (const { wait, shift, lost } of steps) {
          now += wait;
          const before = line.endMs;
          if (!lost) line.push(packet(now), Math.max(0, now + shift));
          const last = units.at(-1);
          if (line.endMs > before && last !== undefined && !isSilence(last)) {
            assert.ok(Math.abs(last.timeMs - now) <= 30 + 15 + 2.5, `${last.timeMs} at ${now}`);
          }
          line.advance(now - 1_200);
        }
        assertWhole(units);
      }),
      { numRuns: 200 },
    );
  });

  it('follows a clock that differs by 200 millionths for an hour', () => {
    const { line, units } = soundLine();
    for (let index = 0; index < 180_000; index++) {
      line.push(packet(0, index * 960), index * 20 * 1.0002);
      if (index % 1_000 === 0) assert.ok(Math.abs(line.endMs - 20 - index * 20 * 1.0002) <= 32.5);
    }
    assert.ok(units.filter(isSilence).length < 50, 'only now and then something is put in');
  });

  it('is silence while packets without content come', () => {
    const { line, units, gaps } = soundLine();
    line.push(packet(0), 0);
    line.push({ data: Uint8Array.of(0xf8), captureMs: 400, timestamp: 19_200 }, 400);
    line.push(packet(2_000), 2_000);
    assertWhole(units);
    assert.equal(units.filter((unit) => !isSilence(unit)).length, 2);
    assert.equal(units.at(-1)?.timeMs, 2_000);
    assert.deepEqual(gaps.all, [{ kind: 'audio', fromMs: 20, toMs: 2_000 }]);
  });
});

describe('pictures of a recording', () => {
  it('never go back in time, and begin with a key frame after each cut', () => {
    const step = fc.record({ at: fc.integer({ min: 0, max: 10_000 }), key: fc.boolean(), cut: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const units: MediaUnit[] = [];
        const tracks: TrackDescription[] = [];
        const line = new PictureLine(
          { track: (track) => tracks.push(track), unit: (unit) => units.push(unit) },
          new Gaps(),
        );
        for (const { at, key, cut } of steps) {
          if (cut) line.cut();
          const { length } = units;
          const neededKey = line.needsKey;
          line.push(picture(at, key), at);
          if (neededKey) assert.equal(units.length > length, key);
        }
        for (const [index, unit] of units.entries()) {
          assert.ok(unit.timeMs > (units[index - 1]?.timeMs ?? -1));
        }
        assert.equal(tracks.length, units.length > 0 ? 1 : 0);
      }),
    );
  });
});

class Bench {
  readonly told: string[] = [];
  readonly units: MediaUnit[] = [];
  readonly line = new Timeline({
    ...{ maxDelayMs: 1_000, now: 0 },
    events: {
      begin: (kinds) => this.told.push(`begin ${kinds.join(' ')}`),
      track: ({ kind, codec }) => this.told.push(`${kind} ${codec}`),
      unit: (unit) => this.units.push(unit),
    },
  });

  set(audio: boolean | undefined, video: boolean | undefined): void {
    const of = (track: string, active: boolean | undefined) =>
      active === undefined ? undefined : { track, silent: !active };
    this.line.set({ audio: of('a', audio), video: of('v', video) });
  }
}

describe('the clock of an egress', () => {
  it('begins with the sound that came before the first key frame', () => {
    const bench = new Bench();
    bench.set(true, true);
    for (let at = 500; at < 1_000; at += 20) bench.line.sound(packet(at));
    bench.line.picture(picture(900));
    assert.deepEqual(bench.told, []);
    bench.line.picture(picture(1_000, true));
    assert.deepEqual(bench.told, ['begin audio video', 'audio opus', 'video vp8']);
    assert.equal(bench.units[0]?.timeMs, 0);
    assert.equal(bench.units.find(({ kind }) => kind === 'video')?.timeMs, 500);
  });

  it('does not wait for a picture that is muted, nor for ever for another one', () => {
    const muted = new Bench();
    muted.set(true, false);
    muted.line.advance(10);
    assert.deepEqual(muted.told, ['begin audio', 'audio opus']);
    const late = new Bench();
    late.set(true, true);
    late.line.advance(3_000);
    assert.equal(late.told.length, 0);
    late.line.advance(4_100);
    assert.deepEqual(late.told, ['begin audio', 'audio opus']);
    late.line.picture(picture(6_000, true));
    assert.equal(late.told.at(-1), 'video vp8');
    assert.equal(late.units.at(-1)?.timeMs, 6_000);
  });

  it('fills up with silence what can come no more, and at the end all', () => {
    const bench = new Bench();
    bench.set(true, undefined);
    bench.line.sound(packet(0));
    bench.line.advance(10);
    bench.line.advance(5_000);
    assert.ok(bench.units.length > 100);
    assert.ok((bench.units.at(-1)?.timeMs ?? 0) <= 4_000);
    bench.line.finish(6_000);
    assertWhole(bench.units);
    assert.equal(bench.units.at(-1)?.timeMs, 5_980);
  });

  it('adds sound that is asked for later from then on', () => {
    const bench = new Bench();
    bench.set(undefined, true);
    bench.line.picture(picture(100, true));
    bench.line.advance(60_000);
    bench.set(true, true);
    bench.line.advance(60_010);
    bench.line.sound(packet(60_000));
    const sound = bench.units.filter(({ kind }) => kind === 'audio');
    assert.ok((sound[0]?.timeMs ?? 0) > 58_000);
    assertWhole(sound, sound[0]?.timeMs);
  });

  it('takes nothing of a track that is silent, and pictures after that from a key frame on', () => {
    const bench = new Bench();
    bench.set(undefined, true);
    bench.line.picture(picture(0, true));
    bench.set(undefined, false);
    bench.line.picture(picture(40, true));
    bench.set(undefined, true);
    assert.ok(bench.line.needsKey);
    bench.line.picture(picture(80));
    bench.line.picture(picture(120, true));
    assert.deepEqual(
      bench.units.map(({ timeMs }) => timeMs),
      [0, 120],
    );
  });
});
