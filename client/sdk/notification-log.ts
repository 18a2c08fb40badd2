import type { Incoming } from './signaling.ts';
import type { Cursor } from './wire.ts';

/** Whether position `a` is not after `b`. */
const notAfter = (a: Cursor, b: Cursor): boolean =>
  a.epoch < b.epoch || (a.epoch === b.epoch && a.seq <= b.seq);

/**
 * Brings notifications into the order of the room's log. Answers and notifications travel apart: what arrives
 * before the login answer is held until the answer says which part of the log its snapshot reflects.
 */
export class NotificationLog {
  readonly #deliver: (incoming: Incoming) => void;
  readonly #onGap: (gap: { after: Cursor; missing: number }) => void;
  #cursor: Cursor | undefined;
  #held: Incoming[] = [];

  constructor(
    deliver: (incoming: Incoming) => void,
    onGap: (gap: { after: Cursor; missing: number }) => void,
  ) {
    this.#deliver = deliver;
    this.#onGap = onGap;
  }

  /** Last position that is reflected in what was delivered. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  receive(incoming: Incoming): void {
    if (this.#cursor === undefined) this.#held.push(incoming);
    else this.#pass(incoming, this.#cursor);
  }

  /** The snapshot reflects the log up to `cursor`: delivers what was held and is newer. */
  open(cursor: Cursor): void {
    this.#cursor = cursor;
    const held = this.#held;
    this.#held = [];
    for (const incoming of held) this.#pass(incoming, this.#cursor);
  }

  /** A new login will be tried: what was held belongs to the failed one. */
  reset(): void {
    this.#cursor = undefined;
    this.#held = [];
  }

  #pass(incoming: Incoming, cursor: Cursor): void {
    const { position } = incoming;
    if (position !== undefined) {
      if (notAfter(position, cursor)) return;
      // Another epoch starts with a snapshot of its own; only inside one epoch can something be missing.
      if (position.epoch === cursor.epoch && position.prev > cursor.seq) {
        this.#onGap({ after: cursor, missing: position.prev });
      }
      this.#cursor = { epoch: position.epoch, seq: position.seq };
    }
    this.#deliver(incoming);
  }
}
