import { setMaxListeners } from 'node:events';
import { type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import { PorticoError } from '../contract/errors.ts';
import { within } from '../lifecycle/wait.ts';
import {
  connectionLost,
  type Letter,
  type Link,
  type LinkEvents,
  type Mailbox,
  type ReplyTo,
} from './link.ts';
import { connectLimitMs, destroySocket, openModel, type RabbitConnectOptions } from './rabbit-connect.ts';
import { RabbitMailbox, textOf } from './rabbit-mailbox.ts';
import { RabbitScratch } from './rabbit-scratch.ts';

export interface RabbitLinkOptions extends RabbitConnectOptions {
  /** First word of the names of our queues and of the exchange. */
  prefix: string;
}

const closeLimitMs = 1_000;
/**
 * Messages of one address that may be in handling. A handler that calls an address whose handler calls back waits for
 * a place here, so it is far above what nested calls need; beyond it messages wait (and expire) in the broker.
 */
const prefetch = 1_000;
/** Events kept for a process that does not read them; the oldest go first. */
const maxEvents = 100_000;
const replyQueue = 'amq.rabbitmq.reply-to';

/**
 * One AMQP connection. Requests are published to the default exchange with the name of the queue, on one confirm
 * channel (calls, sends and probes in one order); answers come by direct reply-to on the same channel.
 */
export class RabbitLink implements Link {
  readonly #model: ChannelModel;
  readonly #options: RabbitLinkOptions;
  readonly #events: LinkEvents;
  readonly #over = new AbortController();
  readonly #scratch: RabbitScratch;
  readonly #outgoing: ConfirmChannel;
  readonly #incoming: Channel;
  /** Ids of messages that came back unroutable and whose confirmation has not come yet. */
  readonly #returned = new Set<string>();
  #posted = 0;
  #eventQueue: Promise<string> | undefined;

  private constructor(
    { model, outgoing, incoming }: Channels,
    options: RabbitLinkOptions,
    events: LinkEvents,
  ) {
    this.#model = model;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#options = options;
    this.#events = events;
    this.#scratch = new RabbitScratch(model);
    setMaxListeners(0, this.signal);
  }

  /** @throws LinkRefused, or whatever the network says */
  static async open(options: RabbitLinkOptions, events: LinkEvents): Promise<RabbitLink> {
    const model = await openModel(options);
    try {
      return await within(RabbitLink.#prepare(model, options, events), connectLimitMs, connectionLost);
    } catch (error) {
      destroySocket(model, error);
      throw error;
    }
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  async post({ address, text, correlation, ttlMs }: Letter): Promise<boolean> {
    const messageId = (this.#posted++).toString(36);
    const options = {
      mandatory: true,
      messageId,
      ...(correlation !== undefined && { correlationId: correlation, replyTo: replyQueue }),
      ...(ttlMs !== undefined && { expiration: Math.ceil(ttlMs) }),
    };
    return await new Promise((resolve, reject) => {
      this.#publish('', this.#queue(address), text, options, reject, () => {
        resolve(!this.#returned.delete(messageId));
      });
    });
  }

  answer({ link, correlation }: ReplyTo, text: string): void {
    if (this.signal.aborted) return;
    this.#incoming.publish('', link, Buffer.from(text), { correlationId: correlation });
  }

  async publish(topic: string, text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#publish(this.#exchange, topic, text, {}, reject, resolve);
    });
  }

  async open(address: string): Promise<Mailbox> {
    const queue = this.#queue(address);
    const options = { exclusive: true, durable: false, autoDelete: false };
    try {
      await this.#scratch.run((channel) => channel.assertQueue(queue, options));
    } catch (error) {
      if (codeOf(error) !== 405) throw connectionLost(undefined, error);
      throw new PorticoError('taken', `'${address}' belongs to another`, {}, { cause: error });
    }
    const { signal } = this;
    return new RabbitMailbox(queue, { inbox: this.#incoming, scratch: this.#scratch, signal });
  }

  async bind(pattern: string): Promise<void> {
    this.#eventQueue ??= this.#openEvents();
    try {
      const queue = await this.#eventQueue;
      await this.#scratch.run((channel) => channel.bindQueue(queue, this.#exchange, pattern));
    } catch (error) {
      // Without our queue or exchange the connection is of no use; the next one declares them.
      this.#end(errorOf(error));
      throw connectionLost(`events of '${pattern}' cannot be received`, error);
    }
  }

  async unbind(pattern: string): Promise<void> {
    const queue = await this.#eventQueue;
    if (queue === undefined) return;
    await this.#scratch.run((channel) => channel.unbindQueue(queue, this.#exchange, pattern));
  }

  async close(): Promise<void> {
    if (this.signal.aborted) return;
    const reason = new Error('closed');
    // Closing the channels first lets what is written on them go out; the connection would overtake it.
    const goodbye = Promise.all([this.#outgoing.close(), this.#incoming.close()]).then(() =>
      this.#model.close(),
    );
    this.#over.abort(reason);
    await within(goodbye, closeLimitMs, connectionLost).catch(() => undefined);
    destroySocket(this.#model, reason);
  }

  get #exchange(): string {
    return `${this.#options.prefix}.events`;
  }

  #queue(address: string): string {
    return `${this.#options.prefix}.${address}`;
  }

  static async #prepare(
    model: ChannelModel,
    options: RabbitLinkOptions,
    events: LinkEvents,
  ): Promise<RabbitLink> {
    const [outgoing, incoming] = await Promise.all([model.createConfirmChannel(), model.createChannel()]);
    const link = new RabbitLink({ model, outgoing, incoming }, options, events);
    link.#watch();
    await Promise.all([
      incoming.prefetch(prefetch),
      outgoing.consume(replyQueue, link.#onAnswer, { noAck: true }),
      link.#scratch.run((channel) => channel.assertExchange(link.#exchange, 'topic', { durable: false })),
    ]);
    return link;
  }

  /** Whatever goes wrong with the connection or a channel that matters ends the link. */
  #watch(): void {
    const end = (error?: Error): void => {
      this.#end(error ?? new Error('the broker closed the connection'));
    };
    this.#model.on('close', end);
    for (const source of [this.#model, this.#outgoing, this.#incoming]) source.on('error', end);
    for (const channel of [this.#outgoing, this.#incoming])
      channel.on('close', () => {
        end();
      });
    this.#outgoing.on('return', ({ properties }) => {
      const id = textOf(properties.messageId);
      if (id !== undefined) this.#returned.add(id);
    });
    this.#model.on('blocked', () => {
      if (!this.signal.aborted) this.#events.flow(false);
    });
    this.#model.on('unblocked', () => {
      if (!this.signal.aborted) this.#events.flow(true);
    });
  }

  #end(error: Error): void {
    if (this.signal.aborted) return;
    this.#over.abort(error);
    destroySocket(this.#model, error);
  }

  readonly #onAnswer = (message: ConsumeMessage | null): void => {
    if (this.signal.aborted) return;
    const correlation = textOf(message?.properties.correlationId);
    if (message === null) this.#end(new Error('the broker cancelled the reply consumer'));
    else if (correlation !== undefined) this.#events.answer(correlation, message.content.toString('utf8'));
  };

  async #openEvents(): Promise<string> {
    const options = { exclusive: true, durable: false, autoDelete: true, maxLength: maxEvents };
    const { queue } = await this.#scratch.run((channel) => channel.assertQueue('', options));
    const receive = (message: ConsumeMessage | null): void => {
      if (this.signal.aborted) return;
      if (message === null) this.#end(new Error('the broker deleted the event queue'));
      else {
        const { content, fields } = message;
        this.#events.event(fields.routingKey, {
          bytes: content.length,
          text: () => content.toString('utf8'),
        });
      }
    };
    await this.#incoming.consume(queue, receive, { noAck: true });
    return queue;
  }

  #publish(
    exchange: string,
    key: string,
    text: string,
    options: object,
    reject: (error: unknown) => void,
    resolve: () => void,
  ): void {
    try {
      this.#outgoing.publish(exchange, key, Buffer.from(text), options, (error: unknown) => {
        if (error === null) resolve();
        else reject(error);
      });
    } catch (error) {
      // Only a closed channel throws; its event may not have reached us yet.
      this.#end(errorOf(error));
      reject(error);
    }
  }
}

interface Channels {
  model: ChannelModel;
  outgoing: ConfirmChannel;
  incoming: Channel;
}

const errorOf = (value: unknown): Error => (value instanceof Error ? value : new Error(String(value)));

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
