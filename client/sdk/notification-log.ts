import type { Cursor, Incoming, Position } from './wire.ts';

type Logged = Incoming & { position: Position };

/** Whether position `a` is not after `b`. */
const notAfter = (a: Cursor, b: Cursor): boolean =>
  a.epoch < b.epoch || (a.epoch === b.epoch && a.seq <= b.seq);

const inOrder = (a: Logged, b: Logged): number =>
  a.position.epoch - b.position.epoch || a.position.seq - b.position.seq;

const isLogged = (incoming: Incoming): incoming is Logged => incoming.position !== undefined;

/** How the server fills what was missed (see `relogin` and `resync` of the contract). */
export type Filling = 'replay' | 'snapshot';

/**
 * Brings notifications into the order of the room's log, each once. Answers and notifications travel apart: what
 * arrives before the answer of a login is held until the answer says which part of the log is known. What is newer
 * than something missing is held until that is there.
 */
export class NotificationLog {
  readonly #deliver: (incoming: Incoming) => void;
  readonly #onGap: (gap: { after: Cursor; missing: number }) => void;
  #cursor: Cursor | undefined;
  /** Everything is held: an answer is on its way. */
  #holding = true;
  #held: Incoming[] = [];
  /** Newer than something that is missing. */
  #ahead: Logged[] = [];
  /** What is missing is not there any more: its texts come, then the room as a whole. */
  #collecting = false;

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

  /** Whether nothing is known to be missing. */
  get complete(): boolean {
    return this.#ahead.length === 0 && !this.#collecting;
  }

  receive(incoming: Incoming): void {
    if (this.#holding) this.#held.push(incoming);
    else if (!isLogged(incoming)) this.#deliver(incoming);
    else if (this.#collecting) this.#collect(incoming);
    else this.#pass(incoming);
  }

  /** A snapshot reflects the log up to `cursor`: delivers what was held and is newer. */
  open(cursor: Cursor): void {
    this.#cursor = cursor;
    this.#collecting = false;
    this.#letGo();
  }

  /** A new login will be tried: what was held belongs to the failed one. */
  reset(): void {
    this.#cursor = undefined;
    this.hold();
  }

  /** We are about to come back: what arrives waits for the answer, and all after the cursor will be told again. */
  hold(): void {
    this.#holding = true;
    this.#held = [];
    this.#ahead = [];
    this.#collecting = false;
  }

  /** The answer is there: what was missed is filled in this way. */
  release(filling: Filling): void {
    this.expect(filling);
    this.#letGo();
  }

  /** What is missing will be filled in this way. */
  expect(filling: Filling): void {
    this.#collecting = filling === 'snapshot';
    const room = this.#ahead.find(({ notification }) => notification.name === 'room');
    if (this.#collecting && room !== undefined) this.#leap(room);
  }

  #letGo(): void {
    const held = this.#held;
    this.#held = [];
    this.#holding = false;
    for (const incoming of held) this.receive(incoming);
    if (!this.#collecting) this.#catchUp();
  }

  #pass(incoming: Logged): void {
    const after = this.#cursor;
    if (after === undefined || notAfter(incoming.position, after)) return;
    if (this.#follows(incoming)) {
      this.#tell(incoming);
      this.#catchUp();
      return;
    }
    const first = this.#ahead.length === 0;
    this.#keep(incoming);
    if (first) this.#onGap({ after, missing: incoming.position.prev });
  }

  /** Another epoch starts with a snapshot of its own; only inside one epoch can something be missing. */
  #follows({ position }: Logged): boolean {
    const cursor = this.#cursor as Cursor;
    return position.epoch > cursor.epoch || position.prev <= cursor.seq;
  }

  #tell(incoming: Logged): void {
    const { epoch, seq } = incoming.position;
    // The room as a whole may be older than what is known.
    if (!notAfter(incoming.position, this.#cursor as Cursor)) this.#cursor = { epoch, seq };
    this.#deliver(incoming);
  }

  #keep(incoming: Logged): void {
    const same = this.#ahead.some((one) => inOrder(one, incoming) === 0);
    if (!same) this.#ahead = [...this.#ahead, incoming].sort(inOrder);
  }

  /** Delivers what was ahead, as far as nothing is missing in between. */
  #catchUp(): void {
    for (let next = this.#ahead[0]; next !== undefined; next = this.#ahead[0]) {
      const known = notAfter(next.position, this.#cursor as Cursor);
      if (!known && !this.#follows(next)) return;
      this.#ahead.shift();
      if (!known) this.#tell(next);
    }
  }

  #collect(incoming: Logged): void {
    this.#keep(incoming);
    if (incoming.notification.name === 'room') this.#leap(incoming);
  }

  /** The room as it is: what was kept is delivered up to it, whatever is missing in between. */
  #leap(room: Logged): void {
    this.#collecting = false;
    const past = this.#ahead.filter((one) => inOrder(one, room) <= 0);
    this.#ahead = this.#ahead.filter((one) => inOrder(one, room) > 0);
    for (const one of past) {
      // The room itself counts even when nothing has happened since.
      if (one === room || !notAfter(one.position, this.#cursor as Cursor)) this.#tell(one);
    }
    this.#catchUp();
  }
}
