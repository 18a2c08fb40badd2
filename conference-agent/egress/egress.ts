import type { RecordingInfo } from '../../common/contract/client.ts';
import type { EgressRecord } from '../../common/contract/cluster.ts';
import type { EgressState } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressId, MemberId, StreamId } from '../../common/contract/ids.ts';
import type { ManagedEgress } from '../../common/contract/management.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import type { LeftRuns } from '../jobs/left-runs.ts';
import { MixerJob } from '../jobs/mixer-job.ts';
import type { RoomCore } from '../room-core.ts';
import { isPassing } from '../jobs/choose-mixer.ts';
import type { View } from '../views/view.ts';
import type { Views } from '../views/views.ts';
import type { Changeable } from './egress-changes.ts';
import {
  egressBody,
  noEgress,
  reasonOf,
  type EgressBody,
  type EgressOrder,
  type ListedEgress,
} from './egress-order.ts';
import { describeTracks, isThere, streamsOf, tracksOf, type EgressTracks } from './egress-tracks.ts';
import { Leases } from './leases.ts';
import { Progress } from './progress.ts';

/** How long an agent may take to write the rest, ms. */
const closeMs = 10_000;
/** How long a change may take to reach the agent before it is answered, ms. */
const changeMs = 3_000;
/** Its agent cannot go on, another one can. */
const elsewhere: ReadonlySet<EgressEndReason> = new Set(['shutdown', 'orphaned', 'crashed']);

export interface EgressParts {
  left: LeftRuns;
  views: () => Views;
  /** It is over; its files may still be finalised. */
  onOver: (egress: Egress) => void;
  /** What members are to remember of it has changed. */
  onChanged: () => void;
}

/**
 * A recording or a live stream out. It runs on some mixer agent and follows what it receives: to other agents, through mutes,
 * interruptions and absences, until it is told to end or all that it received is gone.
 */
export class Egress {
  readonly id: EgressId;
  readonly order: EgressOrder;
  readonly progress: Progress;
  readonly #core: RoomCore;
  readonly #parts: EgressParts;
  readonly #leases: Leases;
  readonly #job: MixerJob<EgressBody, EgressState>;
  #current: Changeable;
  #part = 1;
  /** As an owner before this one told it; until all that it may receive is known. */
  #before: EgressRecord['spec'] | undefined;
  #beforeTimer: NodeJS.Timeout | undefined;
  #goneTimer: NodeJS.Timeout | undefined;
  #begun = false;
  /** Where its last part runs or ran. */
  #lastAgent: MemberId | undefined;
  #over: EgressEndReason | undefined;
  #ending: Promise<void> | undefined;
  #answer: { resolve: () => void; reject: (error: PorticoError) => void } | undefined;
  /** Resolves when an agent has taken it on. */
  readonly #taken: Promise<void>;

  constructor(core: RoomCore, order: EgressOrder, parts: EgressParts) {
    this.id = order.id;
    this.order = order;
    this.#core = core;
    this.#parts = parts;
    this.#current = { tracks: order.tracks, keyFrameInterval: order.keyFrameInterval };
    this.#leases = new Leases(core.state, parts.views);
    this.#taken = new Promise<void>((resolve, reject) => {
      this.#answer = { resolve, reject };
    });
    // Nobody need wait for it.
    this.#taken.catch(() => undefined);
    this.progress = new Progress(core, this);
    this.#job = this.#createJob();
  }

  get isRecording(): boolean {
    return this.order.target.type === 'recording';
  }

  /** What it receives now. */
  get current(): Changeable {
    return this.#current;
  }

  get tracks(): EgressTracks {
    return this.#current.tracks;
  }

  get part(): number {
    return this.#part;
  }

  /** Where it runs; undefined while it is looking for a place. */
  get agent(): MemberId | undefined {
    return this.#job.agent;
  }

  /** An agent has taken it on. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Resolves when an agent has taken it on; rejects with why none has. */
  get taken(): Promise<void> {
    return this.#taken;
  }

  isAt(agent: MemberId): boolean {
    return this.#job.isAt(agent);
  }

  /** Why it is over. */
  get over(): EgressEndReason | undefined {
    return this.#over;
  }

  /** Whether it receives something of this stream. */
  receives(stream: StreamId): boolean {
    const { audio, video } = this.tracks;
    return audio?.stream === stream || video?.stream === stream;
  }

  /**
   * Resolves when an agent has taken it on.
   * @throws PorticoError why none has
   */
  async start(): Promise<void> {
    const release = await this.#leases.receive(this.tracks);
    try {
      this.run();
    } finally {
      // It keeps them itself by now.
      release();
    }
    await this.#taken;
  }

  /** Begins it, now or as soon as that is possible. */
  run(): void {
    if (this.#over !== undefined) return;
    this.update();
    this.#job.begin();
  }

  /** It was found on an agent after a takeover, or there is a later part of it there. */
  adopt(agent: MemberId, { spec, state }: ListedEgress): void {
    this.#take(spec);
    this.#lastAgent = agent;
    this.progress.adopt(state);
    this.#job.adopt(agent, spec);
    this.update();
  }

  /** Members remember it from an owner before this one: it goes on where it was, or elsewhere. */
  recall({ spec, agent }: EgressRecord): void {
    this.#take(spec);
    this.#lastAgent = agent;
    if (agent !== undefined) this.#job.expect(agent);
    this.progress.adopt({ ...this.progress.state, part: spec.part });
    this.update();
  }

  #take(spec: EgressRecord['spec']): void {
    this.#current = { tracks: tracksOf(spec), keyFrameInterval: spec.keyFrameInterval };
    this.#part = spec.part;
    this.#begun = true;
    this.#before = spec;
    clearTimeout(this.#beforeTimer);
    this.#beforeTimer = setTimeout(() => {
      this.#before = undefined;
      this.update();
    }, this.#core.config.cluster.orphan_ms);
    this.#answer?.resolve();
  }

  /** What members are to remember of it; undefined: nothing yet, or it is over. */
  get record(): EgressRecord | undefined {
    if (!this.#begun || this.#over !== undefined) return undefined;
    const { room: _room, participants: _participants, ...spec } = this.#body();
    const { agent } = this;
    return { spec, ...(agent === undefined ? {} : { agent }) };
  }

  /** Something that it depends on may have changed. */
  update(): void {
    if (this.#over !== undefined) return;
    this.#leases.keep(this.tracks);
    this.#checkSources();
    this.#job.update();
    this.progress.tell();
    this.#parts.onChanged();
  }

  /** Resolves when its agent has heard of the change. @throws PorticoError of `Mix.receive`, `egress_not_found` */
  async change(changed: () => Changeable): Promise<void> {
    const release = await this.#leases.receive(changed().tracks);
    try {
      if (this.#over !== undefined) throw noEgress(this.id);
      // Others may have changed it meanwhile.
      this.#current = changed();
      this.update();
    } finally {
      release();
    }
    await this.#job.settled(changeMs);
  }

  /** A mixer agent is there, perhaps again. */
  joined(): void {
    this.#job.update();
  }

  /** A mixer agent is gone. */
  agentLost(agent: MemberId): void {
    this.#job.lose(agent, 'agent_lost');
  }

  /** An agent says how it does, or that it is over there. */
  report(agent: MemberId, state: EgressState, reason?: EgressEndReason): void {
    this.progress.learn(state);
    if (this.#over !== undefined) {
      if (agent !== this.#lastAgent || state.part !== this.#part) return;
      this.progress.take(state);
      return;
    }
    if (!this.#job.isAt(agent) || state.part !== this.#part) return;
    const why = reason ?? reasonOf(state);
    if (why !== undefined && elsewhere.has(why)) {
      this.#job.lose(agent, 'agent_lost');
      return;
    }
    this.progress.take(state);
    if (why === undefined) return;
    this.#lastAgent = agent;
    void this.end(why, { closed: true });
  }

  /**
   * Resolves when everything is written, as far as its agent can be asked.
   * @param closed its agent has ended it itself
   */
  async end(reason: EgressEndReason, { closed = false } = {}): Promise<void> {
    if (this.#over === undefined) {
      this.#over = reason;
      this.#ending = this.#end(reason, closed);
    }
    await this.#ending;
  }

  async #end(reason: EgressEndReason, closed: boolean): Promise<void> {
    const agents = this.#job.stop();
    this.#stopTimers();
    this.#leases.release();
    this.#answer?.reject(noEgress(this.id));
    this.#parts.onOver(this);
    this.progress.ended(reason);
    if (!closed) await Promise.all(agents.map((agent) => this.#closeAt(agent, reason)));
    this.progress.noteEnded();
  }

  async #closeAt(agent: MemberId, reason: EgressEndReason): Promise<void> {
    const { id } = this;
    const close = () => this.#core.mixers.call(agent, 'egress.close', { id, reason }, { timeoutMs: closeMs });
    try {
      const { state } = await close();
      if (state !== null) this.progress.take(state);
    } catch {
      this.progress.lost();
      this.#parts.left.add({ key: `egress ${id}`, agent, close });
    }
  }

  /** Lets go; it runs on. */
  stop(): void {
    this.#stopTimers();
    this.#job.stop();
    this.progress.stop();
    this.#answer?.reject(new PorticoError('unavailable', 'the room is no longer owned by this process'));
  }

  /** As everybody in the room sees it; undefined for what is no recording, or not yet. */
  toInfo(): RecordingInfo | undefined {
    if (!this.isRecording || !this.#begun || this.#over !== undefined) return undefined;
    const { audio, video } = this.tracks;
    const all = [audio, video].filter((track) => track !== undefined);
    const waits = this.agent === undefined || this.progress.state.status === 'retrying';
    const status = all.every(({ paused }) => paused) ? 'paused' : waits ? 'interrupted' : 'active';
    return { id: this.id, streams: streamsOf(this.tracks), startedAt: this.order.startedAt, status };
  }

  /** As management sees it. */
  toManaged(): ManagedEgress {
    const { id, order } = this;
    const agent = this.#over === undefined ? this.agent : this.#lastAgent;
    const { startedAt, origin, target } = order;
    const tracks = describeTracks(this.#core.state, this.tracks, this.#before);
    return {
      id,
      startedAt,
      origin,
      target,
      ...tracks,
      ...(agent === undefined ? {} : { agent }),
      state: this.progress.state,
    };
  }

  #createJob(): MixerJob<EgressBody, EgressState> {
    const { mixers } = this.#core;
    return new MixerJob({
      core: this.#core,
      left: this.#parts.left,
      key: `egress ${this.id}`,
      body: () => this.#body(),
      apply: (agent, spec) => mixers.call(agent, 'egress.apply', { spec }),
      close: (agent) => mixers.call(agent, 'egress.close', { id: this.id, reason: 'orphaned' }),
      preferred: () => this.#preferred(),
      onApplied: (agent, state) => {
        this.#took(agent, state);
      },
      onUncertain: () => {
        this.#part += 1;
        this.#parts.onChanged();
      },
      onLost: () => {
        this.progress.interrupted('agent_lost', 'its mixer agent is gone');
      },
      onRefused: (error, runs) => runs || this.#refused(error),
    });
  }

  #body(): EgressBody {
    const { part } = this;
    return egressBody(this.#core.state, this.order, { ...this.#current, part, before: this.#before });
  }

  /** Where what it receives is mixed. */
  #preferred(): Set<MemberId> {
    const { state } = this.#core;
    const views = streamsOf(this.tracks).map((stream): View | undefined => state.viewOf(stream));
    return new Set(views.flatMap((view) => view?.running?.agent ?? []));
  }

  #took(agent: MemberId, state: EgressState): void {
    this.#lastAgent = agent;
    const first = !this.#begun;
    this.#begun = true;
    this.progress.took(agent, state, first);
    this.#parts.onChanged();
    this.#answer?.resolve();
  }

  #refused(error: PorticoError): boolean {
    const patient = this.#begun || this.order.origin.by === 'room';
    if (!patient) {
      this.#answer?.reject(error);
      return false;
    }
    if (!isPassing(error.code)) {
      this.progress.failed(error);
      void this.end('failed', { closed: true });
      return false;
    }
    this.progress.interrupted(error.code, error.message);
    return true;
  }

  /** Without anything to receive it ends after a while. */
  #checkSources(): void {
    const { state, config } = this.#core;
    const { audio, video } = this.tracks;
    const there =
      (audio !== undefined && isThere(state, 'audio', audio)) ||
      (video !== undefined && isThere(state, 'video', video));
    if (there || this.#before !== undefined) {
      clearTimeout(this.#goneTimer);
      this.#goneTimer = undefined;
      return;
    }
    this.#goneTimer ??= setTimeout(() => void this.end('source_ended'), config.rooms.interrupted_ms);
  }

  #stopTimers(): void {
    clearTimeout(this.#goneTimer);
    clearTimeout(this.#beforeTimer);
  }
}
