import { blockMs, blockSamples, type Block } from '../mix/media.ts';

const perMs = 48;
/** Decoders round times: what differs less goes on without a break, samples. */
const tolerance = 20 * perMs;
/** A longer hole is left as it is, samples. */
const longest = 1_000 * perMs;

export interface PcmBlocksOptions {
  /** A block is full. It is overwritten when this returns. @param time its beginning, ms */
  onBlock: (block: Block, time: number) => void;
}

/** Divides sound of any portions into blocks of 20 ms; short holes become silence, what comes twice is left out. */
export class PcmBlocks {
  readonly #onBlock: PcmBlocksOptions['onBlock'];
  readonly #block: Block = new Float32Array(2 * blockSamples);
  /** Samples in the block. */
  #filled = 0;
  /** Beginning of the block, ms. */
  #time: number | undefined;

  constructor({ onBlock }: PcmBlocksOptions) {
    this.#onBlock = onBlock;
  }

  /** @param sound stereo, interleaved, 48 kHz @param time its beginning, ms */
  push(sound: Float32Array, time: number): void {
    this.#time ??= time;
    const expected = this.#time + this.#filled / perMs;
    const hole = Math.round((time - expected) * perMs);
    if (hole > longest || hole < -longest) {
      this.#filled = 0;
      this.#time = time;
    } else if (hole > tolerance) {
      this.#add(new Float32Array(2 * hole));
    }
    this.#add(hole < -tolerance && hole >= -longest ? sound.subarray(-2 * hole) : sound);
  }

  #add(sound: Float32Array): void {
    let from = 0;
    while (from < sound.length) {
      const count = Math.min(sound.length - from, 2 * (blockSamples - this.#filled));
      this.#block.set(sound.subarray(from, from + count), 2 * this.#filled);
      this.#filled += count / 2;
      from += count;
      if (this.#filled === blockSamples) this.#give();
    }
  }

  #give(): void {
    const time = this.#time ?? 0;
    this.#filled = 0;
    this.#time = time + blockMs;
    this.#onBlock(this.#block, time);
  }
}
