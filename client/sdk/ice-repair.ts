import { toClientError } from './errors.ts';
import { sleep } from './timing.ts';
import type { Transport } from './engine.ts';
import type { Requester } from './requests.ts';
import type { Logger, SessionEndReason } from './types.ts';

export interface IceRepairOptions {
  transport: Transport;
  requester: Requester;
  logger: Logger;
  onLost: (reason: SessionEndReason) => void;
  /** How long a disconnected transport may come back by itself, ms. */
  patienceMs?: number;
  /** How long the first restart may take, ms; the next ones may take longer. */
  restartMs?: number;
  /** How long restarts may fail while signalling works, ms. */
  limitMs?: number;
}

/** While a transport works there is a report of the other side every second. */
const silentMs = 1500;

/** Whether nothing has arrived on the path in use for a while; browsers that do not tell count as not silent. */
function isSilent(stats: RTCStatsReport): boolean {
  let silent = false;
  for (const one of stats.values() as Iterable<Record<string, unknown>>) {
    const { type, nominated, timestamp, lastPacketReceivedTimestamp: last } = one;
    if (type !== 'candidate-pair' || nominated !== true) continue;
    if (typeof timestamp !== 'number' || typeof last !== 'number' || last === 0) continue;
    if (timestamp - last < silentMs) return false;
    silent = true;
  }
  return silent;
}

/** After these the server has nothing left to repair. */
const hopeless = new Set<string>(['transport_not_found', 'worker_lost']);
const longestRestartMs = 10_000;

/**
 * Looks after one transport: a broken network path gets new ICE credentials, again and again; streams stay as they are.
 * While signalling is away as well, the network is to blame and nothing is given up. Only when the server does not know
 * the transport any more, or signalling works and the path does not for a long time, it is lost.
 */
export class IceRepair {
  readonly #options: IceRepairOptions;
  #running = false;
  #waiting: AbortController | undefined;
  /** A path that works is to be replaced, too. */
  #forced = false;

  constructor(options: IceRepairOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.transport.on('connectionstatechange', () => {
      if (this.#broken()) void this.#run();
    });
  }

  /** Whoever knows that now is the time need not wait; `evenConnected`: our address may have changed. */
  now({ evenConnected = false } = {}): void {
    const { transport } = this.#options;
    // One that was never used gets its path when it is.
    const forced = evenConnected && transport.connectionState === 'connected';
    if (!forced && !this.#broken() && !this.#running) return;
    this.#forced ||= forced;
    this.#waiting?.abort();
    void this.#run({ patienceMs: 0 });
  }

  /**
   * We are back: what is broken is repaired at once, and so is what only seems to work. After a change of address the browser
   * notices only after 5 s that nothing arrives any more.
   */
  async check(): Promise<void> {
    const { transport } = this.#options;
    if (transport.connectionState !== 'connected') this.now();
    else if (isSilent(await transport.getStats())) this.now({ evenConnected: true });
  }

  async #run({ patienceMs = this.#options.patienceMs ?? 1000 } = {}): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { transport, onLost } = this.#options;
    if (transport.connectionState !== 'failed' && !this.#forced) await this.#connectedWithin(patienceMs);
    const repaired = await this.#restartUntilDone();
    this.#running = false;
    if (!repaired) onLost('transport_closed');
    // It may have broken again in between.
    else if (this.#broken()) void this.#run();
  }

  /** Returns false when it is given up. */
  async #restartUntilDone(): Promise<boolean> {
    const { requester, restartMs = 4000, limitMs = 60_000 } = this.#options;
    let spent = 0;
    for (let waitMs = restartMs; !this.#settled(); waitMs = Math.min(longestRestartMs, waitMs * 1.5)) {
      const began = Date.now();
      const lost = await this.#restart();
      if (lost) return false;
      await this.#connectedWithin(waitMs);
      // A round that ended without signalling says nothing: it may have been away for most of the time.
      if (requester.online) spent += Math.min(Date.now() - began, 2 * longestRestartMs);
      if (!this.#settled() && spent >= limitMs) return false;
    }
    return true;
  }

  /** Asks for new credentials, as soon as there is somebody to ask. Returns whether there is nothing to repair. */
  async #restart(): Promise<boolean> {
    const { transport, requester, logger } = this.#options;
    const wanted = (): boolean => !this.#settled();
    try {
      const answer = await requester.request('restartIce', { transportId: transport.id }, { wanted });
      if (this.#settled()) return false;
      this.#forced = false;
      logger.info('ICE is restarted', { transport: transport.id });
      await transport.updateIceServers({ iceServers: answer.iceServers as RTCIceServer[] });
      await transport.restartIce({ iceParameters: answer.iceParameters });
      return false;
    } catch (error) {
      const { code } = toClientError(error);
      if (transport.closed) return false;
      if (code !== 'ended') logger.warn('ICE restart failed', { code });
      return hopeless.has(code);
    }
  }

  #broken(): boolean {
    const { closed, connectionState } = this.#options.transport;
    return !closed && (connectionState === 'disconnected' || connectionState === 'failed');
  }

  #settled(): boolean {
    const { transport } = this.#options;
    return transport.closed || (transport.connectionState === 'connected' && !this.#forced);
  }

  /** Waits until the transport is connected or closed, or for so long. */
  async #connectedWithin(ms: number): Promise<void> {
    const { transport } = this.#options;
    const over = new AbortController();
    this.#waiting = over;
    const check = (): void => {
      if (this.#settled()) over.abort();
    };
    check();
    transport.on('connectionstatechange', check);
    transport.observer.on('close', check);
    await sleep(ms, over.signal);
    transport.off('connectionstatechange', check);
    transport.observer.off('close', check);
  }
}
