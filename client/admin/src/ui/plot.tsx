import type { JSX } from 'preact';
import { memory, niceMax, plotPaths } from '../model/series.ts';
import type { Series } from '../model/series.ts';

interface SparklineProps {
  series: Series | undefined;
  /** Says what it shows, for those who do not see it. */
  label: string;
  /** Value at the upper edge; absent: a round number above the highest. */
  max?: number;
  width?: number;
  height?: number;
}

const highest = (all: readonly (Series | undefined)[]): number =>
  Math.max(0, ...all.flatMap((series) => series?.samples.map(({ value }) => value) ?? []));

/** The last five minutes of a value, in a line of text. */
export const Sparkline = ({
  series,
  label,
  width = 72,
  height = 20,
  ...rest
}: SparklineProps): JSX.Element => {
  const to = Date.now();
  const max = rest.max ?? niceMax(highest([series]));
  const { line, area } = plotPaths(series?.samples ?? [], {
    width,
    height: height - 2,
    from: to - memory,
    to,
    max,
  });
  return (
    <svg
      class="sparkline"
      width={width}
      height={height}
      viewBox={`0 -1 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <path class="area" d={area} />
      <path class="line" d={line} />
    </svg>
  );
};

interface Curve {
  name: string;
  series: Series | undefined;
  tone: 'accent' | 'stone';
}

interface PlotProps {
  label: string;
  curves: readonly Curve[];
  /** The upper edge is not below this. */
  least: number;
  /** Value in words, for the scale. */
  format: (value: number) => string;
}

const [plotWidth, plotHeight] = [600, 120];

/** The last five minutes of some values, as wide as there is room. */
export const Plot = ({ label, curves, least, format }: PlotProps): JSX.Element => {
  const to = Date.now();
  const max = niceMax(Math.max(least, highest(curves.map(({ series }) => series))));
  const frame = { width: plotWidth, height: plotHeight, from: to - memory, to, max };
  return (
    <figure class="plot">
      <div class="plot-field">
        <svg
          viewBox={`0 0 ${plotWidth} ${plotHeight}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={label}
        >
          <path
            class="grid"
            d={`M0 0H${plotWidth}M0 ${plotHeight / 2}H${plotWidth}M0 ${plotHeight}H${plotWidth}`}
          />
          {curves.map(({ name, series, tone }) => {
            const { line, area } = plotPaths(series?.samples ?? [], frame);
            return (
              <g key={name} class={tone}>
                <path class="area" d={area} />
                <path class="line" d={line} />
              </g>
            );
          })}
        </svg>
        <span class="plot-top">{format(max)}</span>
        <span class="plot-middle">{format(max / 2)}</span>
      </div>
      <figcaption>
        <span>5 minutes ago</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
};
