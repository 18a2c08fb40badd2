import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { RoomCore } from '../room-core.ts';
import type { View } from './view.ts';

/** Agents remembered at most: those that are gone for good never come back under the same id. */
const most = 32;

/**
 * Agents on which a mix of the view may still run that nobody uses any more: they were out of reach, or their answer was lost.
 * It is closed as soon as they can be asked, and not before that is anything new begun there.
 */
export class LeftMixes {
  readonly #core: RoomCore;
  readonly #view: View;
  readonly #onClosed: () => void;
  readonly #agents = new Set<MemberId>();
  readonly #closing = new Set<MemberId>();
  #stopped = false;

  constructor(core: RoomCore, view: View, onClosed: () => void) {
    this.#core = core;
    this.#view = view;
    this.#onClosed = onClosed;
  }

  add(agent: MemberId): void {
    if (this.#stopped) return;
    this.#agents.add(agent);
    const [oldest] = this.#agents;
    if (this.#agents.size > most && oldest !== undefined) this.#agents.delete(oldest);
    if (this.#core.mixers.knows(agent)) void this.#close(agent);
  }

  /** All of them; those that are there are asked once more. */
  all(): Set<MemberId> {
    for (const agent of this.#agents) if (this.#core.mixers.knows(agent)) void this.#close(agent);
    return new Set(this.#agents);
  }

  /** An agent is there, perhaps again. */
  joined(agent: MemberId): void {
    if (this.#agents.has(agent)) void this.#close(agent);
  }

  stop(): void {
    this.#stopped = true;
    this.#agents.clear();
  }

  async #close(agent: MemberId): Promise<void> {
    if (this.#closing.has(agent)) return;
    this.#closing.add(agent);
    const { mixers, log, state } = this.#core;
    try {
      await mixers.call(agent, 'mix.close', { view: this.#view.label });
      this.#agents.delete(agent);
      if (!this.#stopped) this.#onClosed();
    } catch (error) {
      const { code } = PorticoError.from(error);
      log.debug({ room: state.id, view: this.#view.label, agent, code }, 'left mix not closed');
    } finally {
      this.#closing.delete(agent);
    }
  }
}
