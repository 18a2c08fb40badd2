import assert from 'node:assert/strict';
import { MediaSilence } from '../../../client/sdk/media-silence.ts';

describe('media that stops to arrive', () => {
  let packets: number[];
  let told: number;
  let silence: MediaSilence;
  beforeEach(() => {
    packets = [];
    told = 0;
    silence = new MediaSilence({
      receivers: () => packets.map((timestamp) => ({ getSynchronizationSources: () => [{ timestamp }] })),
      onSilence: () => {
        told += 1;
      },
      silentMs: 800,
    });
  });

  it('is told once, and again only after something has arrived', () => {
    packets = [10, 20];
    silence.look(100);
    silence.look(800);
    assert.equal(told, 0);
    silence.look(900);
    silence.look(5_000);
    assert.equal(told, 1);
    assert.equal(silence.silent, true);
    packets = [10, 21];
    silence.look(5_100);
    assert.equal(silence.silent, false);
    silence.look(6_000);
    assert.equal(told, 2);
  });

  it('is not told while one of them flows, nor when nothing ever did', () => {
    silence.look(0);
    silence.look(10_000);
    for (let now = 0; now < 5_000; now += 200) {
      packets = [10, now + 11];
      silence.look(now);
    }
    assert.equal(told, 0);
    assert.equal(silence.silent, false);
  });
});
