import type { Logger } from '../observe/log.ts';
import { within } from '../lifecycle/wait.ts';
import { Addresses } from './addresses.ts';
import type { Bus, BusHandler, BusOptions, CallOptions, Claim, EventListener, Service } from './bus.ts';
import { Inbox } from './inbox.ts';
import { busClosing, connectionLost, type Link, type LinkEvents } from './link.ts';
import { Outbox } from './outbox.ts';
import { Subscriptions } from './subscriptions.ts';
import { Uplink } from './uplink.ts';
import { checkAddress, checkTopic, encodeContent, encodeEvent } from './wire.ts';

/** How long closing waits for the broker, ms. */
const closeLimitMs = 3_000;

export type OpenLink = (events: LinkEvents) => Promise<Link>;

/** Everything that makes a bus out of links; the implementations differ in the links they open. */
export class LinkedBus implements Bus {
  readonly #limits: BusOptions;
  readonly #outbox: Outbox;
  readonly #addresses: Addresses;
  readonly #subscriptions: Subscriptions;
  readonly #uplink: Uplink;

  protected constructor(openLink: OpenLink, limits: BusOptions, log: Logger) {
    this.#limits = limits;
    this.#outbox = new Outbox(limits);
    this.#subscriptions = new Subscriptions(limits.maxMessageBytes, log);
    this.#addresses = new Addresses(this.#inbox(log), log, (task) =>
      this.#uplink.use(limits.defaultTimeoutMs, task),
    );
    this.#uplink = new Uplink(
      {
        open: () => openLink(this.#events()),
        restore: async (link) => {
          await Promise.all([this.#addresses.restore(link), this.#subscriptions.restore(link)]);
        },
        up: (link) => {
          this.#outbox.attach(link);
        },
        down: () => {
          this.#outbox.detach();
          this.#addresses.lose();
        },
      },
      log,
    );
  }

  get state(): Bus['state'] {
    return this.#uplink.state;
  }

  /** @throws PorticoError see `Uplink.start` */
  protected async start(limitMs: number): Promise<void> {
    await this.#uplink.start(limitMs);
  }

  async call(
    address: string,
    method: string,
    params: unknown,
    { timeoutMs, id }: CallOptions = {},
  ): Promise<unknown> {
    return await this.#outbox.request({ kind: 'call', address, method, params, timeoutMs, id });
  }

  async send(address: string, method: string, params: unknown): Promise<void> {
    await this.#outbox.request({ kind: 'send', address, method, params });
  }

  async probe(address: string): Promise<boolean> {
    return await this.#outbox.probe(address);
  }

  async serve(address: string, handler: BusHandler): Promise<Service> {
    checkAddress(address);
    return await this.#addresses.serve(address, handler);
  }

  async claim(address: string): Promise<Claim> {
    checkAddress(address);
    return await this.#addresses.claim(address);
  }

  async publish(topic: string, event: unknown): Promise<void> {
    checkTopic(topic, 'topic');
    const text = encodeEvent(encodeContent(event, this.#limits.maxMessageBytes, `event '${topic}'`));
    const { link } = this.#uplink;
    if (link === undefined) throw this.state === 'closed' ? busClosing() : connectionLost();
    try {
      await link.publish(topic, text);
    } catch (error) {
      throw connectionLost(`the connection broke while '${topic}' was published`, error);
    }
  }

  async subscribe(pattern: string, listener: EventListener): Promise<Service> {
    checkTopic(pattern, 'pattern');
    const service = this.#subscriptions.add(pattern, listener, async () => {
      await this.#uplink.link?.unbind(pattern).catch(() => undefined); // A broken link has no bindings.
    });
    try {
      await this.#uplink.use(this.#limits.defaultTimeoutMs, (link) => link.bind(pattern));
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  onState(listener: (state: Bus['state']) => void): () => void {
    return this.#uplink.onState(listener);
  }

  async close(): Promise<void> {
    this.#outbox.close();
    const tidy = async (): Promise<void> => {
      if (this.#uplink.link !== undefined) await this.#addresses.close();
    };
    await within(tidy(), closeLimitMs, connectionLost).catch(() => undefined); // A hung broker must not hold us.
    await this.#uplink.close();
  }

  /** An answer that finds no connection waits for the next one: the caller may have kept its own. */
  #inbox(log: Logger): Inbox {
    return new Inbox(this.#limits, log, (to, text) => {
      const { link } = this.#uplink;
      if (link !== undefined) {
        link.answer(to, text);
        return;
      }
      const later = this.#uplink.use(this.#limits.defaultTimeoutMs, (next) => {
        next.answer(to, text);
        return Promise.resolve();
      });
      later.catch(() => undefined); // Nobody waits for it any more.
    });
  }

  #events(): LinkEvents {
    return {
      answer: (correlation, text) => {
        this.#outbox.answer(correlation, text);
      },
      event: (topic, delivery) => {
        this.#subscriptions.deliver(topic, delivery);
      },
      flow: (open) => {
        this.#outbox.flow(open);
      },
    };
  }
}
