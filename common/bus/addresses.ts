import { PorticoError } from '../contract/errors.ts';
import type { Logger } from '../observe/log.ts';
import type { BusHandler, Claim, Service } from './bus.ts';
import { HeldClaim } from './held-claim.ts';
import type { Inbox } from './inbox.ts';
import type { Link } from './link.ts';
import { type AddressTools, ServedAddress } from './served-address.ts';

/** Runs a task on a working link, again when it breaks. */
type OnLink = <T>(task: (link: Link) => Promise<T>) => Promise<T>;

/** The addresses of one bus. A broker does not stop a connection from taking an address twice; this does. */
export class Addresses {
  readonly #inbox: Inbox;
  readonly #log: Logger;
  readonly #onLink: OnLink;
  readonly #taken = new Set<string>();
  readonly #served = new Set<ServedAddress>();
  readonly #claims = new Set<HeldClaim>();

  constructor(inbox: Inbox, log: Logger, onLink: OnLink) {
    this.#inbox = inbox;
    this.#log = log;
    this.#onLink = onLink;
  }

  async serve(address: string, handler: BusHandler): Promise<Service> {
    this.#reserve(address);
    const served: ServedAddress = new ServedAddress(
      address,
      handler,
      this.#tools(address, () => this.#served.delete(served)),
    );
    try {
      await this.#onLink((link) => served.attach(link));
    } catch (error) {
      this.#taken.delete(address);
      throw error;
    }
    this.#served.add(served);
    return served;
  }

  async claim(address: string): Promise<Claim> {
    this.#reserve(address);
    try {
      return await this.#onLink(async (link) => {
        const mailbox = await link.open(address);
        link.signal.throwIfAborted();
        const claim: HeldClaim = new HeldClaim(
          address,
          mailbox,
          this.#tools(address, () => this.#claims.delete(claim)),
        );
        this.#claims.add(claim);
        return claim;
      });
    } catch (error) {
      this.#taken.delete(address);
      throw error;
    }
  }

  /** Serves everything on a new link. */
  async restore(link: Link): Promise<void> {
    await Promise.all([...this.#served].map((served) => served.restore(link)));
  }

  /** The link is over, and all claims with it. */
  lose(): void {
    for (const claim of [...this.#claims]) claim.lose();
  }

  async close(): Promise<void> {
    await Promise.all([
      ...[...this.#served].map((served) => served.close()),
      ...[...this.#claims].map((claim) => claim.release()),
    ]);
  }

  #reserve(address: string): void {
    if (this.#taken.has(address)) throw new PorticoError('taken', `this process has '${address}' already`);
    this.#taken.add(address);
  }

  #tools(address: string, forget: () => void): AddressTools {
    return {
      inbox: this.#inbox,
      log: this.#log,
      forget: () => {
        forget();
        this.#taken.delete(address);
      },
    };
  }
}
