import { Emitter } from './emitter.ts';
import { Device } from './engine.ts';
import { PorticoClientError, toClientError } from './errors.ts';
import { IceRepair } from './ice-repair.ts';
import { backoff, sleep } from './timing.ts';
import { prewarmedFactory } from './native-capabilities.ts';
import type { RtpCapabilities, RtpParameters, Transport, TransportOptions } from './engine.ts';
import type { Requester } from './requests.ts';
import type { EngineOptions, Logger, SessionEndReason } from './types.ts';
import type { Answer, IceServer } from './wire.ts';

export type Direction = 'send' | 'recv';
export const bothDirections: readonly Direction[] = ['send', 'recv'];

export interface MediaLinkEvents {
  /** These transports are gone, and all sessions on them; `told`: the server says so. */
  lost: { directions: readonly Direction[]; reason: SessionEndReason; told: boolean };
}

export interface MediaLinkOptions {
  requester: Requester;
  logger: Logger;
  iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  engine?: EngineOptions | undefined;
  /** See `ConferenceOptions.mediaRepairMs`. */
  repairMs?: number | undefined;
}

/** Carried by a producer while it is made: takes the RTP parameters to the server. */
export interface ProduceData extends Record<string, unknown> {
  announce: (rtpParameters: RtpParameters) => void;
}

/** The media engine of one participant: its device and its two transports, replaced when they are lost. */
export class MediaLink extends Emitter<MediaLinkEvents> {
  readonly #options: MediaLinkOptions;
  readonly #transports = new Map<Direction, Promise<Transport>>();
  /** Those that exist, each with who looks after its network path. */
  readonly #live = new Map<Transport, IceRepair>();
  readonly #device: Promise<Device>;
  #loaded: Device | undefined;
  #iceServers: IceServer[] = [];
  /** Transports lost since one was connected. */
  readonly #losses = { send: 0, recv: 0 };
  #closed = false;

  /** Starts to ask the browser what it can do. */
  constructor(options: MediaLinkOptions) {
    super();
    this.#options = options;
    this.#device = createDevice(options.engine ?? {});
    this.#device.catch(() => undefined); // Reported by `open`.
  }

  /** Codecs to receive, as far as this browser and the server share them. */
  get recvCapabilities(): RtpCapabilities {
    return this.#loadedDevice().recvRtpCapabilities;
  }

  /** Codecs to send, as far as this browser and the server share them. */
  get sendCapabilities(): RtpCapabilities {
    return this.#loadedDevice().sendRtpCapabilities;
  }

  /** Takes what the login answer brought: no further round trip is needed to send and receive. */
  async open(
    media: Answer<'login'>['media'],
    iceServers: IceServer[],
    wanted: readonly Direction[],
  ): Promise<void> {
    this.#iceServers = iceServers;
    const device = await this.#device.catch((error: unknown) => {
      throw toClientError(error);
    });
    const capabilities =
      media?.rtpCapabilities ??
      (await this.#options.requester.request('getRouterRtpCapabilities', {})).rtpCapabilities;
    await device.load({ routerRtpCapabilities: capabilities as RtpCapabilities });
    this.#loaded = device;
    for (const direction of wanted) {
      const options = media?.transports[direction];
      if (options !== undefined) {
        this.#transports.set(direction, Promise.resolve(this.#create(direction, options, device)));
      }
    }
  }

  /** The transport of this direction; a lost one is replaced. */
  transport(direction: Direction): Promise<Transport> {
    if (this.#closed) return Promise.reject(new PorticoClientError('ended', 'The conference is over.'));
    const present = this.#transports.get(direction);
    if (present !== undefined) return present;
    const made = this.#request(direction);
    this.#transports.set(direction, made);
    made.catch(() => {
      if (this.#transports.get(direction) === made) this.#transports.delete(direction);
    });
    return made;
  }

  /** Drops transports that do not work any more; those who use them are told by `lost`. */
  lose(directions: readonly Direction[], reason: SessionEndReason, { told = false } = {}): void {
    if (this.#closed) return;
    this.#options.logger.warn('transports lost', { directions, reason });
    for (const direction of directions) this.#losses[direction] += 1;
    this.#drop(directions);
    this.emit('lost', { directions, reason, told });
  }

  /** `lose`, unless the transport has been replaced already. */
  discard(direction: Direction, transport: Transport): void {
    if (!transport.closed) this.lose([direction], 'transport_closed');
  }

  /** Ids of the transports that exist. */
  get held(): string[] {
    return [...this.#live.keys()].map(({ id }) => id);
  }

  /** We are back: the servers to find a path with are these now, and what is broken is repaired at once. */
  back(iceServers: IceServer[]): void {
    this.#iceServers = iceServers;
    for (const repair of this.#live.values()) void repair.check();
  }

  /** Our address may be another one: every transport looks for a path anew. */
  addressChanged(): void {
    for (const repair of this.#live.values()) repair.now({ evenConnected: true });
  }

  /** Browser statistics of the transports that exist. */
  async getStats(): Promise<{ send?: RTCStatsReport; recv?: RTCStatsReport }> {
    const entries = await Promise.allSettled(
      [...this.#transports].map(async ([direction, made]) => [direction, await (await made).getStats()]),
    );
    return Object.fromEntries(
      // One that is being replaced has nothing to tell.
      entries.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : [])),
    ) as { send?: RTCStatsReport; recv?: RTCStatsReport };
  }

  close(): void {
    this.#closed = true;
    this.#drop(bothDirections);
    this.removeAllListeners();
  }

  #drop(directions: readonly Direction[]): void {
    for (const direction of directions) {
      void this.#transports.get(direction)?.then(
        (transport) => {
          transport.close();
        },
        () => undefined,
      );
      this.#transports.delete(direction);
    }
  }

  #loadedDevice(): Device {
    if (this.#loaded !== undefined) return this.#loaded;
    throw new PorticoClientError('not_joined', 'Join the conference first.');
  }

  async #request(direction: Direction): Promise<Transport> {
    const device = this.#loadedDevice();
    // The first replacement is made at once; a server that takes none is not asked without end.
    const losses = this.#losses[direction];
    if (losses > 1) await sleep(backoff(losses, { baseMs: 100, maxMs: 5000 }));
    const answer = await this.#options.requester.request('createWebRtcTransport', { direction });
    this.#iceServers = answer.iceServers;
    const transport = this.#create(direction, answer.transport, device);
    if (this.#closed) {
      transport.close();
      throw new PorticoClientError('ended', 'The conference is over.');
    }
    return transport;
  }

  #create(
    direction: Direction,
    from: Answer<'createWebRtcTransport'>['transport'],
    device: Device,
  ): Transport {
    const { iceTransportPolicy } = this.#options;
    const options = {
      ...from,
      iceServers: this.#iceServers,
      ...(iceTransportPolicy !== undefined && { iceTransportPolicy }),
    } as TransportOptions;
    const transport =
      direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
    this.#wire(direction, transport);
    return transport;
  }

  #wire(direction: Direction, transport: Transport): void {
    const { requester, logger } = this.#options;
    const lost = (reason: SessionEndReason): void => {
      if (!transport.closed) this.lose([direction], reason);
    };
    transport.on('connectionstatechange', (state) => {
      if (state === 'connected') this.#losses[direction] = 0;
    });
    transport.on('connect', ({ dtlsParameters }, done) => {
      // Not waited for: ICE can begin at once, and DTLS repeats its first message until the server has this.
      done();
      requester
        .request('connectTransport', { transportId: transport.id, dtlsParameters })
        .catch((error: unknown) => {
          logger.warn('transport was not connected', { code: toClientError(error).code });
          lost('transport_closed');
        });
    });
    transport.on('produce', ({ rtpParameters, appData }, done) => {
      // The engine's queue is not held up by the server's answer: the next track is prepared meanwhile.
      (appData as ProduceData).announce(rtpParameters);
      done({ id: `${transport.id}-${String(Math.random()).slice(2)}` });
    });
    const limitMs = this.#options.repairMs;
    const repair = new IceRepair({
      transport,
      requester,
      logger,
      onLost: lost,
      ...(limitMs !== undefined && { limitMs }),
    });
    repair.start();
    this.#live.set(transport, repair);
    transport.observer.on('close', () => {
      this.#live.delete(transport);
    });
  }
}

async function createDevice(engine: EngineOptions): Promise<Device> {
  if (engine.createDevice !== undefined) return await engine.createDevice();
  return new Device({ handlerFactory: prewarmedFactory(engine) });
}
