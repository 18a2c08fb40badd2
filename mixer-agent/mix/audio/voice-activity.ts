/* Whether somebody speaks, from the loudness of each block. Pure. Levels in dBFS: 0 is full scale throughout. */

/** Loudness below which nothing is taken for speech, whatever the noise. */
const quietest = -50;
/** Speech is so much louder than the noise around it, dB. */
const margin = 9;
/** The noise that somebody has; what is louder cannot be told from speech that does not pause. */
const noise = { least: -75, most: -48 };
/** dB by which the noise is thought to grow in each block while it is louder than known: 3 dB in a second. */
const noiseRise = 0.06;
/** Blocks until it is believed: 60 ms. A click is no speech. */
const attackBlocks = 3;
/** Blocks until it is believed to be over: 400 ms. People pause between words. */
const holdBlocks = 20;

export const silence = -100;

/** Loudness of a block from the sum of its squared samples, dBFS. */
export function loudnessOf(energy: number, samples: number): number {
  return energy > 0 ? Math.max(silence, 10 * Math.log10(energy / samples)) : silence;
}

export class VoiceActivity {
  #noise = noise.least;
  #loud = 0;
  #hold = 0;
  #level = silence;

  /** Loudness while speaking, dBFS, smoothed over about 100 ms. */
  get level(): number {
    return this.#level;
  }

  get speaking(): boolean {
    return this.#hold > 0;
  }

  /** The next block has this loudness. */
  next(loudness: number): void {
    this.#level += (loudness - this.#level) * (loudness > this.#level ? 0.5 : 0.1);
    const isLoud = loudness > Math.max(quietest, this.#noise + margin);
    this.#noise =
      loudness < this.#noise
        ? Math.max(noise.least, loudness)
        : Math.min(noise.most, loudness, this.#noise + noiseRise);
    this.#loud = isLoud ? this.#loud + 1 : 0;
    if (this.#loud >= attackBlocks || (isLoud && this.#hold > 0)) this.#hold = holdBlocks;
    else if (this.#hold > 0) this.#hold -= 1;
  }
}
