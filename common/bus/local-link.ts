import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import {
  connectionLost,
  type Delivery,
  type Letter,
  type Link,
  type LinkEvents,
  type Mailbox,
  type ReplyTo,
} from './link.ts';
import type { LocalBroker } from './local-broker.ts';
import { topicMatches } from './topics.ts';

/** A connection to the broker of the process. */
export class LocalLink implements Link {
  readonly id = randomUUID();
  readonly name: string;
  readonly #lane: string;
  readonly #broker: LocalBroker;
  readonly #events: LinkEvents;
  readonly #over = new AbortController();
  readonly #patterns = new Set<string>();

  constructor(broker: LocalBroker, { name, lane }: { name: string; lane: string }, events: LinkEvents) {
    this.#broker = broker;
    this.name = name;
    this.#lane = lane;
    this.#events = events;
    setMaxListeners(0, this.signal);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  async post({ address, text, correlation, ttlMs }: Letter): Promise<boolean> {
    this.#check();
    const delivery: Delivery = {
      bytes: Buffer.byteLength(text),
      sharesClock: true,
      ...(correlation !== undefined && { replyTo: { link: this.id, correlation } }),
      text: () => text,
      done: () => undefined,
    };
    const routed = this.#broker.route(this.#lane, address, delivery, ttlMs);
    await this.#hop();
    return routed;
  }

  answer(to: ReplyTo, text: string): void {
    this.#broker.answer(to, text);
  }

  async publish(topic: string, text: string): Promise<void> {
    this.#check();
    this.#broker.injectEvent(topic, text);
    await this.#hop();
  }

  async open(address: string): Promise<Mailbox> {
    this.#check();
    await this.#hop();
    return this.#broker.take(address, this);
  }

  async bind(pattern: string): Promise<void> {
    this.#check();
    this.#patterns.add(pattern);
    await this.#hop();
  }

  async unbind(pattern: string): Promise<void> {
    this.#patterns.delete(pattern);
    await Promise.resolve();
  }

  deliverEvent(topic: string, delivery: Pick<Delivery, 'bytes' | 'text'>): void {
    if (this.signal.aborted) return;
    for (const pattern of this.#patterns) {
      if (topicMatches(pattern, topic)) {
        this.#events.event(topic, delivery);
        return;
      }
    }
  }

  deliverAnswer(correlation: string, text: string): void {
    if (!this.signal.aborted) this.#events.answer(correlation, text);
  }

  end(reason: Error): void {
    this.#broker.remove(this);
    this.#over.abort(reason);
  }

  async close(): Promise<void> {
    this.end(new Error('closed'));
    await Promise.resolve();
  }

  /** What asks the broker for something never resolves in the same turn of the event loop, as with a real broker. */
  async #hop(): Promise<void> {
    await setImmediate();
    this.#check();
  }

  #check(): void {
    if (this.signal.aborted) throw connectionLost();
  }
}

/** The queue of an address in this process. */
export class LocalBox implements Mailbox {
  readonly #gone: () => void;
  #waiting: { delivery: Delivery; until: number }[] = [];
  #deliver: ((delivery: Delivery) => void) | undefined;
  #refuse: ((delivery: Delivery) => void) | undefined;

  /** @param gone called when the address is free again */
  constructor(gone: () => void) {
    this.#gone = gone;
  }

  deliver(delivery: Delivery, until = Infinity): void {
    const take = this.#refuse ?? this.#deliver;
    if (take === undefined) {
      const now = performance.now();
      this.#waiting = this.#waiting.filter((one) => one.until > now);
      this.#waiting.push({ delivery, until });
    } else {
      take(delivery);
    }
  }

  async start(deliver: (delivery: Delivery) => void): Promise<void> {
    this.#deliver = deliver;
    for (const { delivery } of this.#waiting.splice(0)) deliver(delivery);
    await Promise.resolve();
  }

  async close(refuse: (delivery: Delivery) => void): Promise<void> {
    this.#gone();
    this.#refuse = refuse;
    for (const { delivery } of this.#waiting.splice(0)) refuse(delivery);
    await Promise.resolve();
  }

  /** The connection is over: what comes from now on is lost. */
  readonly drop = (): void => {
    this.#gone();
    this.#waiting = [];
    this.#refuse = () => undefined;
  };
}
