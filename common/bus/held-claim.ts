import { PorticoError } from '../contract/errors.ts';
import type { BusHandler, Claim } from './bus.ts';
import { connectionLost, type Delivery, type Mailbox } from './link.ts';
import type { AddressTools } from './served-address.ts';

/** An address that only this process holds, as long as the link works on which it was taken. */
export class HeldClaim implements Claim {
  readonly address: string;
  readonly ended: Promise<'lost' | 'released'>;
  readonly #mailbox: Mailbox;
  readonly #tools: AddressTools;
  #end: (how: 'lost' | 'released') => void = () => undefined;
  #state: 'held' | 'serving' | 'releasing' | 'released' | 'lost' = 'held';

  constructor(address: string, mailbox: Mailbox, tools: AddressTools) {
    this.address = address;
    this.#mailbox = mailbox;
    this.#tools = tools;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @throws PorticoError `connection_lost` when the claim is over, `taken` when it is served already. */
  async serve(handler: BusHandler): Promise<void> {
    if (this.#state === 'serving') throw new PorticoError('taken', `'${this.address}' is served already`);
    if (this.#state !== 'held') throw connectionLost(`the claim of '${this.address}' is over`);
    this.#state = 'serving';
    const { inbox } = this.#tools;
    const desk = { address: this.address, handler, holds: () => this.#state !== 'lost' };
    const deliver = (delivery: Delivery): void => {
      if (desk.holds()) inbox.handle(desk, delivery);
    };
    try {
      await this.#mailbox.start(deliver, () => {
        this.lose();
      });
    } catch (error) {
      this.lose();
      throw connectionLost(`the claim of '${this.address}' was lost`, error);
    }
  }

  async release(): Promise<void> {
    if (this.#state !== 'held' && this.#state !== 'serving') {
      await this.ended;
      return;
    }
    this.#state = 'releasing';
    const { inbox } = this.#tools;
    await this.#mailbox
      .close((delivery) => {
        inbox.refuse(this.address, delivery);
      })
      .catch(() => undefined); // The link broke: the broker has freed the address.
    this.#over('released');
  }

  /** The link broke, or the broker took the address away. */
  lose(): void {
    if (this.#state === 'held' || this.#state === 'serving') this.#over('lost');
  }

  #over(how: 'lost' | 'released'): void {
    this.#state = how;
    this.#tools.forget();
    this.#end(how);
  }
}
