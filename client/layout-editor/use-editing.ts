import { useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { Box, Boxes } from './boxes.ts';
import { moveTo, nudge, resizeTo, stretch } from './edits.ts';
import type { Grid, Handle } from './edits.ts';
import { whole } from './units.ts';

interface Drag {
  id: string;
  /** Undefined: the whole box. */
  handle: Handle | undefined;
  /** From the edges that it drags to the pointer, in units. */
  x: number;
  y: number;
}

const arrows: Readonly<Record<string, { x: number; y: number } | undefined>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export interface Editing {
  stage: RefObject<HTMLDivElement | null>;
  /** Box that is being dragged. */
  dragged: string | undefined;
  grasp: (event: PointerEvent, box: Box, handle?: Handle) => void;
  follow: (event: PointerEvent) => void;
  letGo: () => void;
  key: (event: KeyboardEvent, id: string) => void;
}

interface EditingOptions {
  boxes: Boxes;
  grid: Grid;
  onChange: (boxes: Boxes) => void;
  onRemove: (id: string) => void;
}

/** Moving and resizing boxes with pointers and keys. */
export function useEditing({ boxes, grid, onChange, onRemove }: EditingOptions): Editing {
  const stage = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag>();
  /** Position in the picture, in units. */
  const at = ({ clientX, clientY }: PointerEvent): { x: number; y: number } => {
    const box = stage.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    return {
      x: ((clientX - box.left) / box.width) * whole,
      y: ((clientY - box.top) / box.height) * whole,
    };
  };
  return {
    stage,
    dragged: drag?.id,
    grasp: (event, box, handle) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      stage.current?.setPointerCapture(event.pointerId);
      const { x, y } = at(event);
      setDrag({ id: box.id, handle, x: x - box[handle?.x ?? 'left'], y: y - box[handle?.y ?? 'top'] });
    },
    follow: (event) => {
      if (drag === undefined) return;
      const { x, y } = at(event);
      const wanted = { x: x - drag.x, y: y - drag.y, grid };
      const { id, handle } = drag;
      onChange(handle === undefined ? moveTo(boxes, id, wanted) : resizeTo(boxes, id, { ...wanted, handle }));
    },
    letGo: () => {
      setDrag(undefined);
    },
    key: (event, id) => {
      const steps = arrows[event.key];
      if (steps !== undefined) onChange((event.shiftKey ? stretch : nudge)(boxes, id, { ...steps, grid }));
      else if (event.key === 'Delete' || event.key === 'Backspace') onRemove(id);
      else return;
      event.preventDefault();
    },
  };
}
