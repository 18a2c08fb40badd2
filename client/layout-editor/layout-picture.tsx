import type { JSX } from 'preact';
import type { Entry, NamedStream } from './order.ts';
import { classOf, Face, styleOf } from './region.tsx';
import { usePlacing } from './use-placing.ts';
import type { Placing } from './use-placing.ts';

export interface LayoutPictureProps<S extends string> {
  layout: readonly Entry<S>[];
  /** Names of the streams; those that it does not name are shown by their id. */
  streams: readonly NamedStream<S>[];
  /** Width by height of the picture. */
  ratio: number;
  /** Said of the whole picture, for those who do not see it. */
  label: string;
  /** Stream of whoever speaks or spoke last. */
  active?: string | undefined;
  /** A stream was put into another region; absent: it is only to be looked at. */
  onPlace?: ((stream: S, index: number) => void) | undefined;
}

/**
 * A layout to scale, with names. With `onPlace` a stream is dragged into another region, or picked up with a click or
 * Enter and put down in the same way.
 */
export function LayoutPicture<S extends string>(props: LayoutPictureProps<S>): JSX.Element {
  const { layout, streams, ratio, label, active, onPlace } = props;
  const placing = usePlacing(layout, onPlace);
  const names = new Map(streams.map((stream) => [stream.id, stream]));
  const named = (stream: S): NamedStream<S> => names.get(stream) ?? { id: stream, name: stream };
  const { held } = placing;
  return (
    <div class="layout-view">
      <div
        ref={placing.stage}
        class={`layout-stage ${onPlace === undefined ? '' : 'live'}`}
        style={{ aspectRatio: ratio, '--ratio': String(ratio) }}
        onPointerMove={placing.move}
        onPointerUp={placing.drop}
        onPointerCancel={placing.cancel}
        onPointerLeave={placing.cancel}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || held === undefined) return;
          event.stopPropagation();
          event.preventDefault();
          placing.release();
        }}
      >
        <ul aria-label={label}>
          {layout.map((entry, index) => (
            <Place
              key={entry.region.id}
              entry={entry}
              index={index}
              stream={entry.stream === undefined ? undefined : named(entry.stream)}
              isActive={active !== undefined && entry.stream === active}
              placing={onPlace === undefined ? undefined : placing}
            />
          ))}
        </ul>
      </div>
      {onPlace !== undefined && held !== undefined && (
        <p class="layout-hint" role="status">
          {named(held).name} is picked up: choose where it goes, or press Esc.
        </p>
      )}
    </div>
  );
}

interface PlaceProps<S extends string> {
  entry: Entry<S>;
  index: number;
  stream: NamedStream<S> | undefined;
  isActive: boolean;
  placing: Placing<S> | undefined;
}

function Place<S extends string>({ entry, index, stream, isActive, placing }: PlaceProps<S>): JSX.Element {
  const { id } = entry.region;
  const isHeld = placing?.held !== undefined && placing.held === entry.stream;
  const states = [
    isActive && 'speaks',
    (isHeld || placing?.dragged === index) && 'lifted',
    placing?.target === index && 'target',
  ];
  const face = <Face stream={stream} id={id} number={index + 1} />;
  return (
    <li class={classOf(stream, ...states)} style={styleOf(entry.region, stream)}>
      {placing === undefined ? (
        face
      ) : (
        <button
          type="button"
          class="layout-grip"
          aria-pressed={isHeld}
          aria-label={`Region ${id}: ${stream?.name ?? 'empty'}${isActive ? ', speaks' : ''}`}
          disabled={stream === undefined}
          onClick={() => {
            placing.press(index);
          }}
          onPointerDown={(event) => {
            placing.grasp(index, event);
          }}
        >
          {face}
        </button>
      )}
    </li>
  );
}
