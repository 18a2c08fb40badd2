import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useAppState, useDispatch } from '../ui/context.ts';
import { IconButton } from '../ui/button.tsx';
import { DeviceNotices } from '../ui/device-notices.tsx';
import { LocalPicture } from '../ui/local-picture.tsx';
import { MicMeter } from '../ui/mic-meter.tsx';
import { DeviceSelects } from './device-selects.tsx';

/** Devices during the call. A native dialog: focus stays inside and Esc closes it. */
export const SettingsDialog = (): JSX.Element | null => {
  const open = useAppState((state) => state.settingsOpen);
  const dispatch = useDispatch();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
  }, [open]);
  if (!open) return null;
  const close = (): void => {
    dispatch({ type: 'settings', open: false });
  };
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="settings-title"
      onClose={close}
      onClick={(event) => {
        // The dialog itself is only hit outside its content: on the backdrop.
        if (event.target === dialog.current) event.currentTarget.close();
      }}
    >
      <div class="dialog-content">
        <header class="panel-head">
          <h2 id="settings-title">Devices</h2>
          <IconButton icon="close" size="small" label="Close" onClick={close} />
        </header>
        <div class="dialog-preview">
          <LocalPicture />
          <p class="dialog-preview-off">Your camera is off</p>
        </div>
        <MicMeter />
        <DeviceSelects />
        <DeviceNotices />
      </div>
    </dialog>
  );
};
