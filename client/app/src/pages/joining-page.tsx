import type { JSX } from 'preact';
import { useAppState } from '../ui/context.ts';
import { Mark } from '../ui/logo.tsx';

/** While a link that joins by itself is at work. */
export const JoiningPage = (): JSX.Element => {
  const room = useAppState((state) => state.room);
  return (
    <main class="joining-page">
      <Mark size={56} />
      <p role="status">Joining {room}…</p>
    </main>
  );
};
