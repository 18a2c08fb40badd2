import type { OpusPacket } from '../../mix/media.ts';
import { isOpusSilence, opusSamples, samplesPerMs } from '../../mix/audio/opus-packet.ts';
import type { MediaUnit } from '../unit.ts';
import type { Gaps } from './gaps.ts';
import { opusSilence, silenceMs } from './opus-silence.ts';

const usualMs = 20;

/**
 * A packet that follows the one before without a hole may be so far from where the clock has it, ms. Beyond that a bit of
 * silence is put in, or a packet is left out: clocks that differ by 50 millionths need that each ten minutes.
 */
const slackMs = 30;

/**
 * Sound without holes from its beginning on: what does not come (DTX, mute, loss, a publisher who is away) is silence. Players
 * put sound together by its length, whatever its times say: a hole would shift all that follows.
 */
export class SoundLine {
  readonly #emit: (unit: MediaUnit) => void;
  readonly #gaps: Gaps;
  /** Where the next packet begins. */
  #cursor = 0;
  /** RTP timestamp of the packet that would follow without a hole. */
  #expected: number | undefined;
  #leftOut = 0;

  constructor(emit: (unit: MediaUnit) => void, gaps: Gaps) {
    this.#emit = emit;
    this.#gaps = gaps;
  }

  /** Up to where there is sound, ms. */
  get endMs(): number {
    return this.#cursor;
  }

  /** Packets that had no place: too late, or of a clock that runs too fast. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Where it begins, ms; before the first packet. */
  startAt(timeMs: number): void {
    this.#cursor = timeMs;
  }

  /** Another sender: its timestamps are its own. */
  newSource(): void {
    this.#expected = undefined;
  }

  /** @param timeMs Since the beginning; below 0 it is too early to be kept. */
  push({ data, timestamp }: OpusPacket, timeMs: number): void {
    const samples = opusSamples(data);
    // A packet without content only says that there is silence.
    if (samples === undefined || isOpusSilence(data)) return;
    const follows = timestamp === this.#expected;
    this.#expected = timestamp + samples;
    const distance = timeMs - this.#cursor;
    if (distance < -slackMs) {
      this.#leftOut += 1;
      return;
    }
    if (!follows || distance > slackMs) this.#fill(timeMs, silenceMs);
    this.#put(data, samples / samplesPerMs);
  }

  /** Nothing comes any more for the time before this. */
  advance(timeMs: number): void {
    this.#fill(timeMs, [usualMs]);
  }

  #fill(untilMs: number, lengths: readonly number[]): void {
    const from = this.#cursor;
    for (const ms of lengths) while (this.#cursor + ms <= untilMs) this.#put(opusSilence(ms), ms);
    if (this.#cursor > from) this.#gaps.add('audio', from, this.#cursor);
  }

  #put(data: Uint8Array, durationMs: number): void {
    this.#emit({ kind: 'audio', data, timeMs: this.#cursor, durationMs, key: true });
    this.#cursor += durationMs;
  }
}
