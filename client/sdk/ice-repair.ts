import { toClientError } from './errors.ts';
import { sleep } from './timing.ts';
import type { Transport } from './engine.ts';
import type { Requester } from './signaling.ts';
import type { Logger, SessionEndReason } from './types.ts';

export interface IceRepairOptions {
  transport: Transport;
  requester: Requester;
  logger: Logger;
  onLost: (reason: SessionEndReason) => void;
  /** How long a disconnected transport may come back by itself, ms. */
  patienceMs?: number;
  /** How long a restart may take, ms. */
  restartMs?: number;
}

/**
 * Looks after one transport: a broken network path gets new ICE credentials first (streams stay as they are); when
 * that does not help, or the server does not know the transport any more, it is lost.
 */
export class IceRepair {
  readonly #options: IceRepairOptions;
  #running = false;

  constructor(options: IceRepairOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.transport.on('connectionstatechange', (state) => {
      if (state === 'failed' || state === 'disconnected') void this.#repair();
    });
  }

  async #repair(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      if (!(await this.#recovered())) this.#options.onLost('transport_closed');
    } catch (error) {
      this.#options.logger.warn('ICE restart failed', { code: toClientError(error).code });
      this.#options.onLost('transport_closed');
    } finally {
      this.#running = false;
    }
  }

  async #recovered(): Promise<boolean> {
    const { transport, requester, patienceMs = 1000, restartMs = 5000 } = this.#options;
    if (transport.connectionState !== 'failed' && (await this.#connectedWithin(patienceMs))) return true;
    if (transport.closed) return true;
    const answer = await requester.request('restartIce', { transportId: transport.id });
    if (this.#settled()) return true;
    await transport.updateIceServers({ iceServers: answer.iceServers as RTCIceServer[] });
    await transport.restartIce({ iceParameters: answer.iceParameters });
    return await this.#connectedWithin(restartMs);
  }

  #settled(): boolean {
    const { transport } = this.#options;
    return transport.closed || transport.connectionState === 'connected';
  }

  /** Whether the transport connects in time; one that was closed needs no repair either. */
  async #connectedWithin(ms: number): Promise<boolean> {
    const { transport } = this.#options;
    const over = new AbortController();
    const check = (): void => {
      if (this.#settled()) over.abort();
    };
    transport.on('connectionstatechange', check);
    transport.observer.on('close', check);
    await sleep(ms, over.signal);
    transport.off('connectionstatechange', check);
    transport.observer.off('close', check);
    return this.#settled();
  }
}
