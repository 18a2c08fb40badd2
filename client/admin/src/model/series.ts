/** How far back plots go, ms. */
export const memory = 5 * 60_000;
/** Without a value for this long the line is broken, ms. */
const gap = 8_000;

export interface Sample {
  at: number;
  value: number;
}

/** Values of the last five minutes. */
export class Series {
  #samples: Sample[] = [];

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  get last(): number | undefined {
    return this.#samples.at(-1)?.value;
  }

  push(value: number, at: number): void {
    const from = at - memory;
    const first = this.#samples.findIndex((sample) => sample.at >= from);
    if (first !== 0) this.#samples = first < 0 ? [] : this.#samples.slice(first);
    this.#samples.push({ at, value });
  }
}

/** Series by name; what nobody fed for five minutes is forgotten. */
export class SeriesBook {
  readonly #series = new Map<string, Series>();

  get(name: string): Series | undefined {
    return this.#series.get(name);
  }

  push(name: string, value: number, at: number): void {
    let series = this.#series.get(name);
    if (series === undefined) this.#series.set(name, (series = new Series()));
    series.push(value, at);
  }

  forget(now: number): void {
    for (const [name, { samples }] of this.#series) {
      if ((samples.at(-1)?.at ?? 0) < now - memory) this.#series.delete(name);
    }
  }
}

export interface Frame {
  width: number;
  height: number;
  /** Left and right edge, ms since 1970. */
  from: number;
  to: number;
  /** Value at the upper edge. */
  max: number;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Runs of samples without a gap between them. */
function runsOf(samples: readonly Sample[]): Sample[][] {
  const runs: Sample[][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    const run = runs.at(-1);
    if (run === undefined || sample.at - before > gap) runs.push([sample]);
    else run.push(sample);
    before = sample.at;
  }
  return runs;
}

/** SVG paths of a line over time, and of the area below it; empty without samples. */
export function plotPaths(samples: readonly Sample[], frame: Frame): { line: string; area: string } {
  const { width, height, from, to, max } = frame;
  const x = (at: number): string => round(((at - from) / (to - from)) * width);
  const y = (value: number): string => round(height - (Math.min(max, Math.max(0, value)) / max) * height);
  const line: string[] = [];
  const area: string[] = [];
  for (const run of runsOf(samples.filter(({ at }) => at >= from && at <= to))) {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) continue;
    const points = run.map(({ at, value }) => `${x(at)} ${y(value)}`).join('L');
    // A single value has no length: a dot, by a line with round ends.
    line.push(`M${points}${run.length === 1 ? 'h0' : ''}`);
    area.push(`M${x(first.at)} ${round(height)}L${points}L${x(last.at)} ${round(height)}z`);
  }
  return { line: line.join(''), area: area.join('') };
}

/** A round number at or above a value, for the upper edge of a plot: 1, 2 or 5 times a power of ten. */
export function niceMax(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5].find((step) => value <= step * power) ?? 10;
  return factor * power;
}
