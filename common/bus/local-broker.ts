import { PorticoError } from '../contract/errors.ts';
import { Carrier } from './carrier.ts';
import type { Delivery, LinkEvents, ReplyTo } from './link.ts';
import { LocalBox, LocalLink } from './local-link.ts';

export interface LocalBrokerOptions {
  /** Milliseconds that the next message takes, for tests; messages of different senders then overtake each other. */
  delay?: () => number;
}

/**
 * What joins the services of one process: addresses, topics and the connections of the buses. It carries JSON text
 * only, as a real broker would, and breaks connections on request.
 */
export class LocalBroker {
  readonly #carrier: Carrier;
  readonly #boxes = new Map<string, LocalBox>();
  readonly #links = new Set<LocalLink>();
  #running = true;

  constructor({ delay }: LocalBrokerOptions = {}) {
    this.#carrier = new Carrier(delay);
  }

  /** Opens a connection; `name` tells connections apart for `sever`. */
  connect(name: string, events: LinkEvents, lane: string): LocalLink {
    if (!this.#running) throw new PorticoError('unavailable', 'the local broker is stopped');
    const link = new LocalLink(this, { name, lane }, events);
    this.#links.add(link);
    return link;
  }

  /** Breaks all connections and accepts none until `start`. */
  stop(): void {
    this.#running = false;
    this.sever();
  }

  start(): void {
    this.#running = true;
  }

  /** Breaks the connections of this name, or all; their buses connect again by themselves. */
  sever(name?: string): void {
    for (const link of [...this.#links]) {
      if (name === undefined || link.name === name) link.end(new Error('the local connection was severed'));
    }
  }

  /** Delivers a text to an address as if somebody had sent it. False when nobody serves the address. */
  inject(address: string, text: string): boolean {
    const box = this.#boxes.get(address);
    box?.deliver({
      bytes: Buffer.byteLength(text),
      sharesClock: true,
      text: () => text,
      done: () => undefined,
    });
    return box !== undefined;
  }

  /** Delivers a text to the subscribers of a topic as if somebody had published it. */
  injectEvent(topic: string, text: string): void {
    const delivery = { bytes: Buffer.byteLength(text), text: () => text };
    for (const link of this.#links) {
      this.carry(`event ${link.id}`, () => {
        link.deliverEvent(topic, delivery);
      });
    }
  }

  carry(lane: string, task: () => void): void {
    this.#carrier.carry(lane, task);
  }

  /** @throws PorticoError `taken` */
  take(address: string, link: LocalLink): LocalBox {
    if (this.#boxes.has(address)) throw new PorticoError('taken', `'${address}' belongs to another`);
    const box = new LocalBox(() => {
      if (this.#boxes.get(address) === box) this.#boxes.delete(address);
    });
    this.#boxes.set(address, box);
    link.signal.addEventListener('abort', box.drop);
    return box;
  }

  /** Puts a message on its way; false when nobody serves the address. */
  route(lane: string, address: string, delivery: Delivery, ttlMs?: number): boolean {
    const box = this.#boxes.get(address);
    if (box === undefined) return false;
    const until = ttlMs === undefined ? Infinity : performance.now() + ttlMs;
    this.carry(`${lane} ${address}`, () => {
      box.deliver(delivery, until);
    });
    return true;
  }

  /** Answers keep no order among each other: each has a lane of its own. */
  answer({ link: id, correlation }: ReplyTo, text: string): void {
    this.carry(`answer ${id} ${correlation}`, () => {
      for (const link of this.#links) if (link.id === id) link.deliverAnswer(correlation, text);
    });
  }

  remove(link: LocalLink): void {
    this.#links.delete(link);
  }
}
