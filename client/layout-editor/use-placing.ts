import { useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { Entry } from './order.ts';
import { fractionOf } from './units.ts';

interface Drag {
  /** Region that it began in. */
  from: number;
  /** Region under the pointer. */
  over: number | undefined;
  x: number;
  y: number;
  moved: boolean;
}

/** Pointers that move less than this, px, have clicked. */
const slack = 6;

/** Region under a point of the page; the last one is on top. */
function regionAt(layout: readonly Entry[], stage: Element | null, { clientX, clientY }: PointerEvent) {
  if (stage === null) return undefined;
  const box = stage.getBoundingClientRect();
  const x = (clientX - box.left) / box.width;
  const y = (clientY - box.top) / box.height;
  const index = layout.findLastIndex(({ region: { area } }) => {
    const [left, top] = [fractionOf(area.left), fractionOf(area.top)];
    return x >= left && x < left + fractionOf(area.width) && y >= top && y < top + fractionOf(area.height);
  });
  return index < 0 ? undefined : index;
}

export interface Placing<S extends string> {
  stage: RefObject<HTMLDivElement | null>;
  /** Stream that was picked up with a click or a key. */
  held: S | undefined;
  /** Region whose stream is being dragged, and the one under it. */
  dragged: number | undefined;
  target: number | undefined;
  /** Picks up, or puts down. */
  press: (index: number) => void;
  release: () => void;
  grasp: (index: number, event: PointerEvent) => void;
  move: (event: PointerEvent) => void;
  drop: () => void;
  cancel: () => void;
}

/** Taking streams from region to region. */
export function usePlacing<S extends string>(
  layout: readonly Entry<S>[],
  onPlace: ((stream: S, index: number) => void) | undefined,
): Placing<S> {
  const stage = useRef<HTMLDivElement>(null);
  const [picked, setPicked] = useState<S>();
  const [drag, setDrag] = useState<Drag>();
  /** A drag ends with a click, too. */
  const afterDrag = useRef(false);
  const held = layout.some(({ stream }) => stream === picked) ? picked : undefined;
  const moving = drag?.moved === true ? drag : undefined;
  const put = (stream: S, index: number): void => {
    setPicked(undefined);
    // Regions are filled in their order: only with somebody else can one change places.
    const there = layout[index]?.stream;
    if (there !== undefined && there !== stream) onPlace?.(stream, index);
  };
  const isTarget =
    moving?.over !== undefined && moving.over !== moving.from && layout[moving.over]?.stream !== undefined;
  return {
    stage,
    held,
    dragged: moving?.from,
    target: isTarget ? moving.over : undefined,
    press: (index) => {
      if (afterDrag.current) return;
      const stream = layout[index]?.stream;
      if (held !== undefined) put(held, index);
      else if (stream !== undefined) setPicked(stream);
    },
    release: () => {
      setPicked(undefined);
    },
    grasp: (index, { button, clientX, clientY }) => {
      if (button !== 0 || layout[index]?.stream === undefined) return;
      setDrag({ from: index, over: index, x: clientX, y: clientY, moved: false });
    },
    move: (event) => {
      if (drag === undefined) return;
      const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > slack;
      setDrag({ ...drag, over: regionAt(layout, stage.current, event), moved: drag.moved || far });
    },
    drop: () => {
      setDrag(undefined);
      const stream = moving === undefined ? undefined : layout[moving.from]?.stream;
      if (moving === undefined || stream === undefined) return;
      // The click comes at once, if at all: over another region there is none.
      afterDrag.current = true;
      setTimeout(() => {
        afterDrag.current = false;
      });
      if (moving.over !== undefined) put(stream, moving.over);
    },
    cancel: () => {
      setDrag(undefined);
    },
  };
}
