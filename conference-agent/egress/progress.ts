import type { EgressState, RecordingFile } from '../../common/contract/egress.ts';
import type { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import type { RoomCore } from '../room-core.ts';
import type { Egress } from './egress.ts';

/** Files of one recording that are remembered at most. */
const mostFiles = 1_000;
const longestText = 2_000;

/** How a recording or live stream does, and who is told of it: participants, management, logs and metrics. */
export class Progress {
  readonly #core: RoomCore;
  readonly #egress: Egress;
  #state: EgressState;
  /** Of all parts, by name. */
  readonly #files = new Map<string, RecordingFile>();
  /** What participants know of it. */
  #told: string | undefined;
  /** What management knows of a live stream. */
  #status: EgressState['status'] = 'connecting';
  #part = 0;
  #counted = false;
  #noted = true;
  #reason: EgressEndReason = 'stopped';

  constructor(core: RoomCore, egress: Egress) {
    this.#core = core;
    this.#egress = egress;
    this.#state = {
      id: egress.id,
      revision: 0,
      part: 1,
      status: 'connecting',
      durationMs: 0,
      bytes: 0,
      bitrate: 0,
      dropped: 0,
      reconnects: 0,
      files: [],
    };
  }

  get state(): EgressState {
    return { ...this.#state, files: [...this.#files.values()].toSorted((a, b) => a.part - b.part) };
  }

  get #type() {
    return this.#egress.order.target.type;
  }

  /** It was found running, or being finished; others know of it. */
  adopt(state: EgressState): void {
    this.#set(state);
    this.#status = state.status;
    this.#part = state.part;
    this.#count();
    this.#told = JSON.stringify(this.#egress.toInfo());
  }

  /** An agent runs it now as it is to be. */
  took(agent: MemberId, state: EgressState, first: boolean): void {
    const { metrics, log, state: room } = this.#core;
    const { id, part } = this.#egress;
    if (part !== this.#part) {
      this.#part = part;
      metrics.egressParts.inc({ type: this.#type });
      log.info({ room: room.id, egress: id, type: this.#type, agent, part }, 'egress runs');
    }
    this.#count();
    this.#set(state);
    if (first) {
      this.#status = state.status;
      this.#note('started');
    }
    this.#changed();
  }

  /** Its agent has news. */
  take(state: EgressState): void {
    this.#set(state);
    this.#changed();
  }

  /** An agent knows of files. */
  learn({ files }: EgressState): void {
    for (const file of files) {
      if (this.#files.size < mostFiles || this.#files.has(file.name)) this.#files.set(file.name, file);
    }
  }

  /** It does not run at the moment. */
  interrupted(code: string, message: string): void {
    const error = { code, message: message.slice(0, longestText) };
    this.#state = { ...this.#state, part: this.#egress.part, status: 'retrying', error, bitrate: 0 };
    this.#changed();
  }

  failed({ code, message }: PorticoError): void {
    const error = { code, message: message.slice(0, longestText) };
    this.#state = { ...this.#state, status: 'failed', error, bitrate: 0 };
  }

  /** Nobody can say what has become of its last part. */
  lost(): void {
    if (this.#state.status !== 'failed') this.#state = { ...this.#state, status: 'failed', bitrate: 0 };
  }

  /** It is over: participants are told at once. */
  ended(reason: EgressEndReason): void {
    const { metrics, log, journal, state } = this.#core;
    const { id, begun, isRecording } = this.#egress;
    this.#reason = reason;
    this.#uncount();
    if (!begun) return;
    this.#noted = false;
    metrics.egressEnds.inc({ type: this.#type, reason });
    log.info({ room: state.id, egress: id, type: this.#type, reason }, 'egress over');
    if (isRecording) journal.tellAll({ name: 'recording', data: { status: 'ended', id, reason } });
  }

  /** Management is told that it is over, once. */
  noteEnded(): void {
    if (this.#noted) return;
    this.#noted = true;
    this.#note('ended');
  }

  /** Tells participants what has changed for them. */
  tell(): void {
    const data = this.#egress.toInfo();
    const text = JSON.stringify(data);
    if (data === undefined || text === this.#told) return;
    const status = this.#told === undefined ? 'started' : 'changed';
    this.#told = text;
    this.#core.journal.tellAll({ name: 'recording', data: { status, data } });
  }

  /** The room is not ours any more. */
  stop(): void {
    this.#uncount();
  }

  #set(state: EgressState): void {
    this.#state = state;
    this.learn(state);
  }

  #changed(): void {
    this.tell();
    const { status } = this.#state;
    if (this.#type !== 'live' || status === this.#status || !this.#egress.begun) return;
    this.#status = status;
    if (this.#egress.over === undefined) {
      this.#core.events.egress({ type: 'live_changed', egress: this.#egress.toManaged() });
    }
  }

  #note(what: 'started' | 'ended'): void {
    const egress = this.#egress.toManaged();
    const reason = this.#reason;
    const { events } = this.#core;
    if (what === 'started') events.egress({ type: `${this.#type}_started`, egress });
    else events.egress({ type: `${this.#type}_ended`, egress, reason });
  }

  #count(): void {
    if (this.#counted) return;
    this.#counted = true;
    this.#core.metrics.egresses.inc({ type: this.#type });
  }

  #uncount(): void {
    if (!this.#counted) return;
    this.#counted = false;
    this.#core.metrics.egresses.dec({ type: this.#type });
  }
}
