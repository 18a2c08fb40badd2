import type { ApiMembers } from '../../common/cluster/api-members.ts';
import type { Owner } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import type {
  ManagedEgress,
  ManagedParticipant,
  NumberedEvent,
  RoomEvent,
} from '../../common/contract/management.ts';
import type { ForwardStreamInfo, MixedStreamInfo } from '../../common/contract/media.ts';
import type { LeaveReason, SessionEndReason } from '../../common/contract/reasons.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Participant } from '../participant.ts';
import type { Stream } from '../stream.ts';
import { managedParticipant } from './managed.ts';

/** Events that wait at most; of a room that has more to tell only the outcome is told. */
const mostWaiting = 5_000;
/** Events in one report at most. */
const batch = 200;
/** How long events are collected for a management API that nobody has seen, ms. */
const collectMs = 60_000;
/** How long an owner that has let its room go goes on reporting, ms. */
const lingerMs = 60_000;
const pauses = { baseMs: 100, maxMs: 5_000 };

/** Who and what is in a room. */
export interface Picture {
  participants: ManagedParticipant[];
  /** Forward streams. */
  streams: ForwardStreamInfo[];
  /** Events up to this one are not told one by one. */
  upTo?: number;
}

export interface RoomEventsOptions {
  room: RoomId;
  owner: Owner;
  api: Pick<ApiMembers, 'ask' | 'expected' | 'present'>;
  log: Logger;
  onStopped?: () => void;
}

/**
 * Tells the management API what happens in a room, in order and numbered, until one of its processes has it. The first
 * report says what the owner found, so that what an owner before it did not get through can be told; the same goes for what
 * had to be given up because there was too much of it, or nobody to tell it to. Nothing in the room waits for it.
 */
export class RoomEvents {
  readonly #options: RoomEventsOptions;
  readonly #since = performance.now();
  /** What was here before the first event. */
  readonly #found = {
    participants: new Map<string, ManagedParticipant>(),
    streams: new Map<string, Stream>(),
  };
  #look: () => Picture = () => ({ participants: [], streams: [] });
  #seq = 0;
  #waiting: NumberedEvent[] = [];
  /** Goes with the next report. */
  #picture: Picture | undefined;
  /** Events were given up. */
  #behind = false;
  #begun = false;
  #released = false;
  #stopped = false;
  #running: Promise<void> | undefined;
  #wake = new AbortController();
  #size = batch;

  constructor(options: RoomEventsOptions) {
    this.#options = options;
  }

  /**
   * The room is put together.
   * @param takeover somebody had it before
   * @param look what is in it at the moment
   */
  begin({ takeover, look }: { takeover: boolean; look: () => Picture }): void {
    this.#begun = true;
    this.#look = look;
    if (!takeover) this.#note({ type: 'room_started' });
  }

  /** All that was here before is known by now: from here on it is reported. */
  release(): void {
    if (!this.#begun || this.#released) return;
    this.#released = true;
    const { participants, streams } = this.#found;
    const infos = [...streams.values()].map((stream) => stream.toInfo());
    this.#picture = { participants: [...participants.values()], streams: infos };
    this.wake();
  }

  /** Somebody was here already. */
  restored(participant: Participant): void {
    const managed = managedParticipant(participant);
    if (this.#released) this.#note({ type: 'participant_joined', participant: managed });
    else this.#found.participants.set(managed.id, managed);
  }

  streamRestored(stream: Stream): void {
    if (this.#released) this.streamAdded(stream);
    else this.#found.streams.set(stream.id, stream);
  }

  joined(participant: Participant): void {
    this.#note({ type: 'participant_joined', participant: managedParticipant(participant) });
  }

  left(participant: Participant, reason: LeaveReason): void {
    this.#note({ type: 'participant_left', participant: managedParticipant(participant), reason });
  }

  streamAdded(stream: Stream): void {
    this.#note({ type: 'stream_added', stream: stream.toInfo() });
  }

  streamRemoved(stream: Stream, reason: SessionEndReason): void {
    this.#note({ type: 'stream_removed', stream: stream.toInfo(), reason });
  }

  mixStarted(stream: MixedStreamInfo): void {
    this.#note({ type: 'mix_started', stream });
  }

  mixStopped(stream: MixedStreamInfo, reason: SessionEndReason): void {
    this.#note({ type: 'mix_stopped', stream, reason });
  }

  layoutChanged(stream: MixedStreamInfo): void {
    this.#note({ type: 'layout_changed', stream });
  }

  /** Something of a recording or live stream out. */
  egress(event: Extract<RoomEvent, { egress: ManagedEgress }>): void {
    this.#note(event);
  }

  /** The room is over, or somebody else has it. What waits is still reported for a while, unless it is `lost`. */
  end(how: 'over' | 'handed over' | 'lost'): void {
    if (this.#stopped) return;
    if (how === 'over') this.#note({ type: 'room_ended' });
    this.#begun = true;
    this.release();
    if (how === 'lost' || !this.#options.api.expected || this.#running === undefined) {
      this.stop();
      return;
    }
    const timer = setTimeout(() => {
      this.stop();
    }, lingerMs);
    void this.#running.then(() => {
      clearTimeout(timer);
      this.stop();
    });
  }

  /** Resolves when nothing waits any more, after `ms` at the latest; at once where nobody would listen. */
  async told(ms: number): Promise<void> {
    if (this.#running === undefined || !this.#options.api.present) return;
    const limit = new AbortController();
    await Promise.race([this.#running, pause(ms, limit.signal)]);
    limit.abort();
  }

  /** There is somebody to tell now, perhaps. */
  wake(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
    if (this.#running !== undefined || !this.#released || this.#stopped) return;
    this.#running = this.#report().finally(() => {
      this.#running = undefined;
      // Something may have happened after the last look.
      if (this.#waiting.length > 0) this.wake();
    });
  }

  /** Nothing is told from now on. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#options.onStopped?.();
    this.#waiting = [];
    this.#wake.abort();
  }

  get #pending(): boolean {
    return this.#waiting.length > 0 || this.#picture !== undefined || this.#behind;
  }

  #note(event: RoomEvent): void {
    if (this.#stopped) return;
    this.#seq += 1;
    // Of a room that is over the picture says too little.
    if (this.#behind && event.type !== 'room_ended') return;
    this.#waiting.push({ seq: this.#seq, at: Date.now(), event });
    if (this.#waiting.length > mostWaiting) this.#giveUp();
    if (this.#running === undefined) this.wake();
  }

  /** Only what comes of it is told. */
  #giveUp(): void {
    this.#waiting = [];
    this.#picture = undefined;
    this.#behind = true;
  }

  async #report(): Promise<void> {
    const { api } = this.#options;
    // What the same turn of the event loop adds travels in the same report.
    await Promise.resolve();
    for (let attempt = 0; this.#pending && !this.#stopped;) {
      if (!api.expected && performance.now() - this.#since > collectMs) {
        this.#giveUp();
        return;
      }
      if (api.present && (await this.#try())) attempt = 0;
      else if (!this.#stopped) await pause(backoff(attempt++, pauses) + 10, this.#wake.signal);
    }
  }

  /** Returns whether it is worth while to go on at once. */
  async #try(): Promise<boolean> {
    const { room, owner, api } = this.#options;
    if (this.#behind) {
      this.#behind = false;
      const upTo = (this.#waiting[0]?.seq ?? this.#seq + 1) - 1;
      this.#picture = { ...this.#look(), ...(upTo > 0 ? { upTo } : {}) };
    }
    const picture = this.#picture;
    const events = this.#waiting.slice(0, this.#size);
    try {
      await api.ask('events.report', { room, owner, events, ...(picture === undefined ? {} : { picture }) });
    } catch (error) {
      return this.#failed(PorticoError.from(error), events.length);
    }
    this.#settle(events.length);
    if (this.#picture === picture) this.#picture = undefined;
    this.#size = batch;
    return true;
  }

  #failed({ code, message }: PorticoError, count: number): boolean {
    const { room, log } = this.#options;
    if (code === 'too_large' && count > 1) {
      this.#size = count >> 1;
      return true;
    }
    if (code !== 'too_large' && code !== 'bad_request') return false;
    if (this.#picture !== undefined && withAttributes(this.#picture)) {
      this.#picture = withoutAttributes(this.#picture);
      return true;
    }
    log.error({ room, code, reason: message, count }, 'events of the room cannot be told');
    this.#picture = undefined;
    this.#settle(count);
    return true;
  }

  /** Unless all of it was given up meanwhile. */
  #settle(count: number): void {
    if (!this.#behind) this.#waiting.splice(0, count);
  }
}

const withAttributes = ({ participants, streams }: Picture): boolean =>
  participants.some(({ attributes }) => attributes !== undefined) ||
  streams.some(({ info }) => Object.keys(info.attributes).length > 0);

/** What applications attach may be large. */
function withoutAttributes({ participants, streams, ...rest }: Picture): Picture {
  return {
    ...rest,
    participants: participants.map(({ attributes: _attributes, ...others }) => others),
    streams: streams.map((stream) => ({ ...stream, info: { ...stream.info, attributes: {} } })),
  };
}
