import type { JSX } from 'preact';
import { Button } from '../ui/button.tsx';
import { useApp, useAppState, useDispatch } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';

/** Said once to everybody who is in a call that is recorded: whoever does not want that can leave. */
export const RecordingNotice = (): JSX.Element | null => {
  const { controls } = useApp();
  const dispatch = useDispatch();
  const shown = useAppState((state) => state.recordNotice);
  return (
    <div role="alert">
      {shown && (
        <div class="recording-notice">
          <Icon name="record" size={20} />
          <p>
            <strong>This call is being recorded.</strong> Who stays agrees to that; microphone and camera can
            be turned off at any time.
          </p>
          <div class="recording-choice">
            <Button onClick={() => void controls.leave()}>Leave</Button>
            <Button
              kind="primary"
              onClick={() => {
                dispatch({ type: 'record-noticed' });
              }}
            >
              I agree
            </Button>
          </div>
        </div>
      )}
    </div>
  );
};
