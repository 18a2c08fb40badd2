import type { ComponentChildren, JSX } from 'preact';
import { useDispatch } from '../ui/context.ts';
import { IconButton } from '../ui/button.tsx';

interface PanelFrameProps {
  title: string;
  name: string;
  /** Kept but not shown. */
  hidden?: boolean;
  children: ComponentChildren;
}

/** Beside the stage on wide screens, over it on phones. */
export const PanelFrame = ({ title, name, hidden = false, children }: PanelFrameProps): JSX.Element => {
  const dispatch = useDispatch();
  return (
    <aside class={`panel panel-${name}`} aria-label={title} hidden={hidden}>
      <header class="panel-head">
        <h2>{title}</h2>
        <IconButton
          icon="close"
          size="small"
          label="Close"
          shortcut="Esc"
          onClick={() => {
            dispatch({ type: 'panel', panel: null });
          }}
        />
      </header>
      {children}
    </aside>
  );
};
