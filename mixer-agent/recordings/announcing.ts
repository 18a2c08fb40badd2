import type { ApiMembers } from '../../common/cluster/api-members.ts';
import type { EgressSpec } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import { managedOf, type RecordingReady } from '../../common/contract/management.ts';
import type { FinishedRecording } from '../../common/contract/mixing.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';

/** How long after the start of this process a management API that nobody has seen is waited for, ms. */
const usualCollectMs = 60_000;
const pauses = { baseMs: 200, maxMs: 10_000 };

/** A recording of which nothing is left to be done. */
export interface Ready {
  /** Of the event: the same each time that it is told. */
  id: string;
  /** When its files were finished, ms since 1970. */
  at: number;
  spec: EgressSpec;
  recording: FinishedRecording;
}

export interface AnnouncingOptions {
  api: Pick<ApiMembers, 'ask' | 'expected'>;
  /** This agent. */
  self: MemberId;
  log: Logger;
  collectMs?: number;
}

/**
 * Tells the management API of recordings that are ready. The agent does so itself: the room may be over by then, or its owner,
 * or both; and what an earlier process left is known to nobody else.
 */
export class Announcing {
  readonly #options: AnnouncingOptions;
  readonly #since = performance.now();
  readonly #closing = new AbortController();

  constructor(options: AnnouncingOptions) {
    this.#options = options;
  }

  /** Resolves with whether it was heard, or there is nobody to hear it; false: this process ends before. */
  async tell(ready: Ready): Promise<boolean> {
    const { api, log, collectMs = usualCollectMs } = this.#options;
    const { signal } = this.#closing;
    const { room, id: egress } = ready.spec;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await api.ask('recording.ready', this.#news(ready));
        return true;
      } catch (error) {
        const { code } = PorticoError.from(error);
        if (code === 'bad_request' || code === 'too_large') {
          log.error({ err: error, room, egress }, 'end of a recording cannot be told');
          return true;
        }
        if (!api.expected && performance.now() - this.#since > collectMs) return true;
        await pause(pauses.baseMs + backoff(attempt, pauses), signal);
      }
    }
    return false;
  }

  close(): void {
    this.#closing.abort();
  }

  #news({ id, at, spec, recording }: Ready): RecordingReady {
    const status = 'ended' as const;
    const { room, part, revision } = spec;
    const { files, durationMs, bytes, reason } = recording;
    const state = {
      ...{ id: spec.id, revision, part, status, durationMs, bytes, files: files.slice(-1_000) },
      ...{ bitrate: 0, dropped: 0, reconnects: 0 },
    };
    return { id, at, room, egress: managedOf(spec, { agent: this.#options.self, state }), reason };
  }
}
