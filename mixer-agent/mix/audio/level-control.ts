/*
 * Keeps what waits of an input near what is needed. The sender's clock is a little faster or slower than ours, and
 * packets do not come evenly: what counts is the least that has been there when a block was taken. Pure; in frames at
 * 48 kHz.
 */

const blockFrames = 960;
/**
 * Before a block is taken there should never be less than this: two blocks. With one, every packet that comes after its
 * block, by however little, would be missed, and a lost one could not be repaired from the packet after it.
 */
export const target = 1_920;
/** So much less is left alone: 1 ms. */
const tooLittle = 48;
/** And so much more: 10 ms. */
const tolerance = 480;
/** What sound begins with above the target: 5 ms. */
const startMargin = 240;
/** More than this is cut out at once, whoever speaks: 60 ms. */
const tooMuch = 2_880;
/** Frames by which a block is made longer or shorter: 0.4 %, a fourteenth of a semitone. */
const stretchFrames = 4;
/** By so many it is made shorter while more than this is too much: 0.8 %; 20 ms. */
const hurry = { frames: 8, from: 960 };
/** Blocks of which the least counts: 500 ms. */
const windowBlocks = 25;
/** Getting shorter is decided by so many windows, getting longer by one: a glitch is worse than 20 ms of delay. */
const windows = 4;
/**
 * For so many windows after its beginning what is so much above the target is cut out at once, whoever speaks: 2 s, 15 ms. The
 * first packets of a sender are often late, and the delay of an input is not known yet: sound would stay later than its picture
 * for seconds.
 */
const young = { windows: 4, tooMuch: 720 };

/** What to do with the next block: play it so many frames faster, after leaving out some. */
export interface Correction {
  stretch: number;
  skip: number;
}

/** Level that sound begins with in an empty line, so that packets of this length keep it above what is needed. */
export function startLevel(packetFrames: number): number {
  return target - blockFrames + startMargin + Math.max(0, blockFrames - packetFrames);
}

export class LevelControl {
  readonly #correction: Correction = { stretch: 0, skip: 0 };
  readonly #minima: number[] = [];
  #least = Infinity;
  /** The least since the last packet came. */
  #waiting = Infinity;
  #blocks = 0;
  /** Windows since it began. */
  #age = 0;
  /** Blocks still to be stretched, and by what. */
  #stretched = 0;
  #stretch = 0;

  /** Sound begins anew. */
  reset(): void {
    this.#minima.length = 0;
    this.#least = Infinity;
    this.#waiting = Infinity;
    this.#blocks = 0;
    this.#age = 0;
    this.#stretched = 0;
  }

  /**
   * A packet has come.
   * @param lost others before it have not: what was missing meanwhile says nothing about time
   */
  arrived(lost: boolean): void {
    if (!lost) this.#least = Math.min(this.#least, this.#waiting);
    this.#waiting = Infinity;
  }

  /**
   * A block is about to be taken.
   * @param level that is there
   * @param quiet nobody would hear a piece missing
   */
  next(level: number, quiet: boolean): Correction {
    const correction = this.#correction;
    correction.skip = 0;
    this.#waiting = Math.min(this.#waiting, level);
    this.#blocks += 1;
    if (this.#blocks >= windowBlocks && this.#least < Infinity) correction.skip = this.#decide(quiet);
    correction.stretch = this.#stretched > 0 ? this.#stretch : 0;
    this.#stretched -= 1;
    return correction;
  }

  /** Decides what happens during the next window. Returns how much to leave out now. */
  #decide(quiet: boolean): number {
    this.#minima.push(this.#least);
    if (this.#minima.length > windows) this.#minima.shift();
    const missing = target - this.#least;
    const standing = -missing;
    const surplus = Math.min(...this.#minima) - target;
    this.#least = Infinity;
    this.#blocks = 0;
    this.#age += 1;
    this.#stretched = 0;
    if (missing > tooLittle) this.#plan(-stretchFrames, missing);
    const most = this.#age <= young.windows ? young.tooMuch : tooMuch;
    if (standing > most || (quiet && surplus > tolerance)) {
      this.#minima.length = 0;
      return standing > most ? standing : surplus;
    }
    if (surplus > tolerance && this.#minima.length === windows)
      this.#plan(surplus > hurry.from ? hurry.frames : stretchFrames, surplus);
    return 0;
  }

  #plan(stretch: number, frames: number): void {
    this.#stretch = stretch;
    this.#stretched = Math.min(windowBlocks, Math.round(frames / stretchFrames));
  }
}
