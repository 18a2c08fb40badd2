import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { LayoutEditor, settle } from '../../../layout-editor/index.ts';
import type { Entry, NamedStream } from '../../../layout-editor/index.ts';
import type { View11 } from '../../../../management-api/schemas/views.ts';
import { useApi } from '../live/context.ts';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { useAction } from '../ui/notices.tsx';

interface LayoutDialogProps {
  room: string;
  view: string;
  /** What it shows when the dialog opens. */
  layout: readonly Entry[];
  streams: readonly NamedStream[];
  ratio: number;
  /** What decides about the regions now. */
  template: View11['template'];
  follow: boolean;
  onClose: () => void;
}

/** Draws a layout for a view. */
export const LayoutDialog = ({
  room,
  view,
  layout,
  streams,
  ratio,
  template,
  follow,
  onClose,
}: LayoutDialogProps): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [draft, setDraft] = useState(layout);
  // People come and go while it is drawn.
  const settled = settle(draft, streams);
  const save = async (): Promise<void> => {
    await api.changeView(room, view, { layout: settled });
    done(`${view} has a new layout`);
    onClose();
  };
  return (
    <Dialog title={`Layout of ${view}`} size="wide" onClose={onClose}>
      <DialogForm submit="Use this layout" onSubmit={save} onCancel={onClose} disabled={draft.length === 0}>
        <LayoutEditor layout={settled} streams={streams} ratio={ratio} onChange={setDraft} />
        <p class="hint">
          {template === 'custom'
            ? 'These regions hold until a template is chosen.'
            : 'With this layout the view leaves its template until one is chosen again.'}
          {follow && ' It goes on following the speaker, who gets the first region.'}
        </p>
        <p class="hint">
          Drag regions, and their edges. With the keyboard: arrows move, Shift and arrows resize, Delete
          removes. A region may lie inside another one.
        </p>
      </DialogForm>
    </Dialog>
  );
};
