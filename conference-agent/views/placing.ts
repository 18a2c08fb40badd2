import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import { pause } from '../../common/lifecycle/wait.ts';
import type { RoomCore } from '../room-core.ts';
import { chooseMixer, isPassing } from './choose-mixer.ts';
import type { LeftMixes } from './left-mixes.ts';
import type { View } from './view.ts';

/** Agents asked for one placing at most. */
const attempts = 3;
/** How long an agent that a mix has just ended on is avoided, ms. */
const avoidMs = 5_000;
/** How long somebody is waited for who may know where the mix runs, ms. */
const hearMs = 1_000;

export interface PlacingParts {
  view: View;
  left: LeftMixes;
  /** Resolves when what a member knows of the room has been taken in. */
  hear: (agent: MemberId) => Promise<void>;
  /** Begins the mix at an agent. */
  begin: (agent: MemberId) => Promise<void>;
}

/** Finds a mixer agent for a view. */
export class Placing {
  readonly #core: RoomCore;
  readonly #parts: PlacingParts;
  readonly #avoided = new Map<MemberId, number>();

  constructor(core: RoomCore, parts: PlacingParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** A mix has just ended there: for a while others come first. */
  avoid(agent: MemberId): void {
    this.#avoided.set(agent, performance.now() + avoidMs);
  }

  /**
   * Has the view mixed somewhere; or finds that it is, where subscriptions name an agent that nobody has heard yet.
   * @throws PorticoError `resource_exhausted` when no agent takes it; what they say when none would
   */
  async place(): Promise<void> {
    const { view, left, begin } = this.#parts;
    const named = this.#named();
    await this.#hear(named);
    if (view.running !== undefined) return;
    const refused = left.all();
    let failure = new PorticoError('resource_exhausted', 'no mixer agent is available');
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const candidates = this.#core.mixers.candidates(refused);
      const agent = chooseMixer(candidates, { named, avoided: this.#avoidedNow() });
      if (agent === undefined) break;
      try {
        await begin(agent);
        return;
      } catch (error) {
        failure = this.#refusal(agent, PorticoError.from(error));
        refused.add(agent);
      }
    }
    throw failure;
  }

  /** @throws PorticoError what no other agent would say otherwise */
  #refusal(agent: MemberId, error: PorticoError): PorticoError {
    if (!isPassing(error.code)) throw error;
    if (error.code === 'resource_exhausted') return error;
    const { log, state } = this.#core;
    const { view, left } = this.#parts;
    log.warn({ room: state.id, view: view.label, agent, code: error.code }, 'mix not placed');
    // It may have been begun there.
    left.add(agent);
    const sentence = `no mixer agent can mix the view '${view.label}' right now`;
    return new PorticoError('resource_exhausted', sentence, {}, { cause: error });
  }

  /** Agents that subscriptions to this view name. */
  #named(): Set<MemberId> {
    const { stream } = this.#parts.view;
    const tracks = this.#core.state.subscriptionsTo(stream).flatMap(({ grant }) => grant.tracks);
    return new Set(tracks.filter((track) => track.stream === stream).map(({ origin }) => origin.agent));
  }

  /** Not for long: an agent that hangs is as good as gone. */
  async #hear(agents: ReadonlySet<MemberId>): Promise<void> {
    if (agents.size === 0) return;
    const limit = new AbortController();
    const heard = Promise.allSettled([...agents].map((agent) => this.#parts.hear(agent)));
    await Promise.race([heard, pause(hearMs, limit.signal)]);
    limit.abort();
  }

  #avoidedNow(): Set<MemberId> {
    const now = performance.now();
    for (const [agent, until] of this.#avoided) if (until < now) this.#avoided.delete(agent);
    return new Set(this.#avoided.keys());
  }
}
