import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Button, IconButton } from '../ui/button.tsx';
import { useApp, useAppState, useDispatch } from '../ui/context.ts';

/** Asked before a recording begins; for moderators. */
export const RecordDialog = (): JSX.Element | null => {
  const { controls } = useApp();
  const dispatch = useDispatch();
  const open = useAppState((state) => state.recordOpen);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
  }, [open]);
  if (!open) return null;
  const close = (): void => {
    dispatch({ type: 'record-dialog', open: false });
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="record-title" onClose={close}>
      <div class="dialog-content">
        <header class="panel-head">
          <h2 id="record-title">Record this call?</h2>
          <IconButton icon="close" size="small" label="Close" onClick={close} />
        </header>
        <p class="dialog-text">
          Picture and sound of the mixed view are recorded on the server. Everybody is told at once, and sees
          a mark as long as it goes on.
        </p>
        <footer class="dialog-foot">
          <Button onClick={close}>Cancel</Button>
          <Button
            kind="primary"
            onClick={() => {
              controls.recording.start();
              close();
            }}
          >
            Start recording
          </Button>
        </footer>
      </div>
    </dialog>
  );
};
