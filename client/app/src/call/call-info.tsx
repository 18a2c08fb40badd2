import type { JSX } from 'preact';
import { useAppState } from '../ui/context.ts';
import { CopyLink } from '../ui/copy-link.tsx';
import { Mark } from '../ui/logo.tsx';
import { formatElapsed } from '../ui/time.ts';
import { useNow } from '../ui/use-now.ts';
import { RecordingMark, RecordingTools } from './recording-mark.tsx';

const Elapsed = (): JSX.Element => {
  const joinedAt = useAppState((state) => state.joinedAt);
  const now = useNow();
  return <time class="elapsed">{formatElapsed(joinedAt === null ? 0 : now - joinedAt)}</time>;
};

/** Room name, time in the call, and the link to invite others. */
export const CallInfo = (): JSX.Element => {
  const room = useAppState((state) => state.room);
  return (
    <div class="call-info">
      <Mark size={26} />
      <strong class="room-name" title={room}>
        {room}
      </strong>
      <Elapsed />
      <RecordingMark />
      <RecordingTools />
      <CopyLink compact />
    </div>
  );
};
