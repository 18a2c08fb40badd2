/** Pictures that are looked at before anything is said. */
const enough = 8;
const most = 24;

/** Finds out how many pictures a source sends per second, from their timestamps, which may be out of order. */
export class FramerateMeter {
  readonly #times: number[] = [];
  #rate: number | undefined;

  /** Pictures per second, with two decimals; undefined: too few have come. */
  get rate(): number | undefined {
    return this.#rate;
  }

  /** @param time ms @returns whether the rate is known now and was not, or was another */
  add(time: number): boolean {
    const times = this.#times;
    if (times.length >= most) return false;
    times.push(time);
    if (times.length !== enough && times.length !== most) return false;
    const before = this.#rate;
    this.#rate = rateOf(times);
    return this.#rate !== before;
  }
}

/** By the middle one of the steps between them: what is missing or doubled does not count. */
function rateOf(times: readonly number[]): number | undefined {
  const sorted = times.toSorted((one, other) => one - other);
  const steps = sorted.flatMap((time, index) => {
    const step = time - (sorted[index - 1] ?? time);
    return step > 1 ? [step] : [];
  });
  // The last pictures may be still without those that go between them.
  const settled = steps.slice(0, Math.max(1, steps.length - 3)).toSorted((one, other) => one - other);
  const middle = settled[settled.length >> 1];
  if (middle === undefined) return undefined;
  // Containers round times to whole ms: the mean of steps that are alike says more.
  const alike = settled.filter((step) => Math.abs(step - middle) <= 1.5);
  const mean = alike.reduce((sum, step) => sum + step, 0) / alike.length;
  const rate = 1000 / mean;
  const whole = Math.round(rate);
  return Math.abs(rate - whole) < whole * 0.005 ? whole : Math.round(rate * 100) / 100;
}
