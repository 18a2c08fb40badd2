import type { Channel, ChannelModel } from 'amqplib';
import { SerialQueue } from '../lifecycle/serial-queue.ts';

/**
 * A channel for everything that may fail (declaring, binding, deleting): the broker closes the channel of a failed
 * operation, so it must not be one that matters. One operation at a time; a failure costs a new channel.
 */
export class RabbitScratch {
  readonly #model: ChannelModel;
  readonly #queue = new SerialQueue();
  #channel: Channel | undefined;

  constructor(model: ChannelModel) {
    this.#model = model;
  }

  /** Runs a task when those before it are finished; rejects with what the broker says (`code` 405, ...). */
  async run<T>(task: (channel: Channel) => Promise<T>): Promise<T> {
    return await this.#queue.run(async () => await task(await this.#open()));
  }

  async #open(): Promise<Channel> {
    if (this.#channel !== undefined) return this.#channel;
    const channel = await this.#model.createChannel();
    channel.on('error', () => undefined); // The failed operation rejects with it.
    channel.on('close', () => {
      if (this.#channel === channel) this.#channel = undefined;
    });
    this.#channel = channel;
    return channel;
  }
}
