import type { NotificationPayload } from './wire.ts';

const most = 500;

/**
 * Ids of the last messages, by sender. A sender that got no answer repeats its message, and when the room has a new
 * owner meanwhile the message may be in the room's log twice.
 */
export class RecentTexts {
  readonly #seen = new Set<string>();

  /** Messages without an id are all new. */
  isNew({ from, id }: NotificationPayload<'text'>): boolean {
    if (id === undefined) return true;
    const key = `${from} ${id}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    const [oldest] = this.#seen;
    if (this.#seen.size > most && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}
