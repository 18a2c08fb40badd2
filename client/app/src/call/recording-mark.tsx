import type { JSX } from 'preact';
import { shownRecording } from '../state/recording-reducer.ts';
import type { RecordingView } from '../state/types.ts';
import { IconButton } from '../ui/button.tsx';
import { useApp, useAppState, useDispatch } from '../ui/context.ts';
import { Menu } from '../ui/menu.tsx';
import { formatElapsed } from '../ui/time.ts';
import { useNow } from '../ui/use-now.ts';

const states: Record<RecordingView['status'], [short: string, long: string]> = {
  active: ['REC', 'This call is being recorded'],
  paused: ['Paused', 'The recording of this call is paused'],
  interrupted: ['REC…', 'The recording of this call is interrupted for a moment'],
};

/** How long it runs; counted for the eye only. */
const Length = ({ since }: { since: number }): JSX.Element => (
  <span class="recording-time" aria-hidden="true">
    {formatElapsed(useNow() - since)}
  </span>
);

/** For everybody, as long as the call is recorded. */
export const RecordingMark = (): JSX.Element | null => {
  const recording = useAppState(shownRecording);
  if (recording === null) return null;
  const [short, long] = states[recording.status];
  return (
    <span class={`recording-mark ${recording.status}`} title={long}>
      <span class="recording-dot" aria-hidden="true" />
      <span class="visually-hidden">{long}</span>
      <b aria-hidden="true">{short}</b>
      <Length since={recording.startedAt} />
    </span>
  );
};

/** Begins, pauses and ends a recording; for moderators of a room that has something to record. */
export const RecordingTools = (): JSX.Element | null => {
  const { controls } = useApp();
  const dispatch = useDispatch();
  const moderate = useAppState((state) => state.self?.permission.moderate ?? false);
  const records = useAppState((state) => state.mixOrder.length > 0);
  const recording = useAppState(shownRecording);
  if (!moderate) return null;
  if (recording === null) {
    if (!records) return null;
    return (
      <IconButton
        icon="record"
        size="small"
        label="Record the call"
        popup="dialog"
        onClick={() => {
          dispatch({ type: 'record-dialog', open: true });
        }}
      />
    );
  }
  const { id, status } = recording;
  const { pause, play, stop } = controls.recording;
  const paused = status === 'paused';
  return (
    <Menu
      icon="record"
      size="small"
      label="Recording"
      items={[
        {
          icon: paused ? 'play' : 'pause',
          label: paused ? 'Go on recording' : 'Pause recording',
          onSelect: () => {
            (paused ? play : pause)(id);
          },
        },
        {
          icon: 'stop',
          label: 'Stop recording',
          onSelect: () => {
            stop(id);
          },
        },
      ]}
    />
  );
};
