import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId, ParticipantId } from '../../common/contract/ids.ts';
import type { MixInput, MixState } from '../../common/contract/mix.ts';
import type { SessionEndReason } from '../../common/contract/reasons.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import type { RoomCore } from '../room-core.ts';
import type { Subscription } from '../room-state.ts';
import { isPassing } from './choose-mixer.ts';
import { Demand, isEmpty, isPart, type Needs, type Wish } from './demand.ts';
import { LeftMixes } from './left-mixes.ts';
import { mixSpec } from './mix-spec.ts';
import { Placing } from './placing.ts';
import type { ListedMix, View } from './view.ts';
import { Waiting, type Origins } from './waiting.ts';

/** Applies that may fail in a row before a mix goes elsewhere. */
const patience = 2;
const pauses = { baseMs: 100, maxMs: 3_000 };

export interface MixParts {
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

/**
 * Has a view mixed while somebody wants it, on whichever mixer agent. What is wanted is compared with what runs after each change,
 * one step after the other: changes that come meanwhile travel together.
 */
export class Mix {
  readonly view: View;
  readonly #core: RoomCore;
  readonly #parts: MixParts;
  readonly #demand: Demand;
  readonly #waiting: Waiting;
  readonly #left: LeftMixes;
  readonly #placing: Placing;
  /** Spec that holds at the agent. */
  #applied: string | undefined;
  #revision: number;
  /** Inputs as an owner before this one told them. */
  #before: readonly MixInput[] = [];
  #asking: MemberId | undefined;
  /** Outputs of the spec that is on its way: others are about to end. */
  #asked: Needs | undefined;
  /** Grows when a mix ends on the agent that is being asked. */
  #losses = 0;
  #failures = 0;
  #dirty = false;
  #held = true;
  #busy = false;
  #wake = new AbortController();
  #idleTimer: NodeJS.Timeout | undefined;
  #closeDue = false;
  #stopped = false;

  constructor(core: RoomCore, view: View, parts: MixParts) {
    this.view = view;
    this.#core = core;
    this.#parts = parts;
    // Higher than all of the owners before this one.
    this.#revision = core.owner.epoch;
    this.#waiting = new Waiting(view);
    this.#left = new LeftMixes(core, view, () => {
      this.update();
    });
    this.#demand = new Demand(core.state, view, () => {
      this.update();
    });
    this.#placing = new Placing(core, {
      view,
      left: this.#left,
      hear: parts.hear,
      begin: (agent) => this.#apply(agent),
    });
  }

  /** What members know has been taken in: from now on it is acted upon. */
  begin(): void {
    this.#held = false;
    if (this.#dirty) this.update();
  }

  /** Something that the mix depends on may have changed. */
  update(): void {
    this.#dirty = true;
    this.#wake.abort();
    if (!this.#busy && !this.#held && !this.#stopped) void this.#reconcile();
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
      if (there !== undefined && isPart(wish, this.#asked)) return { origins: there, release };
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
    const { mixers, metrics, config } = this.#core;
    this.#revision = Math.max(this.#revision, spec.revision);
    if (this.view.running !== undefined || this.#asking !== undefined) {
      if (agent !== (this.view.running?.agent ?? this.#asking)) this.#left.add(agent);
      return;
    }
    const { revision: _revision, ...body } = spec;
    this.#applied = JSON.stringify(body);
    this.#before = spec.inputs;
    this.view.running = { agent, state };
    this.#parts.onOutputs(this.view);
    metrics.mixes.inc();
    mixers.watch(agent);
    const { audio, video } = spec.outputs;
    const wishes: Wish[] = [
      ...audio.map((key) => ({ audio: key, participant: key === 'common' ? undefined : key })),
      ...video.map((output) => ({ video: output })),
    ];
    // Those who receive it may not be known yet.
    this.#demand.expect(wishes, config.cluster.orphan_ms);
    this.update();
  }

  /** It cannot go on there, or the agent is gone itself. */
  lose(agent: MemberId, reason: SessionEndReason): void {
    if (this.#asking === agent) this.#losses += 1;
    if (this.view.running?.agent !== agent) return;
    const { metrics, events, log, state } = this.#core;
    const received = state.subscriptionsTo(this.view.stream);
    this.#demand.expect(this.#demand.received(), Infinity);
    this.#demand.expectAll(Infinity);
    this.view.running = undefined;
    this.#applied = undefined;
    this.#parts.onOutputs(this.view);
    this.#placing.avoid(agent);
    if (reason === 'agent_lost') this.#left.add(agent);
    metrics.mixes.dec();
    metrics.mixLosses.inc({ reason });
    events.mixStopped(this.view.toInfo(), reason);
    log.warn({ room: state.id, view: this.view.label, agent, reason }, 'mix lost');
    if (this.#demand.expecting) this.#interrupt(received);
    this.update();
  }

  /** Whoever received it is told, and may receive nothing of it any more. */
  #interrupt(received: readonly Subscription[]): void {
    if (!this.view.interrupted) {
      this.view.interrupted = true;
      this.#parts.onStatus(this.view);
    }
    for (const subscription of received) this.#parts.endSubscription(subscription);
  }

  /** A mixer agent is there, perhaps again. */
  joined(agent: MemberId): void {
    this.#left.joined(agent);
    this.update();
  }

  /** A participant is gone. */
  forget(participant: ParticipantId): void {
    this.#demand.forget(participant);
    this.#waiting.cancel(participant, this.#core.state.noParticipant(participant));
    this.update();
  }

  async #reconcile(): Promise<void> {
    this.#busy = true;
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false;
      this.#wake = new AbortController();
      // What the same turn of the event loop changes travels in the same spec.
      await Promise.resolve();
      try {
        await this.#step();
        this.#failures = 0;
      } catch (error) {
        await this.#failed(PorticoError.from(error));
      }
    }
    this.#busy = false;
  }

  async #step(): Promise<void> {
    if (isEmpty(this.#demand.needs())) {
      await this.#rest();
      return;
    }
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#closeDue = false;
    const agent = this.view.running?.agent;
    if (agent === undefined) await this.#placing.place();
    else await this.#apply(agent);
    this.#endStale();
    this.#waiting.settle();
  }

  /** Nobody wants it: it ends after a while. */
  async #rest(): Promise<void> {
    if (this.view.interrupted) {
      this.view.interrupted = false;
      this.#parts.onStatus(this.view);
    }
    if (this.view.running === undefined) return;
    if (this.#closeDue) {
      this.#closeDue = false;
      await this.#close();
      return;
    }
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = undefined;
      this.#closeDue = true;
      this.update();
    }, this.#core.config.mixer.idle_ms);
  }

  async #apply(agent: MemberId): Promise<void> {
    const { mixers, metrics, state } = this.#core;
    const needs = this.#demand.needs();
    const body = mixSpec({ state, view: this.view, needs, before: this.#before });
    const text = JSON.stringify(body);
    if (this.view.running?.agent === agent && text === this.#applied) return;
    const losses = this.#losses;
    this.#revision += 1;
    this.#asking = agent;
    this.#asked = needs;
    mixers.watch(agent);
    let result = 'ok';
    try {
      const answer = await mixers.call(agent, 'mix.apply', { spec: { ...body, revision: this.#revision } });
      if (this.#stopped) return;
      if (losses === this.#losses) {
        this.#applied = text;
        this.#took(agent, answer);
      } else {
        // It ended there while we were asking.
        this.#left.add(agent);
        this.#dirty = true;
      }
    } catch (error) {
      result = PorticoError.from(error).code;
      throw error;
    } finally {
      this.#asking = undefined;
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
    this.view.interrupted = false;
    this.#demand.expectAll(this.#returnMs);
    this.#parts.onStatus(this.view);
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

  async #failed(error: PorticoError): Promise<void> {
    const { log, state } = this.#core;
    const { code, message } = error;
    if (this.#stopped) return;
    this.#failures += 1;
    const agent = this.view.running?.agent;
    log.warn({ room: state.id, view: this.view.label, agent, code, reason: message }, 'mix not applied');
    if (agent !== undefined && this.#isHopeless(code)) this.lose(agent, 'agent_lost');
    // One that was lost meanwhile goes elsewhere at once, with those who wait.
    if (this.#dirty && this.view.running === undefined && this.#failures <= patience) return;
    this.#waiting.refuse(error);
    // Those who were refused want nothing any more by then.
    await Promise.resolve();
    if (!isPassing(code) || isEmpty(this.#demand.needs())) return;
    await pause(50 + backoff(this.#failures, pauses), this.#wake.signal);
    this.#dirty = true;
  }

  /** Whether a mix has to leave its agent. */
  #isHopeless(code: PorticoError['code']): boolean {
    if (code === 'worker_lost' || code === 'closing') return true;
    return isPassing(code) && code !== 'resource_exhausted' && this.#failures >= patience;
  }

  async #close(): Promise<void> {
    const { mixers, metrics, events, log, state } = this.#core;
    const { running, label } = this.view;
    if (running === undefined) return;
    const { agent } = running;
    this.view.running = undefined;
    this.#applied = undefined;
    this.#asking = agent;
    metrics.mixes.dec();
    events.mixStopped(this.view.toInfo(), 'closed');
    log.info({ room: state.id, view: label, agent }, 'mix closed');
    await mixers.call(agent, 'mix.close', { view: label }).catch((error: unknown) => {
      const { code } = PorticoError.from(error);
      // Of a room that is over no answer is waited for.
      if (this.#stopped) return;
      log.warn({ room: state.id, view: label, agent, code }, 'mix not closed');
      this.#left.add(agent);
    });
    this.#asking = undefined;
  }

  /** The view is over: nothing of it is left running. */
  async end(): Promise<void> {
    if (this.#stopped) return;
    const { mixers, state } = this.#core;
    const asked = this.#asking;
    this.#waiting.refuse(state.noStream(this.view.stream));
    const closing = [this.#close()];
    // An agent that is being asked closes it again as soon as it has begun.
    if (asked !== undefined && asked !== this.#asking) {
      closing.push(mixers.call(asked, 'mix.close', { view: this.view.label }).then(() => undefined));
    }
    this.stop();
    await Promise.allSettled(closing);
  }

  /** Lets go; the mix itself runs on. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#idleTimer);
    if (this.view.running !== undefined) this.#core.metrics.mixes.dec();
    this.#demand.stop();
    this.#left.stop();
    this.#wake.abort();
    this.#waiting.refuse(new PorticoError('unavailable', `the view '${this.view.label}' is not mixed here`));
  }
}
