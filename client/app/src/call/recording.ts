import type { Conference, Recording } from '../../../sdk/index.ts';
import { explain } from '../explain.ts';
import { mixOf } from '../state/mix-selectors.ts';
import type { Store } from '../state/store.ts';
import type { RecordingView } from '../state/types.ts';
import type { RecordingControls } from './controls.ts';

/** Why a recording is over, where nobody asked for that. */
const endings: Readonly<Record<string, string>> = {
  failed: 'The recording has failed',
  quota: 'The recording has ended: the room has no more space for recordings',
  disk_full: 'The recording has ended: the server has no more space',
  source_ended: 'The recording has ended: nothing is sent any more',
};

const toRecording = ({ id, startedAt, status }: Recording): RecordingView | null =>
  status === 'ended' ? null : { id, startedAt, status };

/** Recordings of the call: what becomes of them is state, and what moderators do with them. */
export class CallRecording implements RecordingControls {
  readonly #store: Store;
  readonly #conference: () => Conference | undefined;

  /** @param conference that one is in, if there is one */
  constructor(store: Store, conference: () => Conference | undefined) {
    this.#store = store;
    this.#conference = conference;
  }

  /** The call has begun: those that run already, and those to come. */
  follow(conference: Conference): void {
    const { dispatch } = this.#store;
    const tell = ({ recording }: { recording: Recording }): void => {
      const view = toRecording(recording);
      if (view !== null) dispatch({ type: 'recording', recording: view });
    };
    for (const recording of conference.recordings.values()) tell({ recording });
    conference.on('recordingStarted', tell);
    conference.on('recordingUpdated', tell);
    conference.on('recordingEnded', ({ recording, reason = 'stopped' }) => {
      const problem = endings[reason];
      dispatch({
        type: 'recording-ended',
        id: recording.id,
        ...(problem === undefined ? {} : { problem }),
      });
    });
  }

  readonly start = (): void => {
    const mix = mixOf(this.#store.state);
    this.#try((conference) => conference.startRecording(mix === null ? {} : { stream: mix.id }));
  };

  readonly pause = (id: string): void => {
    this.#try((conference) => conference.recordings.get(id)?.pause());
  };

  readonly play = (id: string): void => {
    this.#try((conference) => conference.recordings.get(id)?.play());
  };

  readonly stop = (id: string): void => {
    this.#try((conference) => conference.recordings.get(id)?.stop());
  };

  /** The result shows by itself; a failure is told in a sentence. */
  #try(work: (conference: Conference) => Promise<unknown> | undefined): void {
    const conference = this.#conference();
    if (!conference) return;
    work(conference)?.catch((error: unknown) => {
      this.#store.dispatch({ type: 'toast', tone: 'error', text: explain(error) });
    });
  }
}
