import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { areaOf, readBoxes, regionsOf } from './boxes.ts';
import type { Box, Boxes } from './boxes.ts';
import { add, remove, split } from './edits.ts';
import type { Grid, Handle } from './edits.ts';
import { EditorBar } from './editor-bar.tsx';
import { afterRemoval, fill, orderOf, place } from './order.ts';
import type { Entry, NamedStream } from './order.ts';
import { classOf, Face, styleOf } from './region.tsx';
import { fractionOf } from './units.ts';
import { useEditing } from './use-editing.ts';
import type { Editing } from './use-editing.ts';

export interface LayoutEditorProps<S extends string> {
  /** What is edited: regions in their order, those with a stream first. */
  layout: readonly Entry<S>[];
  /** All that can be shown; empty: only the regions are edited. */
  streams: readonly NamedStream<S>[];
  /** Width by height of the picture. */
  ratio: number;
  /** After each change, with the whole of the new layout: valid, and streams first. */
  onChange: (layout: Entry<S>[]) => void;
}

/**
 * Regions to be moved and resized on a grid: with the mouse, a finger, or the arrow keys (with Shift they resize, Delete
 * removes). Nothing goes out of the picture, and regions overlap only where one lies inside another.
 */
export function LayoutEditor<S extends string>(props: LayoutEditorProps<S>): JSX.Element {
  const { layout, streams, ratio, onChange } = props;
  const [chosen, choose] = useState<string>();
  const [grid, setGrid] = useState<Grid>(12);
  const boxes = readBoxes(layout.map(({ region }) => region));
  const order = orderOf(layout, streams);
  const indexOf = (id: string): number => boxes.findIndex((box) => box.id === id);
  const tell = (next: Boxes, by: readonly S[] = order): void => {
    if (next !== boxes || by !== order) onChange(fill(regionsOf(next), by));
  };
  const discard = (id: string): void => {
    const next = remove(boxes, id);
    if (next === boxes) return;
    tell(next, afterRemoval(order, indexOf(id), boxes.length));
    choose(next[Math.min(indexOf(id), next.length - 1)]?.id);
  };
  const editing = useEditing({ boxes, grid, onChange: tell, onRemove: discard });
  const named = (stream: S | undefined): NamedStream<S> | undefined =>
    streams.find(({ id }) => id === stream);
  return (
    <div class="layout-editor">
      <div
        ref={editing.stage}
        class={`layout-stage edited ${editing.dragged === undefined ? '' : 'dragging'}`}
        style={{ aspectRatio: ratio, '--ratio': String(ratio), '--lines': String(grid) }}
        onPointerMove={editing.follow}
        onPointerUp={editing.letGo}
        onPointerCancel={editing.letGo}
      >
        <ul aria-label="Regions of the layout">
          {boxes.map((box, index) => (
            <EditedRegion
              key={box.id}
              box={box}
              number={index + 1}
              stream={named(layout[index]?.stream)}
              isChosen={box.id === chosen}
              onChoose={choose}
              editing={editing}
            />
          ))}
        </ul>
      </div>
      <EditorBar
        box={boxes.find(({ id }) => id === chosen)}
        number={boxes.length}
        grid={grid}
        streams={streams}
        shown={layout.find(({ region }) => region.id === chosen)?.stream}
        onGrid={setGrid}
        onAdd={() => {
          const next = add(boxes, grid);
          tell(next);
          choose(next.at(-1)?.id);
        }}
        onSplit={(id) => {
          tell(split(boxes, id, ratio));
        }}
        onRemove={discard}
        onStream={(id, stream) => {
          tell(boxes, place(order, stream, indexOf(id)));
        }}
      />
    </div>
  );
}

const handles: readonly Handle[] = [
  { x: 'left', y: 'top' },
  { y: 'top' },
  { x: 'right', y: 'top' },
  { x: 'right' },
  { x: 'right', y: 'bottom' },
  { y: 'bottom' },
  { x: 'left', y: 'bottom' },
  { x: 'left' },
];

interface EditedRegionProps {
  box: Box;
  number: number;
  stream: NamedStream | undefined;
  isChosen: boolean;
  onChoose: (id: string) => void;
  editing: Editing;
}

const EditedRegion = ({
  box,
  number,
  stream,
  isChosen,
  onChoose,
  editing,
}: EditedRegionProps): JSX.Element => {
  const { id } = box;
  const area = box.area ?? areaOf(box);
  return (
    <li
      class={classOf(stream, isChosen && 'chosen', editing.dragged === id && 'lifted')}
      style={styleOf({ id, shape: 'rectangle', area }, stream)}
    >
      <button
        type="button"
        class="layout-grip"
        aria-pressed={isChosen}
        aria-label={`Region ${id}${stream === undefined ? '' : `: ${stream.name}`}, ${spoken(area)}`}
        onFocus={() => {
          onChoose(id);
        }}
        onKeyDown={(event) => {
          editing.key(event, id);
        }}
        onPointerDown={(event) => {
          onChoose(id);
          editing.grasp(event, box);
        }}
      >
        <Face stream={stream} id={id} number={number} />
      </button>
      {isChosen &&
        handles.map((handle) => (
          <span
            key={`${handle.x ?? ''} ${handle.y ?? ''}`}
            class={`layout-handle ${handle.x ?? ''} ${handle.y ?? ''}`}
            onPointerDown={(event) => {
              editing.grasp(event, box, handle);
            }}
          />
        ))}
    </li>
  );
};

const percent = (fraction: string): string => `${String(Math.round(fractionOf(fraction) * 100))} %`;

/** Place and size of a region for those who do not see it. */
const spoken = ({ left, top, width, height }: Entry['region']['area']): string =>
  `${percent(width)} wide, ${percent(height)} high, ${percent(left)} from the left, ${percent(top)} from the top`;
