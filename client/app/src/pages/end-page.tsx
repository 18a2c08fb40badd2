import type { JSX } from 'preact';
import { useApp, useAppState, useDispatch } from '../ui/context.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Wordmark } from '../ui/logo.tsx';
import type { EndReason } from '../state/types.ts';

const texts: Record<EndReason, [title: string, text: string]> = {
  left: ['You left the call', 'Left by accident? The door is still open.'],
  removed: ['You were removed from the call', 'Somebody who leads this room removed you.'],
  room_closed: ['The call has ended', 'The room was closed.'],
  shutdown: ['The server is restarting', 'Your call will be possible again in a moment.'],
  lost: ['The connection was lost', 'We tried to bring you back and could not. Check your network.'],
  replaced: [
    'This meeting was opened in another tab',
    'It goes on there. You can bring it back to this tab.',
  ],
  failed: ['The call could not go on', 'Something went wrong on the way.'],
};

export const EndPage = (): JSX.Element => {
  const { controls } = useApp();
  const dispatch = useDispatch();
  const ending = useAppState((state) => state.ending);
  const replaced = ending?.reason === 'replaced';
  const [title, text] = texts[ending?.reason ?? 'left'];
  return (
    <main class="end-page">
      <Wordmark />
      <div class="end-card">
        <h1>{title}</h1>
        <p>{ending?.detail ?? text}</p>
        <div class="end-actions">
          <Button
            kind="primary"
            onClick={() => {
              void (replaced ? controls.takeBack() : controls.rejoin());
            }}
          >
            <Icon name="rejoin" size={20} />
            {replaced ? 'Use it here' : 'Rejoin'}
          </Button>
          <Button
            onClick={() => {
              dispatch({ type: 'back-to-prejoin' });
            }}
          >
            Back to start
          </Button>
        </div>
      </div>
    </main>
  );
};
