import type { JSX } from 'preact';
import { useApp, useAppState } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';

/** What concerns the whole call: a lost connection, or that the own screen is being shown. */
export const Banner = (): JSX.Element | null => {
  const { controls } = useApp();
  const connection = useAppState((state) => state.connection);
  const sharing = useAppState((state) => state.sharing);
  if (connection === 'reconnecting') {
    return (
      <div class="banner reconnecting" role="status">
        <span class="spinner" aria-hidden="true" />
        Reconnecting…
      </div>
    );
  }
  if (sharing !== 'on') return null;
  return (
    <div class="banner sharing" role="status">
      <Icon name="screen" size={18} />
      You are sharing your screen
      <button type="button" onClick={controls.toggleScreen}>
        Stop
      </button>
    </div>
  );
};
