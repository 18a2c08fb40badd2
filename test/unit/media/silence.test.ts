import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock } from 'node:test';
import type { types } from 'mediasoup';
import { watchSilence } from '../../../access-agent/silence.ts';

/** As much of a producer as the watch looks at. */
class Track extends EventEmitter {
  readonly observer = new EventEmitter();
  readonly type: string;
  readonly rtpParameters: object;
  constructor(layers: number) {
    super();
    this.type = layers > 1 ? 'simulcast' : 'simple';
    this.rtpParameters = { encodings: Array.from({ length: layers }, () => ({})) };
  }
  score(...scores: number[]): void {
    this.emit(
      'score',
      scores.map((score) => ({ score })),
    );
  }
}

describe('silence of a published track', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  /** Watches a track; `arrive` tells how much arrives from its client in each step of 100 ms. */
  const watch = (layers: number) => {
    const track = new Track(layers);
    const told: string[] = [];
    let bytes = 0;
    watchSilence(track as unknown as types.Producer, {
      received: () => Promise.resolve(bytes),
      away: () => void told.push('away'),
      back: () => void told.push('back'),
    });
    const pass = async (ms: number, bytesPerStep: number) => {
      for (let passed = 0; passed < ms; passed += 100) {
        bytes += bytesPerStep;
        mock.timers.tick(100);
        // The answer about the bytes, and what is done with it.
        for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
      }
    };
    return { track, told, pass };
  };

  it('is noticed of a track with one layer, and its end', async () => {
    const { told, pass } = watch(1);
    await pass(5_000, 1_000);
    assert.deepEqual(told, []);
    await pass(3_000, 0);
    assert.deepEqual(told, ['away']);
    await pass(200, 1_000);
    assert.deepEqual(told, ['away', 'back']);
    await pass(3_000, 0);
    assert.deepEqual(told, ['away', 'back', 'away']);
  });

  it('is noticed of a track with several layers by their scores, and its end at once', async () => {
    const { track, told, pass } = watch(2);
    track.score(10, 10);
    track.score(0, 8);
    await pass(3_000, 0);
    assert.deepEqual(told, [], 'one layer is heard');
    track.score(0, 0);
    await pass(1_100, 0);
    assert.deepEqual(told, ['away']);
    track.score(7, 0);
    assert.deepEqual(told, ['away', 'back']);
  });

  it('is none while the client itself is heard', async () => {
    const { track, told, pass } = watch(2);
    track.score(0, 0);
    await pass(5_000, 50);
    track.score(10, 0);
    assert.deepEqual(told, []);
  });

  it('is none when the track comes back before it counts', async () => {
    const { track, told, pass } = watch(2);
    track.score(0, 0);
    await pass(500, 0);
    track.score(10, 0);
    await pass(5_000, 0);
    assert.deepEqual(told, []);
  });

  for (const layers of [1, 2]) {
    it(`is not told of a track that is closed (${String(layers)} layers)`, async () => {
      const { track, told, pass } = watch(layers);
      await pass(2_000, 1_000);
      track.score(0, 0);
      track.observer.emit('close');
      await pass(5_000, 0);
      assert.deepEqual(told, []);
      assert.equal(track.listenerCount('score'), 0);
    });
  }
});
