import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Lane } from '../../../../mixer-agent/mix/receive/lane.ts';
import { Playout } from '../../../../mixer-agent/mix/receive/playout.ts';

const limits = { minMs: 60, maxMs: 250 };
const tickMs = 5;

interface Track {
  lane: Lane;
  clockRate: number;
  everyMs: number;
  /** Media time of the sender at its time 0, ms; transit of what is captured at a time, ms. */
  mediaAt0: number;
  transit: (capturedMs: number) => number;
  reportEveryMs?: number;
  /** What its reports add to the sender's clock, ms. */
  reportError?: (capturedMs: number) => number;
}

/** Two streams of one sender, whose clock is 1,000,000 ms ahead of ours, in a simulated time. */
class Scene {
  readonly playout = new Playout(limits);
  readonly tracks: Track[] = [];
  now = 0;
  /** How much faster than ours the sender's clock runs. */
  drift = 0;
  /** The largest step of a line between two ticks, ms. */
  largestStep = 0;
  readonly #lines = new Map<Track, number>();

  add(track: Omit<Track, 'lane'>): Track {
    const added = { ...track, lane: this.playout.addLane(track.clockRate) };
    this.tracks.push(added);
    return added;
  }

  run(durationMs: number): this {
    for (const end = this.now + durationMs; this.now < end;) {
      this.now += tickMs;
      for (const track of this.tracks) this.#arrive(track);
      for (const track of this.tracks) this.#report(track);
      this.playout.move(this.now);
      for (const track of this.tracks) this.#watch(track);
    }
    return this;
  }

  /** RTP timestamp of what a track captured at a time, without wraps. */
  timestamp(track: Track, capturedMs: number): number {
    return 2 ** 32 + ((track.mediaAt0 + capturedMs * (1 + this.drift)) * track.clockRate) / 1000;
  }

  /** From capture to playout, ms. */
  delay(track: Track): number {
    return track.lane.playoutMs(this.timestamp(track, this.now)) - this.now;
  }

  #arrive(track: Track): void {
    for (let age = 0; age < 1000; age += track.everyMs) {
      const captured = Math.floor(this.now / track.everyMs) * track.everyMs - age;
      if (captured < 0) continue;
      const arrival = captured + track.transit(captured);
      if (arrival > this.now || arrival <= this.now - tickMs) continue;
      track.lane.arrived(this.timestamp(track, captured), arrival, this.playout.delayMs);
    }
  }

  #report(track: Track): void {
    if (track.reportEveryMs === undefined || this.now % track.reportEveryMs !== 0) return;
    const ntpMs = 1_000_000 + this.now * (1 + this.drift) + (track.reportError?.(this.now) ?? 0);
    track.lane.report(this.timestamp(track, this.now), ntpMs);
  }

  #watch(track: Track): void {
    if (!track.lane.started) return;
    const line = track.lane.playoutMs(0);
    const before = this.#lines.get(track);
    if (before !== undefined) this.largestStep = Math.max(this.largestStep, Math.abs(line - before));
    this.#lines.set(track, line);
  }
}

const jitter = (base: number, spread: number) => (captured: number) =>
  base + ((captured * 7919) % 97) * (spread / 97);

const audio = { clockRate: 48_000, everyMs: 20, mediaAt0: 123_456 };
const video = { clockRate: 90_000, everyMs: 40, mediaAt0: 40_000_000 };

describe('playout delay', () => {
  it('is the shortest allowed when all comes in time', () => {
    const scene = new Scene();
    const track = scene.add({ ...audio, transit: jitter(10, 8) });
    scene.run(15_000);
    assert.equal(scene.playout.delayMs, 60);
    assert.ok(Math.abs(scene.delay(track) - 70) < 6, String(scene.delay(track)));
    assert.equal(scene.largestStep <= 0.5, true);
  });

  it('is what the slowest packets need, and no more than allowed', () => {
    const scene = new Scene();
    scene.add({ ...audio, transit: jitter(10, 150) });
    scene.run(15_000);
    assert.ok(scene.playout.delayMs > 135 && scene.playout.delayMs < 165, String(scene.playout.delayMs));
    const worse = new Scene();
    worse.add({ ...audio, transit: jitter(10, 500) });
    worse.run(15_000);
    assert.equal(worse.playout.delayMs, 250);
  });

  it('gets shorter again when the network gets better', () => {
    const scene = new Scene();
    scene.add({ ...audio, transit: (captured) => jitter(10, captured < 10_000 ? 150 : 5)(captured) });
    scene.run(10_000);
    assert.ok(scene.playout.delayMs > 130);
    scene.run(25_000);
    assert.equal(scene.playout.delayMs, 60);
  });

  it('never moves by more than 2 ms in 20 ms, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ base: fc.integer({ min: 0, max: 400 }), spread: fc.integer({ min: 1, max: 300 }) }),
          {
            minLength: 4,
            maxLength: 4,
          },
        ),
        fc.integer({ min: -400, max: 400 }),
        (phases, error) => {
          const scene = new Scene();
          const transit = (captured: number) => {
            const phase = phases[Math.floor(captured / 3000) % 4]!;
            return jitter(phase.base, phase.spread)(captured);
          };
          scene.add({ ...audio, transit: jitter(5, 10), reportEveryMs: 1000 });
          scene.add({ ...video, transit, reportEveryMs: 1000, reportError: (at) => (at > 6000 ? error : 0) });
          scene.run(12_000);
          assert.ok(scene.largestStep <= 0.5 + 1e-6, String(scene.largestStep));
          assert.ok(scene.playout.delayMs >= 60 && scene.playout.delayMs <= 250);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('sound and picture of one input', () => {
  const inSync = (scene: Scene, within = 5) => {
    const [one, other] = scene.tracks.map((track) => scene.delay(track));
    const skew = Math.abs(one! - other!);
    assert.ok(skew <= within, `${skew} ms apart`);
  };

  it('are played in sync although one takes longer and their timestamps have nothing in common', () => {
    const scene = new Scene();
    scene.add({ ...audio, transit: jitter(10, 10), reportEveryMs: 1200 });
    scene.add({ ...video, transit: jitter(70, 40), reportEveryMs: 1500 });
    scene.run(10_000);
    inSync(scene);
    assert.ok(scene.playout.delayMs > 100 && scene.playout.delayMs < 125, String(scene.playout.delayMs));
  });

  it('stay in sync while the sender’s clock drifts', () => {
    for (const drift of [200e-6, -200e-6]) {
      const scene = new Scene();
      scene.drift = drift;
      scene.add({ ...audio, transit: jitter(10, 10), reportEveryMs: 1200 });
      const track = scene.add({ ...video, transit: jitter(40, 10), reportEveryMs: 1500 });
      scene.run(10_000);
      const before = scene.delay(track);
      scene.run(120_000);
      inSync(scene);
      assert.ok(Math.abs(scene.delay(track) - before) < 10, 'it follows the clock');
    }
  });

  it('are not moved by the first report, nor by a single one that is wrong', () => {
    for (const wrongAt of [1500, 9000]) {
      const scene = new Scene();
      scene.add({ ...audio, transit: jitter(10, 10), reportEveryMs: 1500 });
      const reportError = (at: number) => (at === wrongAt ? 300 : 0);
      const track = scene.add({ ...video, transit: jitter(20, 10), reportEveryMs: 1500, reportError });
      scene.run(wrongAt - 500);
      const before = scene.delay(track);
      scene.run(1400);
      assert.ok(Math.abs(scene.delay(track) - before) < 6);
      scene.run(10_000);
      inSync(scene);
    }
  });

  it('go smoothly to where new reports put them', () => {
    const scene = new Scene();
    scene.add({ ...audio, transit: jitter(10, 10), reportEveryMs: 1000 });
    // A clock that is set right: for a while only one of the streams has heard of it.
    scene.add({
      ...video,
      transit: jitter(20, 10),
      reportEveryMs: 1000,
      reportError: (at) => (at > 8000 ? 40 : 0),
    });
    scene.run(20_000);
    const [sound, picture] = scene.tracks.map((track) => scene.delay(track));
    assert.ok(Math.abs(picture! - sound! - -40) <= 5 || Math.abs(picture! - sound! - 40) <= 5);
    assert.ok(scene.largestStep <= 0.5 + 1e-6);
  });

  it('each go by what they have when their reports are of different clocks', () => {
    const scene = new Scene();
    scene.add({ ...audio, transit: jitter(10, 5), reportEveryMs: 1000 });
    scene.add({ ...video, transit: jitter(10, 5), reportEveryMs: 1000, reportError: () => 3_600_000 });
    scene.run(15_000);
    assert.equal(scene.playout.delayMs, 60);
    inSync(scene, 10);
  });

  it('are found again after timestamps that jump', () => {
    for (const jump of [-5_000_000, 5_000_000]) {
      const scene = new Scene();
      const tracks = [
        scene.add({ ...audio, transit: jitter(10, 10), reportEveryMs: 1200 }),
        scene.add({ ...video, transit: jitter(30, 10), reportEveryMs: 1500 }),
      ];
      scene.run(8000);
      tracks[1]!.mediaAt0 += jump;
      scene.run(15_000);
      inSync(scene);
    }
  });

  it('stay where they are while one of them is silent', () => {
    const scene = new Scene();
    const [, picture] = [
      scene.add({ ...audio, transit: jitter(10, 10), reportEveryMs: 1200 }),
      scene.add({ ...video, transit: jitter(30, 10), reportEveryMs: 1500 }),
    ];
    scene.run(8000);
    const { transit } = picture;
    picture.transit = () => Infinity;
    scene.run(30_000);
    inSync(scene, 8);
    picture.transit = transit;
    scene.run(10_000);
    inSync(scene);
  });
});
