import type { Cursor } from '../common/contract/client.ts';
import type { MemberId } from '../common/contract/ids.ts';
import { isAfter, type StampedEntry } from '../common/contract/log.ts';
import { concerns, positionOf, type Rest } from '../common/room-log/tail.ts';
import { heldBy } from './absence.ts';
import type { Participant } from './participant.ts';
import type { RoomCore } from './room-core.ts';

/** Texts of earlier owners that are kept for those who come back after both their portal and the owner are gone. */
const inheritedTexts = 100;

/** What participants were not told: from the log of this owner, and what is left of those before. */
export class Missed {
  readonly #core: RoomCore;
  #inherited: StampedEntry[] = [];

  constructor(core: RoomCore) {
    this.#core = core;
  }

  /** What a portal still knows of the log of earlier owners: only texts count, the rest is in the state of the room. */
  inherit(entries: readonly StampedEntry[]): void {
    const { owner } = this.#core;
    const texts = entries.filter(({ epoch, entry }) => epoch < owner.epoch && entry.event.name === 'text');
    this.#inherited = inOrder([...this.#inherited, ...texts]).slice(-inheritedTexts);
  }

  /** What this owner has said to a participant after a position. */
  by({ id }: Participant, cursor: Cursor): Rest {
    const { complete, entries } = this.#core.journal.after(cursor);
    return { complete, entries: entries.filter(({ entry }) => concerns(entry, id)) };
  }

  /** What a participant was not told after a position, or all that is left. */
  of(participant: Participant, cursor: Cursor): Rest {
    const own = this.by(participant, cursor);
    return own.complete ? own : this.rest(participant, cursor);
  }

  /** The same for all participants of a portal, which lost messages on the way; complete in any case or a snapshot. */
  byPortal(portal: MemberId, cursor: Cursor): Rest {
    const { complete, entries } = this.#core.journal.after(cursor);
    const there = heldBy(this.#core.state.participants.values(), portal);
    const meant = ({ entry }: StampedEntry) => there.some(({ id }) => concerns(entry, id));
    if (complete) return { complete, entries: entries.filter(meant) };
    const texts = this.#texts(cursor).filter(meant);
    return { complete, entries: [...texts, this.#snapshot(there.map(({ id }) => id))] };
  }

  /** All that is left when something is missing: the texts, then the room as it is. */
  rest({ id }: Participant, cursor: Cursor): Rest {
    const texts = this.#texts(cursor).filter(({ entry }) => concerns(entry, id));
    return { complete: false, entries: [...texts, this.#snapshot([id])] };
  }

  /** What another portal knew, continued by what this owner has said; what is left when that leaves a gap. */
  joined(participant: Participant, cursor: Cursor, known: readonly StampedEntry[]): Rest {
    const last = known.at(-1);
    if (!this.#core.journal.continues(last === undefined ? cursor : positionOf(last))) {
      return this.rest(participant, cursor);
    }
    const own = this.by(participant, cursor).entries;
    return { complete: true, entries: inOrder([...known, ...own]) };
  }

  #texts(cursor: Cursor): StampedEntry[] {
    const own = this.#core.journal.after(cursor).entries.filter(({ entry }) => entry.event.name === 'text');
    return inOrder([...this.#inherited, ...own]).filter((stamped) => isAfter(positionOf(stamped), cursor));
  }

  /** A numbered entry like any other: whoever gets it twice knows. */
  #snapshot(to: Participant['id'][]): StampedEntry {
    const { journal, state } = this.#core;
    return journal.tell(to, { name: 'room', data: state.toSnapshot() });
  }
}

/** Sorted by position, each position once. */
function inOrder(entries: readonly StampedEntry[]): StampedEntry[] {
  const sorted = entries.toSorted((a, b) => (isAfter(positionOf(a), positionOf(b)) ? 1 : -1));
  return sorted.filter((stamped, index) => {
    const before = sorted[index - 1];
    return before === undefined || isAfter(positionOf(stamped), positionOf(before));
  });
}
