import type { ClientInput } from '../common/contract/client.ts';
import type { ParticipantId } from '../common/contract/ids.ts';
import type { StampedEntry } from '../common/contract/log.ts';
import type { Participant } from './participant.ts';
import type { RoomCore } from './room-core.ts';

/** Messages of a participant remembered so that a repeated one is not delivered twice. */
const remembered = 200;

/** Messages between participants. */
export class Texts {
  readonly #core: RoomCore;
  /** Per sender, so that nobody makes others' messages forgotten. */
  readonly #seen = new Map<ParticipantId, Set<string>>();

  constructor(core: RoomCore) {
    this.#core = core;
  }

  /**
   * To everybody, the sender included (OWT 3.7), or to one. Resolves when the broker has it: what was acknowledged
   * arrives, also when this process dies now.
   */
  async send(from: Participant, { to, message, id }: ClientInput<'text'>): Promise<void> {
    const { journal, state } = this.#core;
    if (id === undefined || !this.#seen.get(from.id)?.has(id)) {
      if (to !== 'all') state.participant(to);
      if (id !== undefined) this.#remember(from.id, id);
      const common = { from: from.id, message, ...(id === undefined ? {} : { id }) };
      if (to === 'all') journal.tellAll({ name: 'text', data: { ...common, to: 'all' } });
      else journal.tell([to], { name: 'text', data: { ...common, to: 'me' } });
    }
    await journal.handedOver();
  }

  /** What portals still know of the log of an earlier owner: messages that are repeated to this one count once. */
  inherit(entries: readonly StampedEntry[]): void {
    for (const { entry } of entries) {
      if (entry.event.name !== 'text' || entry.event.data.id === undefined) continue;
      this.#remember(entry.event.data.from, entry.event.data.id);
    }
  }

  /** The participant left. */
  forget(participant: ParticipantId): void {
    this.#seen.delete(participant);
  }

  #remember(from: ParticipantId, id: string): void {
    const seen = this.#seen.get(from) ?? new Set();
    this.#seen.set(from, seen);
    seen.add(id);
    const [oldest] = seen;
    if (seen.size > remembered && oldest !== undefined) seen.delete(oldest);
  }
}
