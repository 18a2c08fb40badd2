import type { JSX } from 'preact';
import type { Box } from './boxes.ts';
import { grids } from './edits.ts';
import type { Grid } from './edits.ts';
import type { NamedStream } from './order.ts';

interface EditorBarProps<S extends string> {
  /** The region that is chosen. */
  box: Box | undefined;
  /** Regions that there are. */
  number: number;
  grid: Grid;
  streams: readonly NamedStream<S>[];
  /** What is shown in the chosen region. */
  shown: S | undefined;
  onGrid: (grid: Grid) => void;
  onAdd: () => void;
  onSplit: (id: string) => void;
  onRemove: (id: string) => void;
  onStream: (id: string, stream: S) => void;
}

/** What can be done with the regions besides dragging them. */
export function EditorBar<S extends string>(props: EditorBarProps<S>): JSX.Element {
  const { box, number, grid, streams, shown } = props;
  const withBox = (act: (id: string) => void) => () => {
    if (box !== undefined) act(box.id);
  };
  return (
    <div class="layout-bar">
      <button type="button" onClick={props.onAdd}>
        Add region
      </button>
      <button type="button" disabled={box === undefined} onClick={withBox(props.onSplit)}>
        Split
      </button>
      <button type="button" disabled={box === undefined || number < 2} onClick={withBox(props.onRemove)}>
        Remove
      </button>
      {streams.length > 0 && (
        <label>
          <span>Shows</span>
          <select
            value={shown ?? ''}
            disabled={box === undefined}
            onChange={(event) => {
              const stream = event.currentTarget.value as S;
              withBox((id) => {
                props.onStream(id, stream);
              })();
            }}
          >
            {shown === undefined && <option value="">{box === undefined ? '–' : 'nobody'}</option>}
            {streams.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        <span>Grid</span>
        <select
          value={String(grid)}
          onChange={(event) => {
            props.onGrid(Number(event.currentTarget.value) as Grid);
          }}
        >
          {grids.map((lines) => (
            <option key={lines} value={String(lines)}>
              {lines} × {lines}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
