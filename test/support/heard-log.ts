import type { Cursor, NotificationName, NotificationPayload } from '../../common/contract/client.ts';

interface Position extends Cursor {
  /** Number of the previous notification that was meant for this participant. */
  prev: number;
}

/** A notification that was taken; those of the log have a position. */
export interface Heard {
  name: NotificationName;
  payload: unknown;
  position?: Position;
}

interface Arrival extends Heard {
  /** The connection that brought it. */
  source: object;
}

/**
 * What a client was told, in the order of the room's log, each once. What comes twice or too early is counted and left
 * out, as our SDK does.
 */
export class HeardLog {
  readonly heard: Heard[] = [];
  /** Notifications of the log that had been taken before. */
  duplicates = 0;
  /** How often something was missing. */
  gaps = 0;
  onHeard: () => void = () => undefined;
  onGap: (cursor: Cursor) => void = () => undefined;
  #cursor: Cursor = { epoch: 0, seq: -1 };
  /** Set while an answer is on its way that says what has been told. */
  #held: Arrival[] | undefined = [];
  #source: object | undefined;

  get cursor(): Cursor {
    return this.#cursor;
  }

  /** Payloads of all notifications of one name. */
  all<N extends NotificationName>(name: N): NotificationPayload<N>[] {
    return this.heard.flatMap((one) => (one.name === name ? [one.payload as NotificationPayload<N>] : []));
  }

  /** An answer is awaited: what arrives is kept until `open`. */
  hold(source: object): void {
    this.#held = [];
    this.#source = source;
  }

  /** The answer has come: everything up to the cursor is known. */
  open(cursor: Cursor): void {
    this.#cursor = cursor;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const arrival of held) this.#take(arrival);
  }

  receive(source: object, name: string, payload: unknown, position?: unknown): void {
    // What an older connection still brings has nothing to say any more.
    this.#source ??= source;
    if (this.#source !== source) return;
    const arrival = { source, name: name as NotificationName, payload };
    const whole = position === undefined ? arrival : { ...arrival, position: position as Position };
    if (this.#held === undefined) this.#take(whole);
    else this.#held.push(whole);
  }

  #take({ name, payload, position }: Arrival): void {
    if (position === undefined) {
      this.heard.push({ name, payload });
      return;
    }
    const { epoch, seq, prev } = position;
    const { epoch: knownEpoch, seq: known } = this.#cursor;
    if (epoch < knownEpoch || (epoch === knownEpoch && seq <= known)) {
      this.duplicates += 1;
      return;
    }
    if (epoch === knownEpoch && prev > known) {
      this.gaps += 1;
      this.onGap(this.#cursor);
      return;
    }
    this.#cursor = { epoch, seq };
    this.heard.push({ name, payload, position });
    this.onHeard();
  }
}
