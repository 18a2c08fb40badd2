import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { RoomCore } from '../room-core.ts';

/** Runs remembered at most: agents that are gone for good never come back under the same id. */
const most = 1_000;

/** Something that may still run on an agent though nobody wants it any more. */
export interface LeftRun {
  /** What runs, in the same words for the same thing. */
  key: string;
  agent: MemberId;
  close: () => Promise<unknown>;
  onClosed?: (() => void) | undefined;
}

/**
 * What may still run on mixer agents that were out of reach, or whose answer was lost. It is closed as soon as they can be
 * asked, and not before that is the same thing begun there again.
 */
export class LeftRuns {
  readonly #core: Pick<RoomCore, 'mixers' | 'log' | 'state'>;
  readonly #runs = new Map<string, LeftRun>();
  readonly #closing = new Set<LeftRun>();
  #stopped = false;

  constructor(core: Pick<RoomCore, 'mixers' | 'log' | 'state'>) {
    this.#core = core;
  }

  add(run: LeftRun): void {
    if (this.#stopped) return;
    this.#runs.set(nameOf(run), run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > most && oldest !== undefined) this.#runs.delete(oldest);
    if (this.#core.mixers.knows(run.agent)) void this.#close(run);
  }

  /** Agents on which this may still run; those that are there are asked once more. */
  agentsOf(key: string): Set<MemberId> {
    const left = [...this.#runs.values()].filter((run) => run.key === key);
    for (const run of left) if (this.#core.mixers.knows(run.agent)) void this.#close(run);
    return new Set(left.map(({ agent }) => agent));
  }

  /** An agent is there, perhaps again. */
  joined(agent: MemberId): void {
    for (const run of this.#runs.values()) if (run.agent === agent) void this.#close(run);
  }

  stop(): void {
    this.#stopped = true;
    this.#runs.clear();
  }

  async #close(run: LeftRun): Promise<void> {
    if (this.#closing.has(run)) return;
    this.#closing.add(run);
    const { key, agent } = run;
    try {
      await run.close();
      if (this.#runs.get(nameOf(run)) === run) this.#runs.delete(nameOf(run));
      if (!this.#stopped) run.onClosed?.();
    } catch (error) {
      const { code } = PorticoError.from(error);
      this.#core.log.debug({ room: this.#core.state.id, job: key, agent, code }, 'left run not closed');
    } finally {
      this.#closing.delete(run);
    }
  }
}

const nameOf = ({ key, agent }: LeftRun): string => `${agent} ${key}`;
