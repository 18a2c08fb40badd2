import type { JSX } from 'preact';
import type { TrackMeasure } from '../../../../common/contract/management.ts';
import { barsOf } from '../../../app/src/ui/score.ts';
import { formatShare } from '../model/format.ts';

const none = <span class="muted">–</span>;

/** mediasoup's score, 0 to 10. */
export const Score = ({ measure }: { measure: TrackMeasure | undefined }): JSX.Element => {
  if (measure === undefined || measure.paused) return none;
  const tone = (['bad', 'warn', 'good'] as const)[barsOf(measure.score) - 1];
  return (
    <span class={`score ${tone ?? ''}`} title="Quality as the media engine sees it, 0 to 10">
      {measure.score}
    </span>
  );
};

export const Loss = ({ measure }: { measure: TrackMeasure | undefined }): JSX.Element => {
  if (measure === undefined || measure.paused) return none;
  const tone = measure.loss >= 0.05 ? 'bad' : measure.loss >= 0.01 ? 'warn' : '';
  return <span class={`tone ${tone}`}>{formatShare(measure.loss)}</span>;
};
