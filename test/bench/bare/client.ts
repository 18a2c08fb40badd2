import { Device, type types } from 'mediasoup-client';
import { io, type Socket } from 'socket.io-client';

interface Joined {
  rtpCapabilities: types.RtpCapabilities;
  producers: string[];
}

/** The least a client needs to talk to bare/server.ts. Browser and Node. */
export class BareClient {
  readonly socket: Socket;
  readonly device: Device;
  #send: types.Transport | undefined;
  #recv: types.Transport | undefined;
  producers: string[] = [];

  constructor(url: string, device = new Device()) {
    this.socket = io(url, { transports: ['websocket'], forceNew: true });
    this.device = device;
  }

  async join(): Promise<void> {
    const { rtpCapabilities, producers } = await this.#ask<Joined>('join');
    this.producers = producers;
    await this.device.load({ routerRtpCapabilities: rtpCapabilities });
    const [send, recv] = await Promise.all([
      this.#ask<types.TransportOptions>('createTransport'),
      this.#ask<types.TransportOptions>('createTransport'),
    ]);
    this.#send = this.#connecting(this.device.createSendTransport(send));
    this.#recv = this.#connecting(this.device.createRecvTransport(recv));
    this.#send.on('produce', ({ kind, rtpParameters }, done, failed) => {
      this.#ask<{ id: string }>('produce', { id: this.#send?.id, kind, rtpParameters }).then(done, failed);
    });
  }

  async produce(options: types.ProducerOptions): Promise<types.Producer> {
    if (this.#send === undefined) throw new Error('not joined');
    return await this.#send.produce(options);
  }

  async consume(producerId: string): Promise<types.Consumer> {
    if (this.#recv === undefined) throw new Error('not joined');
    const options = await this.#ask<types.ConsumerOptions>('consume', {
      id: this.#recv.id,
      producerId,
      rtpCapabilities: this.device.recvRtpCapabilities,
    });
    const consumer = await this.#recv.consume(options);
    await this.#ask('resume', consumer.id);
    return consumer;
  }

  close(): void {
    this.#send?.close();
    this.#recv?.close();
    this.socket.disconnect();
  }

  #connecting(transport: types.Transport): types.Transport {
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      this.#ask('connectTransport', { id: transport.id, dtlsParameters }).then(done, failed);
    });
    return transport;
  }

  async #ask<T>(event: string, ...args: unknown[]): Promise<T> {
    return await (this.socket.emitWithAck(event, ...args) as Promise<T>);
  }
}
