import { Recording } from './recording.ts';
import type { RecordingOperation } from './recording.ts';
import type { ConferenceEvents, RecordingEndReason } from './types.ts';
import type { NotificationPayload, RecordingInfo } from './wire.ts';

type Named<N extends keyof ConferenceEvents> = { name: N; event: ConferenceEvents[N] };

/** What changed of recordings. */
export type RecordingChange = Named<'recordingStarted'> | Named<'recordingUpdated'> | Named<'recordingEnded'>;

/** Ended ones that are remembered: the answer to whoever began one may come after its end. */
const mostEnded = 50;

/** The recordings that run, as notifications and answers tell them. No I/O: changes come back as a list. */
export class Recordings {
  readonly running = new Map<string, Recording>();
  readonly #ended = new Set<string>();
  readonly #control: (id: string, operation: RecordingOperation) => Promise<void>;

  constructor(control: (id: string, operation: RecordingOperation) => Promise<void>) {
    this.#control = control;
  }

  notified(payload: NotificationPayload<'recording'>): RecordingChange[] {
    return payload.status === 'ended'
      ? this.#end(payload.id, payload.reason as RecordingEndReason)
      : this.set(payload.data);
  }

  /** All that run; others are over. */
  replace(recordings: readonly RecordingInfo[]): RecordingChange[] {
    const ids = new Set<string>(recordings.map(({ id }) => id));
    const gone = [...this.running.keys()].filter((id) => !ids.has(id));
    return [...gone.flatMap((id) => this.#end(id)), ...recordings.flatMap((info) => this.set(info))];
  }

  /** One that runs is like this. */
  set(info: RecordingInfo): RecordingChange[] {
    if (this.#ended.has(info.id)) return [];
    const known = this.running.get(info.id);
    if (known !== undefined) {
      return known.update(info) ? [{ name: 'recordingUpdated', event: { recording: known } }] : [];
    }
    const recording = new Recording(info, this.#control);
    this.running.set(info.id, recording);
    return [{ name: 'recordingStarted', event: { recording } }];
  }

  /** The object for an answer, which may come after news of the same recording. */
  of(info: RecordingInfo): Recording {
    const recording = this.running.get(info.id) ?? new Recording(info, this.#control);
    if (this.#ended.has(info.id)) recording.end();
    return recording;
  }

  #end(id: string, reason?: RecordingEndReason): RecordingChange[] {
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (this.#ended.size > mostEnded && oldest !== undefined) this.#ended.delete(oldest);
    const recording = this.running.get(id);
    if (recording === undefined) return [];
    this.running.delete(id);
    recording.end(reason);
    return [{ name: 'recordingEnded', event: reason === undefined ? { recording } : { recording, reason } }];
  }
}
