import type { JSX } from 'preact';
import type { View11 } from '../../../../management-api/schemas/views.ts';
import { useApi } from '../live/context.ts';
import type { TrackRow } from '../model/room-picture.ts';
import { useAction } from '../ui/notices.tsx';

interface MixSwitchesProps {
  room: string;
  row: TrackRow;
  views: readonly View11[];
}

/** The views of the room; pressed: this stream is mixed into it. */
export const MixSwitches = ({ room, row, views }: MixSwitchesProps): JSX.Element => {
  const api = useApi();
  const { busy, run } = useAction();
  const { stream, owner } = row;
  const name = owner?.user ?? stream.info.owner;
  const set = (view: string, mixed: boolean): void => {
    void run(async () => {
      await api.mix(room, stream.id, { view, mixed });
      return `${name} is ${mixed ? '' : 'no longer '}mixed into ${view}`;
    });
  };
  return (
    <span class="mix-switches">
      {views.map(({ label }) => {
        const mixed = stream.info.inViews.includes(label);
        return (
          <button
            key={label}
            type="button"
            role="switch"
            class="mix-switch"
            aria-checked={mixed}
            aria-label={`Stream of ${name} mixed into ${label}`}
            title={mixed ? `Take out of ${label}` : `Mix into ${label}`}
            disabled={busy}
            onClick={() => {
              set(label, !mixed);
            }}
          >
            {label}
          </button>
        );
      })}
    </span>
  );
};
