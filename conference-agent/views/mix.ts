import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId, ParticipantId } from '../../common/contract/ids.ts';
import type { MixInput, MixSpec, MixState } from '../../common/contract/mix.ts';
import type { SessionEndReason } from '../../common/contract/reasons.ts';
import { pause } from '../../common/lifecycle/wait.ts';
import type { LeftRuns } from '../jobs/left-runs.ts';
import { MixerJob } from '../jobs/mixer-job.ts';
import type { RoomCore } from '../room-core.ts';
import type { Subscription } from '../room-state.ts';
import { Demand, isEmpty, isPart, type Wish } from './demand.ts';
import { mixSpec, type MixBody } from './mix-spec.ts';
import type { ListedMix, View } from './view.ts';
import { Waiting, type Origins } from './waiting.ts';

/** How long somebody is waited for who may know where the mix runs, ms. */
const hearMs = 1_000;

export interface MixParts {
  left: LeftRuns;
  /** Resolves when what a member knows of the room has been taken in. */
  hear: (agent: MemberId) => Promise<void>;
  /** Ends a subscription whose outputs are gone; its participant may subscribe again. */
  endSubscription: (subscription: Subscription) => void;
  /** The view was interrupted, or is active again. */
  onStatus: (view: View) => void;
  /** Its outputs are received elsewhere now, or nowhere. */
  onOutputs: (view: View) => void;
}

/** Outputs that stay until they are released, or a subscription has them. */
export interface Lease {
  origins: Origins;
  release: () => void;
}

/** Has a view mixed while somebody wants it, on whichever mixer agent. */
export class Mix {
  readonly view: View;
  readonly #core: RoomCore;
  readonly #parts: MixParts;
  readonly #demand: Demand;
  readonly #waiting: Waiting;
  readonly #job: MixerJob<MixBody, MixState>;
  /** Inputs as an owner before this one told them. */
  #before: readonly MixInput[] = [];
  /** Outputs of the spec that is on its way: others are about to end. */
  #asked: MixSpec['outputs'] | undefined;
  #stopped = false;

  constructor(core: RoomCore, view: View, parts: MixParts) {
    this.view = view;
    this.#core = core;
    this.#parts = parts;
    this.#waiting = new Waiting(view);
    this.#demand = new Demand(core.state, view, () => {
      this.update();
    });
    this.#job = this.#createJob();
  }

  /** What members know has been taken in: from now on it is acted upon. */
  begin(): void {
    this.#job.begin();
  }

  /** Something that the mix depends on may have changed. */
  update(): void {
    this.#job.update();
  }

  /**
   * Somebody is about to subscribe; resolves when the outputs can be received.
   * @throws PorticoError `resource_exhausted`, `timeout`, `stream_interrupted`, or why the view cannot be mixed at all
   */
  async receive(wish: Wish): Promise<Lease> {
    this.#demand.claim(wish, this.#core.config.mixer.outputs_per_view);
    const release = () => {
      this.#demand.release(wish);
      this.update();
    };
    try {
      const there = this.#waiting.find(wish);
      const stays = this.#asked === undefined || isPart(wish, this.#asked);
      if (there !== undefined && stays) return { origins: there, release };
      this.update();
      return { origins: await this.#waiting.for(wish), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Somebody wants these outputs as soon as they can be had, whatever becomes of the mix. Returns what ends that. */
  keep(wish: Wish): () => void {
    this.#demand.claim(wish, Infinity);
    this.update();
    return () => {
      this.#demand.release(wish);
      this.update();
    };
  }

  /** A mix that was found on an agent after a takeover. */
  adopt(agent: MemberId, { spec, state }: ListedMix): void {
    const { metrics, config } = this.#core;
    const known = this.#job.agent ?? this.#job.asking;
    if (known !== undefined) {
      if (agent !== known) this.#job.leave(agent);
      return;
    }
    this.#before = spec.inputs;
    this.view.running = { agent, state };
    this.#parts.onOutputs(this.view);
    metrics.mixes.inc();
    const { audio, video } = spec.outputs;
    const wishes: Wish[] = [
      ...audio.map((key) => ({ audio: key, participant: key === 'common' ? undefined : key })),
      ...video.map((output) => ({ video: output })),
    ];
    // Those who receive it may not be known yet.
    this.#demand.expect(wishes, config.cluster.orphan_ms);
    this.#job.adopt(agent, spec);
  }

  /** It cannot go on there, or the agent is gone itself. */
  lose(agent: MemberId, reason: SessionEndReason): void {
    this.#job.lose(agent, reason);
  }

  #lost(agent: MemberId, reason: SessionEndReason): void {
    const { metrics, events, log, state } = this.#core;
    const received = state.subscriptionsTo(this.view.stream);
    this.#demand.expect(this.#demand.received(), Infinity);
    this.#demand.expectAll(Infinity);
    this.view.running = undefined;
    this.#parts.onOutputs(this.view);
    metrics.mixes.dec();
    metrics.mixLosses.inc({ reason });
    events.mixStopped(this.view.toInfo(), reason);
    log.warn({ room: state.id, view: this.view.label, agent, reason }, 'mix lost');
    if (this.#demand.expecting) this.#interrupt(received);
  }

  /** Whoever received it is told, and may receive nothing of it any more. */
  #interrupt(received: readonly Subscription[]): void {
    this.#setInterrupted(true);
    for (const subscription of received) this.#parts.endSubscription(subscription);
  }

  #setInterrupted(interrupted: boolean): void {
    if (this.view.interrupted === interrupted) return;
    this.view.interrupted = interrupted;
    this.#parts.onStatus(this.view);
  }

  /** A mixer agent is there, perhaps again. */
  joined(): void {
    this.update();
  }

  /** A participant is gone. */
  forget(participant: ParticipantId): void {
    this.#demand.forget(participant);
    this.#waiting.cancel(participant, this.#core.state.noParticipant(participant));
    this.update();
  }

  #createJob(): MixerJob<MixBody, MixState> {
    const { mixers, config } = this.#core;
    const { label } = this.view;
    return new MixerJob({
      core: this.#core,
      left: this.#parts.left,
      key: `mix ${label}`,
      wanted: () => !isEmpty(this.#demand.needs()),
      idleMs: config.mixer.idle_ms,
      body: () => this.#body(),
      apply: (agent, spec) => this.#apply(agent, spec),
      close: (agent) => mixers.call(agent, 'mix.close', { view: label }),
      preferred: () => this.#named(),
      hear: () => this.#hear(),
      onApplied: (agent, state) => {
        this.#took(agent, state);
      },
      onSettled: () => {
        this.#endStale();
        this.#waiting.settle();
      },
      onLost: (agent, reason) => {
        this.#lost(agent, reason);
      },
      onUnwanted: () => {
        this.#setInterrupted(false);
      },
      onClosing: (agent) => {
        this.#closing(agent);
      },
      onRefused: (error) => this.#refused(error),
    });
  }

  #body(): MixBody {
    const needs = this.#demand.needs();
    return mixSpec({ state: this.#core.state, view: this.view, needs, before: this.#before });
  }

  async #apply(agent: MemberId, spec: MixSpec): Promise<MixState> {
    const { mixers, metrics } = this.#core;
    this.#asked = spec.outputs;
    let result = 'ok';
    try {
      return await mixers.call(agent, 'mix.apply', { spec });
    } catch (error) {
      result = PorticoError.from(error).code;
      throw error;
    } finally {
      this.#asked = undefined;
      metrics.mixApplies.inc({ result });
    }
  }

  #took(agent: MemberId, answer: MixState): void {
    const { metrics, events, log, state } = this.#core;
    const started = this.view.running === undefined;
    this.view.running = { agent, state: answer };
    this.#parts.onOutputs(this.view);
    if (started) {
      metrics.mixes.inc();
      events.mixStarted(this.view.toInfo());
      log.info({ room: state.id, view: this.view.label, agent }, 'mix runs');
    }
    if (!this.view.interrupted) return;
    this.#demand.expectAll(this.#returnMs);
    this.#setInterrupted(false);
  }

  /** Agents that subscriptions to this view name. */
  #named(): Set<MemberId> {
    const { stream } = this.view;
    const tracks = this.#core.state.subscriptionsTo(stream).flatMap(({ grant }) => grant.tracks);
    return new Set(tracks.filter((track) => track.stream === stream).map(({ origin }) => origin.agent));
  }

  /** It may run on an agent that subscriptions name and that nobody has heard yet. One that hangs is as good as gone. */
  async #hear(): Promise<void> {
    const agents = this.#named();
    if (agents.size === 0) return;
    const limit = new AbortController();
    const heard = Promise.allSettled([...agents].map((agent) => this.#parts.hear(agent)));
    await Promise.race([heard, pause(hearMs, limit.signal)]);
    limit.abort();
  }

  /** How long those who received a mix that was lost may take to subscribe again. */
  get #returnMs(): number {
    return this.#core.config.rooms.interrupted_ms;
  }

  /** Outputs that were made anew have to be subscribed to anew. */
  #endStale(): void {
    const { state } = this.#core;
    const { stream, running } = this.view;
    if (running === undefined) return;
    const stale = state.subscriptionsTo(stream).filter(({ grant }) => {
      return grant.tracks.some((track) => track.stream === stream && !state.isCurrent(track));
    });
    if (stale.length === 0) return;
    this.#demand.expect(this.#demand.received(stale), this.#returnMs);
    for (const subscription of stale) this.#parts.endSubscription(subscription);
  }

  async #refused(error: PorticoError): Promise<boolean> {
    this.#waiting.refuse(error);
    // Those who were refused want nothing any more by then.
    await Promise.resolve();
    return !isEmpty(this.#demand.needs());
  }

  #closing(agent: MemberId): void {
    const { metrics, events, log, state } = this.#core;
    this.view.running = undefined;
    metrics.mixes.dec();
    events.mixStopped(this.view.toInfo(), 'closed');
    log.info({ room: state.id, view: this.view.label, agent }, 'mix closed');
  }

  /** The view is over: nothing of it is left running. */
  async end(): Promise<void> {
    if (this.#stopped) return;
    const { mixers, state } = this.#core;
    const { label, stream, running } = this.view;
    this.#waiting.refuse(state.noStream(stream));
    const agents = this.#job.stop();
    if (running !== undefined) this.#closing(running.agent);
    this.stop();
    // One that is just being asked closes it as soon as it has begun.
    await Promise.allSettled(agents.map((agent) => mixers.call(agent, 'mix.close', { view: label })));
  }

  /** Lets go; the mix itself runs on. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#job.stop();
    if (this.view.running !== undefined) this.#core.metrics.mixes.dec();
    this.#demand.stop();
    this.#waiting.refuse(new PorticoError('unavailable', `the view '${this.view.label}' is not mixed here`));
  }
}
