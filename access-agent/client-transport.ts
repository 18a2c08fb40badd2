import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { Direction } from '../common/contract/client.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { TransportId } from '../common/contract/ids.ts';
import type { TransportOptions } from '../common/contract/media.ts';
import type { Config } from '../common/config/schema.ts';
import type { MediaMetrics } from '../common/media/media-metrics.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { RoomRouter } from '../common/media/room-router.ts';
import { LineEstimate } from './line-estimate.ts';

export interface ClientTransportOptions {
  router: RoomRouter;
  direction: Direction;
  config: Config['access'];
  metrics: MediaMetrics;
}

export interface ClientTransportEvents {
  /** It ended without us. */
  lost: [];
  /** Its client is heard by another network path than before. */
  moved: [];
}

/** A WebRTC transport of one participant. */
export class ClientTransport extends EventEmitter<ClientTransportEvents> {
  readonly id: TransportId;
  readonly direction: Direction;
  readonly worker: MediaWorker;
  readonly engine: types.WebRtcTransport;
  /** What can be sent to the client. */
  readonly line: LineEstimate;
  #connecting: { parameters: string; done: Promise<void> } | undefined;
  /** The client came with another connection: this one belongs to a page that is gone. */
  #superseded = false;

  private constructor(
    engine: types.WebRtcTransport,
    { router, direction, config, metrics }: ClientTransportOptions,
  ) {
    super();
    this.id = TransportId.parse(engine.id);
    this.direction = direction;
    this.worker = router.worker;
    this.engine = engine;
    this.line = new LineEstimate(engine, router.worker, config.initial_bitrate);
    metrics.transports.inc({ direction });
    engine.observer.once('close', () => {
      metrics.transports.dec({ direction });
    });
    engine.on('iceselectedtuplechange', () => {
      if (engine.dtlsState === 'connected') this.emit('moved');
    });
    engine.on('dtlsstatechange', (state) => {
      if (state === 'failed' || state === 'closed') this.emit('lost');
    });
  }

  /** @throws PorticoError `worker_lost` */
  static async create(options: ClientTransportOptions): Promise<ClientTransport> {
    const { router, direction, config } = options;
    const { worker } = router;
    const engine = await worker.run('createWebRtcTransport', () =>
      router.router.createWebRtcTransport({
        webRtcServer: worker.webRtcServer,
        enableUdp: true,
        enableTcp: true,
        preferUdp: true,
        initialAvailableOutgoingBitrate: config.initial_bitrate,
        iceConsentTimeout: config.ice_consent_timeout_s,
      }),
    );
    const transport = new ClientTransport(engine, options);
    const limit = config.max_incoming_bitrate;
    try {
      if (direction === 'send' && limit > 0) {
        await worker.run('setMaxIncomingBitrate', () => engine.setMaxIncomingBitrate(limit));
      }
    } catch (error) {
      transport.close();
      throw error;
    }
    return transport;
  }

  /**
   * Whether it may still carry media. ICE `disconnected` does not matter: it means a client that was silent for the consent
   * time-out, and the same transport goes on when the client is heard again or restarts ICE.
   */
  get healthy(): boolean {
    const { closed, dtlsState } = this.engine;
    return !closed && !this.#superseded && dtlsState !== 'failed' && dtlsState !== 'closed';
  }

  /** What the client needs to build its end. */
  get options(): TransportOptions {
    const { iceParameters, iceCandidates, dtlsParameters } = this.engine;
    return { id: this.id, iceParameters, iceCandidates, dtlsParameters };
  }

  /**
   * Repeating it with the same parameters is harmless.
   * @throws PorticoError `rtp_invalid`, `worker_lost`
   */
  async connect(dtlsParameters: types.DtlsParameters): Promise<void> {
    const parameters = JSON.stringify(dtlsParameters);
    if (this.#connecting !== undefined && this.#connecting.parameters !== parameters) {
      this.#superseded = true;
      throw new PorticoError(
        'rtp_invalid',
        `transport '${this.id}' is connected with other DTLS parameters; create a new transport`,
        { field: 'dtlsParameters' },
      );
    }
    const connecting = (this.#connecting ??= { parameters, done: this.#connect(dtlsParameters) });
    try {
      await connecting.done;
    } catch (error) {
      if (this.#connecting === connecting) this.#connecting = undefined;
      throw error;
    }
  }

  /** @throws PorticoError `worker_lost` */
  restartIce(): Promise<types.IceParameters> {
    return this.worker.run('restartIce', () => this.engine.restartIce());
  }

  /** Everything that arrived from the client, media or not, bytes. @throws PorticoError `worker_lost` */
  async bytesReceived(): Promise<number> {
    const [stats] = await this.worker.run('getStats', () => this.engine.getStats());
    return stats?.bytesReceived ?? 0;
  }

  close(): void {
    this.engine.close();
  }

  #connect(dtlsParameters: types.DtlsParameters): Promise<void> {
    return this.worker.run('connect', () => this.engine.connect({ dtlsParameters }));
  }
}
