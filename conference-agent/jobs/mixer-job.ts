import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { SessionEndReason } from '../../common/contract/reasons.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import type { RoomCore } from '../room-core.ts';
import { Avoided } from './avoided.ts';
import { chooseMixer, isPassing } from './choose-mixer.ts';
import type { LeftRuns } from './left-runs.ts';

/** Agents asked for one placing at most. */
const attempts = 3;
/** Applies that may fail in a row before it goes elsewhere. */
const patience = 2;
const pauses = { baseMs: 100, maxMs: 3_000 };

export interface MixerJobOptions<B extends object, S> {
  core: RoomCore;
  left: LeftRuns;
  /** What it is, for logs and leftovers: `egress <id>`. */
  key: string;
  /** Whether anybody wants it. What nobody wants ends after `idleMs`, and begins again when somebody does. */
  wanted?: () => boolean;
  idleMs?: number;
  /** All that it is to be right now, but the number of the spec. */
  body: () => B;
  apply: (agent: MemberId, spec: B & { revision: number }) => Promise<S>;
  /** Ends it at an agent that is not to have it. */
  close: (agent: MemberId) => Promise<unknown>;
  /** Agents that it would rather be on. */
  preferred: () => ReadonlySet<MemberId>;
  /** Before it is begun anywhere: resolves when those have been heard that may know where it runs. */
  hear?: () => Promise<void>;
  /** An agent has made it what it is to be. */
  onApplied: (agent: MemberId, state: S) => void;
  /** What is wanted is what runs. */
  onSettled?: () => void;
  /** It may have begun somewhere: what begins from now on is another one. */
  onUncertain?: () => void;
  /** Its agent does not have it any more. */
  onLost: (agent: MemberId, reason: SessionEndReason) => void;
  /** Nobody wants it; it runs on for a while. */
  onUnwanted?: () => void;
  /** It has run unwanted for long enough, and is being closed. */
  onClosing?: (agent: MemberId) => void;
  /**
   * What is wanted was refused.
   * @param runs it runs on as it was; else no agent takes it
   * @returns whether it is to be tried again
   */
  onRefused: (error: PorticoError, runs: boolean) => boolean | Promise<boolean>;
}

/**
 * Has something run on some mixer agent. What it is to be is compared with what runs after each change, one step after the other:
 * changes that come meanwhile travel together. When its agent is lost it is begun at another one.
 */
export class MixerJob<B extends object, S> {
  readonly #options: MixerJobOptions<B, S>;
  readonly #avoided = new Avoided();
  #agent: MemberId | undefined;
  /** Spec that holds at the agent. */
  #applied: string | undefined;
  #revision: number;
  #asking: MemberId | undefined;
  /** Grows when it ends on the agent that is being asked. */
  #losses = 0;
  #failures = 0;
  #dirty = false;
  #held = true;
  #running: Promise<void> | undefined;
  #wake = new AbortController();
  #idleTimer: NodeJS.Timeout | undefined;
  #closeDue = false;
  #stopped = false;

  constructor(options: MixerJobOptions<B, S>) {
    this.#options = options;
    // Higher than all of the owners before this one.
    this.#revision = options.core.owner.epoch;
  }

  /** Where it runs. */
  get agent(): MemberId | undefined {
    return this.#agent;
  }

  /** Where it is just being begun, changed or closed. */
  get asking(): MemberId | undefined {
    return this.#asking;
  }

  /** Whether what an agent says of it counts: it runs there, or is just being begun. */
  isAt(agent: MemberId): boolean {
    return agent === (this.#asking ?? this.#agent);
  }

  /** From now on it is acted upon. */
  begin(): void {
    this.#held = false;
    if (this.#dirty) this.update();
  }

  /** Something that it depends on may have changed. */
  update(): void {
    this.#dirty = true;
    this.#wake.abort();
    if (this.#running !== undefined || this.#held || this.#stopped) return;
    this.#running = this.#reconcile();
  }

  /** Resolves when the changes so far have reached the agent, or could not; after `ms` at the latest. */
  async settled(ms: number): Promise<void> {
    const limit = new AbortController();
    await Promise.race([this.#running, pause(ms, limit.signal)]);
    limit.abort();
  }

  /** It was found on an agent after a takeover. */
  adopt(agent: MemberId, { revision, ...body }: B & { revision: number }): void {
    this.#revision = Math.max(this.#revision, revision);
    this.#applied = JSON.stringify(body);
    this.#settle(agent);
  }

  /** It ran on an agent, as far as is known: if it does not any more it begins anew there. */
  expect(agent: MemberId): void {
    this.#applied = undefined;
    this.#settle(agent);
  }

  #settle(agent: MemberId): void {
    if (this.#agent !== undefined && this.#agent !== agent) this.leave(this.#agent);
    this.#agent = agent;
    this.#options.core.mixers.watch(agent);
    this.update();
  }

  /** It cannot go on there, or the agent is gone itself. */
  lose(agent: MemberId, reason: SessionEndReason): void {
    if (this.#asking === agent) this.#losses += 1;
    if (this.#agent !== agent || this.#stopped) return;
    this.#agent = undefined;
    this.#applied = undefined;
    this.#avoided.add(agent);
    if (reason === 'agent_lost') this.leave(agent);
    this.#options.onUncertain?.();
    this.#options.onLost(agent, reason);
    this.update();
  }

  /** Something of it may run there that is not wanted any more. */
  leave(agent: MemberId): void {
    const { left, key, close } = this.#options;
    const onClosed = () => {
      if (this.#agent === undefined) this.update();
    };
    left.add({ key, agent, close: () => close(agent), onClosed });
  }

  async #reconcile(): Promise<void> {
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
    this.#running = undefined;
  }

  async #step(): Promise<void> {
    if (this.#stopped) return;
    const { wanted, onSettled } = this.#options;
    if (wanted?.() === false) {
      await this.#rest();
      return;
    }
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#closeDue = false;
    if (this.#agent === undefined) await this.#begin();
    else await this.#apply(this.#agent);
    onSettled?.();
  }

  async #begin(): Promise<void> {
    await this.#options.hear?.();
    // One that ends wherever it begins must not keep all agents busy.
    const waitMs = this.#avoided.waitMs;
    if (waitMs > 0) await pause(waitMs);
    // It may have been found meanwhile.
    if (!this.#stopped && this.#agent === undefined) await this.#place();
  }

  /** Nobody wants it: it ends after a while. */
  async #rest(): Promise<void> {
    this.#options.onUnwanted?.();
    if (this.#agent === undefined) return;
    if (this.#closeDue) {
      this.#closeDue = false;
      await this.#close(this.#agent);
      return;
    }
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = undefined;
      this.#closeDue = true;
      this.update();
    }, this.#options.idleMs);
  }

  async #close(agent: MemberId): Promise<void> {
    const { core, key, close, onClosing } = this.#options;
    this.#agent = undefined;
    this.#applied = undefined;
    this.#asking = agent;
    onClosing?.(agent);
    try {
      await close(agent);
    } catch (error) {
      const { code } = PorticoError.from(error);
      if (this.#stopped) return;
      core.log.warn({ room: core.state.id, job: key, agent, code }, 'job not closed');
      this.leave(agent);
    } finally {
      this.#asking = undefined;
    }
  }

  /** @throws PorticoError `resource_exhausted` when no agent takes it; what no other agent would say otherwise */
  async #place(): Promise<void> {
    const { core, left, key, preferred } = this.#options;
    const refused = left.agentsOf(key);
    let failure = new PorticoError('resource_exhausted', 'no mixer agent is available');
    for (let attempt = 0; attempt < attempts && !this.#stopped; attempt += 1) {
      const candidates = core.mixers.candidates(refused);
      const agent = chooseMixer(candidates, { named: preferred(), avoided: this.#avoided.agents });
      if (agent === undefined) break;
      try {
        await this.#apply(agent);
        return;
      } catch (error) {
        failure = this.#refusal(agent, PorticoError.from(error));
        refused.add(agent);
      }
    }
    throw failure;
  }

  #refusal(agent: MemberId, error: PorticoError): PorticoError {
    if (!isPassing(error.code)) throw error;
    if (error.code === 'resource_exhausted' || this.#stopped) return error;
    const { core, key, onUncertain } = this.#options;
    core.log.warn({ room: core.state.id, job: key, agent, code: error.code }, 'job not placed');
    this.leave(agent);
    onUncertain?.();
    const sentence = 'no mixer agent can take it right now';
    return new PorticoError('resource_exhausted', sentence, {}, { cause: error });
  }

  async #apply(agent: MemberId): Promise<void> {
    const { core, body, apply, onApplied } = this.#options;
    const wanted = body();
    const text = JSON.stringify(wanted);
    if (this.#agent === agent && text === this.#applied) return;
    const losses = this.#losses;
    this.#revision += 1;
    this.#asking = agent;
    core.mixers.watch(agent);
    try {
      const state = await apply(agent, { ...wanted, revision: this.#revision });
      if (this.#stopped) return;
      if (losses !== this.#losses) {
        // The end of what was there before, or of this one: it may run.
        this.leave(agent);
        throw new PorticoError('worker_lost', 'it ended there at once');
      }
      this.#applied = text;
      this.#agent = agent;
      onApplied(agent, state);
    } finally {
      this.#asking = undefined;
    }
  }

  async #failed(error: PorticoError): Promise<void> {
    const { core, key, onRefused } = this.#options;
    const { code, message } = error;
    if (this.#stopped) return;
    this.#failures += 1;
    const agent = this.#agent;
    core.log.warn({ room: core.state.id, job: key, agent, code, reason: message }, 'job not applied');
    if (agent !== undefined && this.#isHopeless(code)) this.lose(agent, 'agent_lost');
    // One that was lost meanwhile goes elsewhere at once.
    if (this.#dirty && this.#agent === undefined && this.#failures <= patience) return;
    if (!(await onRefused(error, this.#agent !== undefined))) return;
    // Of all other errors the spec is the cause: it waits for another one.
    if (!isPassing(code)) return;
    await pause(50 + backoff(this.#failures, pauses), this.#wake.signal);
    this.#dirty = true;
  }

  /** Whether it has to leave its agent. */
  #isHopeless(code: PorticoError['code']): boolean {
    if (code === 'worker_lost' || code === 'closing' || code === 'unavailable') return true;
    return isPassing(code) && code !== 'resource_exhausted' && this.#failures >= patience;
  }

  /** Lets go. Returns where it runs, or may be about to. */
  stop(): MemberId[] {
    if (this.#stopped) return [];
    this.#stopped = true;
    clearTimeout(this.#idleTimer);
    this.#wake.abort();
    const agents = [this.#agent, this.#asking].filter((agent) => agent !== undefined);
    return [...new Set(agents)];
  }
}
