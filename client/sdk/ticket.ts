/** Reads what a client may know of a ticket: until when it is good, by the server's clock, and how long that is, ms. */
export function readTicket(ticket: string): { notAfter: number; lifeMs: number } | undefined {
  try {
    // Names in it may be UTF-8, which `atob` does not decode: numbers are all that is read here.
    const value: unknown = JSON.parse(atob(ticket.replaceAll('-', '+').replaceAll('_', '/')));
    if (typeof value !== 'object' || value === null) return undefined;
    const { notBefore, notAfter } = value as Record<string, unknown>;
    if (typeof notAfter !== 'number') return undefined;
    // The clocks of server and client may differ by hours: the length counts from now.
    return { notAfter, lifeMs: notAfter - (typeof notBefore === 'number' ? notBefore : Date.now()) };
  } catch {
    return undefined;
  }
}

export interface TicketKeeperOptions {
  /** There is a new one. `notAfter`: ms since 1970 by the server's clock. */
  onTicket: (ticket: { ticket: string; notAfter: number }) => void;
  /** It should be renewed. */
  onDue: () => void;
  /** It is of no use any more. */
  onExpired: () => void;
}

/** Renewed so long before its end, ms; tickets of a short life a little later. */
const leadMs = 60_000;
const shortLeadMs = 10_000;
/** A renewal that failed is tried again after this, ms. */
const againMs = 5000;
/** Longest time that browsers can wait for, ms. */
const longest = 2 ** 31 - 1;

/** The newest reconnection ticket, and when it needs to be renewed. */
export class TicketKeeper {
  readonly #options: TicketKeeperOptions;
  #ticket: { text: string; expiresAt: number } | undefined;
  #due: ReturnType<typeof setTimeout> | undefined;
  #expiry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TicketKeeperOptions) {
    this.#options = options;
  }

  /** Undefined when there is none that is good. */
  get text(): string | undefined {
    return this.#ticket !== undefined && Date.now() < this.#ticket.expiresAt ? this.#ticket.text : undefined;
  }

  set(text: string): void {
    this.stop();
    const read = readTicket(text);
    // One that cannot be read may be good all the same: the server decides.
    const lifeMs = read?.lifeMs ?? Infinity;
    this.#ticket = { text, expiresAt: Date.now() + lifeMs };
    if (lifeMs < longest) {
      const lead = lifeMs < leadMs ? shortLeadMs : leadMs;
      this.#wait(Math.max(lifeMs - lead, lifeMs / 2));
      this.#expiry = setTimeout(this.#options.onExpired, lifeMs);
    }
    this.#options.onTicket({ ticket: text, notAfter: read?.notAfter ?? Infinity });
  }

  stop(): void {
    clearTimeout(this.#due);
    clearTimeout(this.#expiry);
  }

  #wait(ms: number): void {
    this.#due = setTimeout(() => {
      this.#wait(againMs);
      this.#options.onDue();
    }, ms);
  }
}
