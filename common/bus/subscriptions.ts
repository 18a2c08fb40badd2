import type { Logger } from '../observe/log.ts';
import type { EventListener, Service } from './bus.ts';
import type { Delivery, Link } from './link.ts';
import { topicMatches } from './topics.ts';
import { decodeEvent, maxTextBytes } from './wire.ts';

/** The event listeners of a bus. A link delivers each event once; here it reaches all whose pattern matches. */
export class Subscriptions {
  readonly #maxBytes: number;
  readonly #log: Logger;
  readonly #byPattern = new Map<string, Set<Subscriber>>();

  constructor(maxMessageBytes: number, log: Logger) {
    this.#maxBytes = maxTextBytes(maxMessageBytes);
    this.#log = log;
  }

  /** Adds a listener; the caller binds the pattern. `unbind` is called when the last one of the pattern is closed. */
  add(pattern: string, listener: EventListener, unbind: () => Promise<void>): Service {
    const subscribers = this.#byPattern.get(pattern) ?? new Set();
    this.#byPattern.set(pattern, subscribers);
    const subscriber: Subscriber = { listener };
    subscribers.add(subscriber);
    return {
      close: async () => {
        if (!subscribers.delete(subscriber) || subscribers.size > 0) return;
        this.#byPattern.delete(pattern);
        await unbind();
      },
    };
  }

  async restore(link: Link): Promise<void> {
    await Promise.all([...this.#byPattern.keys()].map((pattern) => link.bind(pattern)));
  }

  deliver(topic: string, delivery: Pick<Delivery, 'bytes' | 'text'>): void {
    const matching = [...this.#byPattern].filter(([pattern]) => topicMatches(pattern, topic));
    if (matching.length === 0) return;
    const { bytes } = delivery;
    const found = bytes > this.#maxBytes ? undefined : decodeEvent(delivery.text());
    if (found === undefined) {
      this.#log.warn({ topic, bytes }, 'bus event dropped: malformed or too large');
      return;
    }
    for (const [, subscribers] of matching) {
      for (const { listener } of subscribers) this.#tell(listener, found.event, topic);
    }
  }

  #tell(listener: EventListener, event: unknown, topic: string): void {
    try {
      listener(event, topic);
    } catch (error) {
      this.#log.error({ err: error, topic }, 'bus event listener failed');
    }
  }
}

/** An object of its own, so that the same function may listen twice. */
interface Subscriber {
  listener: EventListener;
}
