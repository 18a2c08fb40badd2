import type { JSX } from 'preact';
import { barsOf } from './score.ts';

const words = ['Poor connection', 'Weak connection', 'Good connection'] as const;

export const QualityBars = ({ score }: { score: number }): JSX.Element => {
  const bars = barsOf(score);
  const label = words[bars - 1] ?? words[0];
  return (
    <span class={`quality quality-${String(bars)}`} role="img" aria-label={label} title={label}>
      <i />
      <i />
      <i />
    </span>
  );
};
