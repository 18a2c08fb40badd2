import type { JSX } from 'preact';
import type { Box } from '../layout/grid.ts';
import { useAppState, useDispatch } from '../ui/context.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { StreamVideo } from '../ui/media.tsx';
import { hueOf } from '../ui/names.ts';
import { QualityBars } from '../ui/quality-bars.tsx';
import type { Tile as TileData } from '../state/selectors.ts';

interface TileProps {
  tile: TileData;
  box: Box;
  spotlight: boolean;
  pinned: boolean;
}

const captionOf = (tile: TileData): string => {
  if (tile.kind === 'screen') return tile.self ? 'Your screen' : `${tile.name}’s screen`;
  return tile.self ? `${tile.name} (you)` : tile.name;
};

const statusOf = (tile: TileData): string | null => {
  if (tile.interrupted) return 'Reconnecting…';
  if (tile.problem !== null) return tile.problem;
  return null;
};

const Caption = ({ tile }: { tile: TileData }): JSX.Element => (
  <div class="caption">
    {tile.kind === 'screen' && <Icon name="screen" size={16} />}
    {tile.kind === 'person' && tile.muted && (
      <span class="caption-muted" role="img" aria-label="Microphone off">
        <Icon name="mic-off" size={16} />
      </span>
    )}
    {tile.away && (
      <span class="caption-away" role="img" aria-label="Connection lost" title="Connection lost">
        <Icon name="signal-off" size={16} />
      </span>
    )}
    {tile.speaking && !tile.muted && (
      <span class="equaliser" role="img" aria-label="Speaking">
        <i />
        <i />
        <i />
      </span>
    )}
    <span class="caption-name">{captionOf(tile)}</span>
    {tile.quality !== null && <QualityBars score={tile.quality} />}
  </div>
);

const toggleFullscreen = (element: HTMLElement | null): void => {
  if (document.fullscreenElement) void document.exitFullscreen();
  // Refused on some phones: the picture then simply stays as it is.
  else element?.requestFullscreen().catch(() => {});
};

const TileActions = ({ tile, pinned }: { tile: TileData; pinned: boolean }): JSX.Element => {
  const dispatch = useDispatch();
  const find = (): HTMLElement | null => document.querySelector(`[data-tile="${CSS.escape(tile.key)}"]`);
  return (
    <div class="tile-actions">
      <IconButton
        icon="pin"
        size="small"
        label={pinned ? 'Unpin' : 'Pin'}
        pressed={pinned}
        onClick={() => {
          dispatch({ type: 'pin', key: pinned ? null : tile.key });
        }}
      />
      {tile.video !== null && document.fullscreenEnabled && (
        <IconButton
          icon="expand"
          size="small"
          label="Full screen"
          onClick={() => {
            toggleFullscreen(find());
          }}
        />
      )}
    </div>
  );
};

export const Tile = ({ tile, box, spotlight, pinned }: TileProps): JSX.Element => {
  const stream = useAppState((state) => (tile.video === null ? undefined : state.streams[tile.video]));
  const status = statusOf(tile);
  const classes = [
    'tile',
    tile.kind,
    tile.speaking && !tile.muted ? 'speaking' : '',
    tile.interrupted ? 'interrupted' : '',
    spotlight ? 'spotlight' : '',
    box.width < 180 ? 'compact' : '',
  ];
  return (
    <article
      class={classes.join(' ')}
      data-tile={tile.key}
      aria-label={captionOf(tile)}
      style={{
        '--hue': String(hueOf(tile.owner)),
        width: `${String(box.width)}px`,
        height: `${String(box.height)}px`,
        transform: `translate(${String(box.x)}px, ${String(box.y)}px)`,
      }}
    >
      {tile.kind === 'person' && <Avatar id={tile.owner} name={tile.name} />}
      {stream && (
        <StreamVideo
          key={stream.id}
          stream={stream}
          mirrored={tile.self && tile.kind === 'person'}
          contain={tile.kind !== 'person'}
          label={captionOf(tile)}
        />
      )}
      {status !== null && (
        <div class="tile-status" role="status">
          {tile.interrupted && <span class="spinner" aria-hidden="true" />}
          <span>{status}</span>
        </div>
      )}
      <TileActions tile={tile} pinned={pinned} />
      <Caption tile={tile} />
    </article>
  );
};
