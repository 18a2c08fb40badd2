import type { IngressRecord, Inventory } from '../../common/contract/cluster.ts';
import type { IngressSpec, IngressState } from '../../common/contract/ingress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { ManagedIngress } from '../../common/contract/management.ts';
import type { SessionEndReason } from '../../common/contract/reasons.ts';
import type { LeftRuns } from '../jobs/left-runs.ts';
import { MixerJob } from '../jobs/mixer-job.ts';
import type { Publishing } from '../publishing.ts';
import type { RoomCore } from '../room-core.ts';
import { Stream } from '../stream.ts';
import { isPassing } from '../jobs/choose-mixer.ts';
import { adminOwner } from './admin-owner.ts';

/** A fetched stream as a mixer agent lists it. */
export type ListedIngress = NonNullable<Inventory['ingresses']>[number];

/** What somebody wants to be fetched. */
export type IngressOrder = Omit<IngressSpec, 'revision'>;

/** How long an agent may take to get media, ms: it answers after 20 s itself. */
const applyMs = 25_000;
/** How long a mute may take to reach the agent before it is told, ms. */
const muteMs = 3_000;
const longestText = 2_000;

export interface IngressParts {
  left: LeftRuns;
  publishing: Publishing;
  onOver: (ingress: Ingress) => void;
  /** What members are to remember of it has changed. */
  onChanged: () => void;
}

/**
 * A stream that a mixer agent fetches from a URL. In the room it is a forward stream like any; when its agent is lost it is
 * fetched by another one under the same id.
 */
export class Ingress {
  readonly stream: Stream;
  readonly #core: RoomCore;
  readonly #parts: IngressParts;
  readonly #job: MixerJob<IngressOrder, IngressState>;
  #order: IngressOrder;
  #state: IngressState;
  #taken = false;
  #over = false;
  #answer: { resolve: () => void; reject: (error: PorticoError) => void } | undefined;
  /** Resolves when an agent has said how it does for the first time. */
  readonly #first: Promise<void>;

  constructor(core: RoomCore, order: IngressOrder, parts: IngressParts) {
    const { stream, attributes } = order;
    this.#core = core;
    this.#parts = parts;
    this.#order = order;
    this.stream = new Stream({ id: stream, participant: adminOwner, attributes, tracks: [] });
    this.#state = {
      stream,
      revision: 0,
      status: 'connecting',
      tracks: [],
      transcoded: { audio: false, video: false },
      bitrate: 0,
      reconnects: 0,
    };
    this.#first = new Promise<void>((resolve, reject) => {
      this.#answer = { resolve, reject };
    });
    this.#first.catch(() => undefined);
    this.#job = this.#createJob();
  }

  get url(): string {
    return this.#order.url;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Resolves when an agent has said how it does; rejects with why none takes it. */
  get answered(): Promise<void> {
    return this.#first;
  }

  run(): void {
    if (this.#over) return;
    this.#job.update();
    this.#job.begin();
  }

  /** It was found on an agent after a takeover. */
  adopt(agent: MemberId, { spec, state }: ListedIngress): void {
    const { revision: _revision, ...order } = spec;
    this.#order = order;
    this.#taken = true;
    this.#state = state;
    this.#job.adopt(agent, spec);
    this.#restore(agent);
  }

  /** Members remember it from an owner before this one: it goes on where it was, or elsewhere. */
  recall({ spec, agent, tracks }: IngressRecord): void {
    this.#order = spec;
    this.#taken = true;
    this.#state = { ...this.#state, tracks };
    if (agent !== undefined) this.#job.expect(agent);
    this.#restore(agent);
    if (agent === undefined) this.stream.interrupt();
  }

  #restore(agent: MemberId | undefined): void {
    this.#answer?.resolve();
    if (!isComplete(this.#state)) return;
    // Participants know of it.
    this.#learn(agent, this.#state);
    this.stream.state = 'active';
    this.stream.announced = true;
    this.#core.events.streamRestored(this.stream);
  }

  /** What members are to remember of it; undefined: nothing yet, or it is over. */
  get record(): IngressRecord | undefined {
    if (!this.#taken || this.#over) return undefined;
    const { agent } = this.#job;
    const { tracks } = this.#state;
    return { spec: this.#order, tracks, ...(agent === undefined ? {} : { agent }) };
  }

  /** Whether it runs, or is being begun, at this agent. */
  isAt(agent: MemberId): boolean {
    return this.#job.isAt(agent);
  }

  joined(): void {
    this.#job.update();
  }

  agentLost(agent: MemberId): void {
    this.#job.lose(agent, 'agent_lost');
  }

  /** Its agent says how it does. */
  report(agent: MemberId, state: IngressState): void {
    if (this.#over || !this.#job.isAt(agent)) return;
    this.#state = state;
    if (state.status === 'ended' || state.status === 'failed') {
      this.#answer?.resolve();
      void this.end('track_ended');
      return;
    }
    this.#show(agent, state);
  }

  /** Mutes or unmutes tracks for everybody; resolves when its agent does so, or cannot be asked. */
  async mute(kinds: readonly Kind[], paused: boolean): Promise<void> {
    const changes = Object.fromEntries(kinds.map((kind) => [kind, paused]));
    this.#order = { ...this.#order, paused: { ...this.#order.paused, ...changes } };
    this.#parts.onChanged();
    this.#job.update();
    await this.#job.settled(muteMs);
  }

  /** Takes it out of the room; resolves when its agent has let it go. */
  async end(reason: SessionEndReason): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    const agents = this.#job.stop();
    this.#answer?.reject(this.#core.state.noStream(this.stream.id));
    this.#parts.publishing.remove(this.stream, reason);
    this.#parts.onOver(this);
    const { log, state } = this.#core;
    log.info({ room: state.id, stream: this.stream.id, reason }, 'ingress over');
    await Promise.all(agents.map((agent) => this.#closeAt(agent)));
  }

  /** Lets go; it runs on. */
  stop(): void {
    this.#job.stop();
    this.#answer?.reject(new PorticoError('unavailable', 'the room is no longer owned by this process'));
  }

  /** As management sees it. */
  toManaged(): ManagedIngress {
    const { agent } = this.#job;
    return {
      stream: this.stream.announced ? this.stream.toInfo() : null,
      url: this.url,
      ...(agent === undefined ? {} : { agent }),
      state: this.#state,
    };
  }

  #createJob(): MixerJob<IngressOrder, IngressState> {
    const { mixers, metrics } = this.#core;
    const { id } = this.stream;
    return new MixerJob({
      core: this.#core,
      left: this.#parts.left,
      key: `ingress ${id}`,
      body: () => this.#order,
      apply: (agent, spec) => mixers.call(agent, 'ingress.apply', { spec }, { timeoutMs: applyMs }),
      close: (agent) => mixers.call(agent, 'ingress.close', { stream: id }),
      preferred: () => new Set(),
      onApplied: (agent, state) => {
        this.#taken = true;
        this.#parts.onChanged();
        this.report(agent, state);
        this.#answer?.resolve();
      },
      onLost: () => {
        metrics.ingressLosses.inc();
        this.#parts.onChanged();
        this.#lost('agent_lost', 'its mixer agent is gone');
      },
      onRefused: (error, runs) => runs || this.#refused(error),
    });
  }

  #refused(error: PorticoError): boolean {
    if (!this.#taken) {
      this.#answer?.reject(error);
      return false;
    }
    if (isPassing(error.code)) {
      this.#lost(error.code, error.message);
      return true;
    }
    void this.end('track_ended');
    return false;
  }

  /** It is fetched by nobody at the moment. */
  #lost(code: string, message: string): void {
    const error = { code, message: message.slice(0, longestText) };
    this.#state = { ...this.#state, status: 'retrying', error, bitrate: 0 };
    if (this.stream.announced && this.stream.state === 'active') {
      this.#parts.publishing.interrupt(this.stream, 'agent_lost');
    }
  }

  /** What its agent has of it is what the room has. */
  #show(agent: MemberId, state: IngressState): void {
    const { stream } = this;
    const { publishing } = this.#parts;
    if (!isComplete(state)) return;
    const producers = (tracks: typeof state.tracks) => tracks.map(({ producer }) => producer).join();
    const same = producers(stream.tracks) === producers(state.tracks) && stream.agent === agent;
    if (stream.state === 'active' && !same) publishing.interrupt(stream, 'worker_died');
    const before = JSON.stringify(stream.tracks);
    this.#learn(agent, state);
    if (stream.state !== 'active') publishing.activate(stream);
    else if (JSON.stringify(stream.tracks) !== before) {
      publishing.tellChange(stream, { field: '.', value: stream.toInfo() });
    }
  }

  /** The word of the room on muting stands. */
  #learn(agent: MemberId | undefined, { tracks }: IngressState): void {
    const { paused } = this.#order;
    const known = new Map(this.stream.tracks.map((track) => [track.type, track.paused]));
    const now = tracks.map((track) => ({ ...track, paused: known.get(track.type) ?? paused[track.type] }));
    this.stream.tracks.splice(0, Infinity, ...now);
    this.stream.agent = agent;
    this.#parts.onChanged();
  }

  async #closeAt(agent: MemberId): Promise<void> {
    const { mixers } = this.#core;
    const { id } = this.stream;
    const close = () => mixers.call(agent, 'ingress.close', { stream: id });
    await close().catch(() => {
      this.#parts.left.add({ key: `ingress ${id}`, agent, close });
    });
  }
}

/** Whether its source was seen, and what it has can be received. */
const isComplete = ({ tracks }: IngressState): boolean =>
  tracks.length > 0 && tracks.every(({ producer, router }) => producer !== undefined && router !== undefined);
