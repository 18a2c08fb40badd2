import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { layoutStage } from '../layout/stage.ts';
import { spotlightOf, tilesOf } from '../state/selectors.ts';
import { useAppState, useDispatch } from '../ui/context.ts';
import { CopyLink } from '../ui/copy-link.tsx';
import { useSize } from '../ui/use-size.ts';
import { Tile } from './tile.tsx';

/** Shown while nobody else is there. */
const Alone = (): JSX.Element => (
  <aside class="alone">
    <h2>You’re the first one here</h2>
    <p>Send the link to whoever should join.</p>
    <CopyLink />
  </aside>
);

/** The tiles of the call. Each keeps its element when the layout changes, so that no picture restarts. */
export const Stage = (): JSX.Element => {
  const state = useAppState((all) => all);
  const dispatch = useDispatch();
  const [ref, size] = useSize<HTMLElement>();
  const tiles = useMemo(
    () => tilesOf(state),
    [state.streams, state.streamOrder, state.people, state.order, state.speaking, state.quality],
  );
  const spotlight = tiles.length > 1 ? spotlightOf(tiles, state.pinned) : null;
  const layout = layoutStage({
    keys: tiles.map((tile) => tile.key),
    spotlight: spotlight?.key ?? null,
    width: size.width,
    height: size.height,
    lastSpoke: new Map(Object.entries(state.lastSpoke)),
  });
  const ready = size.width > 0;
  return (
    <section ref={ref} class="stage" aria-label="Participants">
      {ready && (
        <div class="stage-content" style={{ height: `${String(layout.height)}px` }}>
          {tiles.map((tile) => {
            const box = layout.boxes.get(tile.key);
            if (!box) return null;
            return (
              <Tile
                key={tile.key}
                tile={tile}
                box={box}
                spotlight={tile.key === spotlight?.key}
                pinned={tile.key === state.pinned}
              />
            );
          })}
          {tiles.length === 1 && state.order.length === 1 && <Alone />}
        </div>
      )}
      {layout.hidden > 0 && (
        <button
          type="button"
          class="more-people"
          onClick={() => {
            dispatch({ type: 'panel', panel: 'people' });
          }}
        >
          +{layout.hidden} more
        </button>
      )}
    </section>
  );
};
