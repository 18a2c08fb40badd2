import type { JSX } from 'preact';
import { cornerBox } from '../layout/corner.ts';
import { describeMix, mixOf, mixStatusOf } from '../state/mix-selectors.ts';
import { isReceived, tilesOf } from '../state/selectors.ts';
import type { AppState, MixView } from '../state/types.ts';
import { useAppState } from '../ui/context.ts';
import { StreamVideo } from '../ui/media.tsx';
import { useSize } from '../ui/use-size.ts';
import { MixBar } from './mix-bar.tsx';
import { MixNotice } from './mix-notice.tsx';
import { Tile } from './tile.tsx';

/** One's own camera as a small tile over the mixed picture. */
const SelfView = ({ state, size }: { state: AppState; size: { width: number; height: number } }) => {
  const me = tilesOf(state).find((tile) => tile.self && tile.kind === 'person');
  if (!me?.video || size.width === 0) return null;
  return (
    <div class="self-view">
      <Tile tile={me} box={cornerBox(size)} spotlight={false} pinned={false} />
    </div>
  );
};

const Picture = ({ state, mix }: { state: AppState; mix: MixView }): JSX.Element => {
  const [ref, size] = useSize<HTMLDivElement>();
  const status = mixStatusOf(state, mix);
  return (
    <div ref={ref} class={`mix-picture ${status}`} data-mix={mix.label}>
      {mix.video !== null && isReceived(mix) && (
        <StreamVideo key={mix.id} stream={mix} mirrored={false} contain label={describeMix(state, mix)} />
      )}
      <MixNotice mix={mix} status={status} />
      {state.selfView && <SelfView state={state} size={size} />}
    </div>
  );
};

/** One picture of the room instead of a tile for each: what the others see of each other, as the room mixes it. */
export const MixedStage = (): JSX.Element | null => {
  const state = useAppState((all) => all);
  const mix = mixOf(state);
  if (!mix) return null;
  return (
    <section class="stage mixed" aria-label="Mixed view">
      <MixBar mix={mix} />
      <Picture state={state} mix={mix} />
    </section>
  );
};
