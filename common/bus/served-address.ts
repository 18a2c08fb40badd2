import { PorticoError } from '../contract/errors.ts';
import { backoff, pause } from '../lifecycle/wait.ts';
import type { Logger } from '../observe/log.ts';
import type { BusHandler, Service } from './bus.ts';
import type { Inbox } from './inbox.ts';
import type { Link, Mailbox } from './link.ts';

export interface AddressTools {
  inbox: Inbox;
  log: Logger;
  /** Makes the address free for the next one in this process. */
  forget: () => void;
}

/** An address that this process serves until it is closed, on whatever link there is. */
export class ServedAddress implements Service {
  readonly address: string;
  readonly #handler: BusHandler;
  readonly #tools: AddressTools;
  #mailbox: Mailbox | undefined;
  #closed = false;

  constructor(address: string, handler: BusHandler, tools: AddressTools) {
    this.address = address;
    this.#handler = handler;
    this.#tools = tools;
  }

  /** @throws PorticoError `taken`, or whatever breaks the link. */
  async attach(link: Link): Promise<void> {
    const { inbox, log } = this.#tools;
    const mailbox = await link.open(this.address);
    const desk = { address: this.address, handler: this.#handler, holds: () => true };
    const deliver = inbox.handle.bind(inbox, desk);
    await mailbox.start(deliver, () => {
      if (this.#closed || this.#mailbox !== mailbox) return;
      log.warn({ address: this.address }, 'bus address was taken away by the broker');
      void this.restore(link);
    });
    this.#mailbox = mailbox;
    if (this.#closed) await this.#giveUp();
  }

  /**
   * Serves again after a break. Until the broker notices that our former connection is dead, that one still has the
   * address: the first attempt is awaited, the next ones follow by themselves.
   */
  async restore(link: Link): Promise<void> {
    if (await this.#tryAttach(link)) return;
    this.#tools.log.info({ address: this.address }, 'bus address is not free yet');
    void this.#keepTrying(link);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#giveUp();
    this.#tools.forget();
  }

  async #keepTrying(link: Link): Promise<void> {
    for (let n = 0; !this.#closed && !link.signal.aborted; n++) {
      await pause(backoff(n, { baseMs: 50, maxMs: 500 }), link.signal);
      if (await this.#tryAttach(link)) return;
    }
  }

  /** False when it should be tried again. When the link breaks, the next one attaches. */
  async #tryAttach(link: Link): Promise<boolean> {
    try {
      if (!this.#closed) await this.attach(link);
      return true;
    } catch (error) {
      const taken = error instanceof PorticoError && error.code === 'taken';
      if (taken || link.signal.aborted) return link.signal.aborted;
      this.#tools.log.warn({ address: this.address, err: error }, 'bus address cannot be served');
      return false;
    }
  }

  async #giveUp(): Promise<void> {
    const mailbox = this.#mailbox;
    this.#mailbox = undefined;
    await mailbox
      ?.close((delivery) => {
        this.#tools.inbox.refuse(this.address, delivery);
      })
      .catch(() => undefined); // The link broke, and the address with it.
  }
}
