import type { RecordingAction } from './actions.ts';
import { withToast } from './toasts.ts';
import type { AppState, RecordingView } from './types.ts';

/** Said when it becomes so; that one begins is said by a notice of its own. */
const news: Record<RecordingView['status'], string> = {
  active: 'The recording goes on',
  paused: 'The recording is paused',
  interrupted: 'The recording is interrupted for a moment',
};

const put = (state: AppState, recording: RecordingView): AppState => {
  const known = state.recordings.find(({ id }) => id === recording.id);
  const others = state.recordings.filter(({ id }) => id !== recording.id);
  const recordings = [...others, recording].sort((one, other) => one.startedAt - other.startedAt);
  if (!known) {
    return { ...state, recordings, recordNotice: state.recordNotice || state.recordings.length === 0 };
  }
  const changed = { ...state, recordings };
  return known.status === recording.status ? changed : withToast(changed, 'info', news[recording.status]);
};

const remove = (
  state: AppState,
  { id, problem }: Extract<RecordingAction, { type: 'recording-ended' }>,
): AppState => {
  if (!state.recordings.some((recording) => recording.id === id)) return state;
  const recordings = state.recordings.filter((recording) => recording.id !== id);
  if (recordings.length > 0) return { ...state, recordings };
  const over = { ...state, recordings, recordNotice: false };
  return problem === undefined
    ? withToast(over, 'info', 'The recording has ended')
    : withToast(over, 'warning', problem);
};

/** Recordings of the call. */
export const reduceRecording = (state: AppState, action: RecordingAction): AppState => {
  switch (action.type) {
    case 'recording':
      return put(state, action.recording);
    case 'recording-ended':
      return remove(state, action);
    case 'record-dialog':
      return { ...state, recordOpen: action.open };
    case 'record-noticed':
      return { ...state, recordNotice: false };
  }
};

/** What the mark shows: the first one, which counts longest, and whether any of them records right now. */
export const shownRecording = ({ recordings }: AppState): RecordingView | null =>
  recordings.find(({ status }) => status === 'active') ?? recordings[0] ?? null;
