import assert from 'node:assert/strict';
import { AudioQueue } from '../../../../mixer-agent/ingress/audio-queue.ts';
import { Timeline } from '../../../../mixer-agent/ingress/timeline.ts';

/** A packet of 20 ms (RFC 6716, 3.1: CELT, fullband, one frame). */
const packet = Uint8Array.of(31 << 3, 1, 2, 3);

function play(times: readonly number[]): number[] {
  const timeline = new Timeline(false);
  const played: number[] = [];
  const queue = new AudioQueue(timeline, (_data, at) => void played.push(at));
  timeline.came(times[0] ?? 0, 0);
  timeline.begin(0);
  for (const time of times) queue.push(packet, time, 0);
  queue.poll(Infinity);
  return played.map((at) => at - (played[0] ?? 0));
}

describe('Opus packets of a fetched stream', () => {
  it('follow each other without a break although their container rounds times', () => {
    assert.deepEqual(play([0, 21, 40, 59, 81]), [0, 20, 40, 60, 80]);
  });

  it('have a hole where the source has one', () => {
    assert.deepEqual(play([0, 20, 140, 160]), [0, 20, 140, 160]);
  });

  it('never overlap: what comes twice is left out', () => {
    assert.deepEqual(play([0, 20, 40, 20, 40, 60]), [0, 20, 40, 60]);
  });

  it('are not taken when they are none', () => {
    const timeline = new Timeline(false);
    const queue = new AudioQueue(timeline, () => undefined);
    queue.push(new Uint8Array(0), 0, 0);
    assert.equal(queue.length, 0);
  });
});
