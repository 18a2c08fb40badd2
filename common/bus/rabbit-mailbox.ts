import type { Channel, GetMessage, Message } from 'amqplib';
import type { Delivery, Mailbox } from './link.ts';
import type { RabbitScratch } from './rabbit-scratch.ts';

/** What a mailbox uses of its link. */
export interface MailboxChannels {
  /** Consumers and answers of all addresses; nothing that can fail is done on it. */
  inbox: Channel;
  scratch: RabbitScratch;
  /** Aborted when the channels are unusable. */
  signal: AbortSignal;
}

/** An exclusive queue of our connection. */
export class RabbitMailbox implements Mailbox {
  readonly #queue: string;
  readonly #channels: MailboxChannels;
  #consumerTag: string | undefined;
  #deliver: ((delivery: Delivery) => void) | undefined;

  constructor(queue: string, channels: MailboxChannels) {
    this.#queue = queue;
    this.#channels = channels;
  }

  async start(deliver: (delivery: Delivery) => void, cancelled: () => void): Promise<void> {
    this.#deliver = deliver;
    const { inbox, signal } = this.#channels;
    const { consumerTag } = await inbox.consume(this.#queue, (message) => {
      // What was read before the end is of no use after it: another may have the address by now.
      if (signal.aborted) return;
      if (message === null) cancelled();
      else this.#deliver?.(this.#delivery(message));
    });
    this.#consumerTag = consumerTag;
  }

  /** What has not reached us yet is fetched and refused, then the queue is deleted. */
  async close(refuse: (delivery: Delivery) => void): Promise<void> {
    const { inbox, scratch } = this.#channels;
    this.#deliver = refuse;
    if (this.#consumerTag !== undefined) await inbox.cancel(this.#consumerTag);
    await scratch.run(async (channel) => {
      for (;;) {
        const message = await channel.get(this.#queue, { noAck: true });
        if (message === false) break;
        refuse(fetched(message));
      }
      await channel.deleteQueue(this.#queue);
    });
  }

  #delivery(message: Message): Delivery {
    const { inbox, signal } = this.#channels;
    let acknowledged = false;
    return {
      ...fetched(message),
      done: () => {
        // A second acknowledgement of the same message would close the channel.
        if (acknowledged || signal.aborted) return;
        acknowledged = true;
        inbox.ack(message);
      },
    };
  }
}

function fetched({ content, properties }: Message | GetMessage): Delivery {
  const link = textOf(properties.replyTo);
  const correlation = textOf(properties.correlationId);
  return {
    bytes: content.length,
    sharesClock: false,
    ...(link !== undefined && correlation !== undefined && { replyTo: { link, correlation } }),
    text: () => content.toString('utf8'),
    done: () => undefined,
  };
}

/** Properties of foreign messages may be anything. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
