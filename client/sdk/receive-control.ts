import { toClientError } from './errors.ts';
import { SingleRun } from './single-run.ts';
import type { Requester } from './requests.ts';
import type { Kind, Layers, Logger } from './types.ts';

export interface Wanted {
  /** Paused kinds. */
  audio: boolean;
  video: boolean;
  /** Highest layers to receive; undefined: as many as fit. */
  layers: Layers | undefined;
}

const sameLayers = (a: Layers | undefined, b: Layers | undefined): boolean =>
  a?.spatial === b?.spatial && a?.temporal === b?.temporal;

/**
 * What is wanted of a subscription and what its server knows: the difference is requested, one thing at a time, so that
 * the last wish wins however quickly wishes change. A new subscription at the server starts with nothing known.
 */
export class ReceiveControl {
  readonly #requester: Requester;
  readonly #logger: Logger;
  #wanted: Wanted = { audio: false, video: false, layers: undefined };
  #told: Wanted = { audio: false, video: false, layers: undefined };
  #id: string | undefined;
  readonly #telling = new SingleRun(() => this.#next());

  constructor(requester: Requester, logger: Logger) {
    this.#requester = requester;
    this.#logger = logger;
  }

  /** Resolves when the server knows, or at once while there is no subscription to tell of. */
  async want(change: Partial<Wanted>): Promise<void> {
    this.#wanted = { ...this.#wanted, ...change };
    await this.#telling.run();
  }

  /** `want`, when nobody waits for the outcome. */
  wish(change: Partial<Wanted>): void {
    this.want(change).catch((error: unknown) => {
      this.#logger.debug('wish was refused', { code: toClientError(error).code });
    });
  }

  /** There is a subscription at the server, which receives everything. */
  online(id: string): void {
    this.#id = id;
    this.#told = { audio: false, video: false, layers: undefined };
    this.wish({});
  }

  offline(): void {
    this.#id = undefined;
  }

  #next(): Promise<void> | undefined {
    const id = this.#id;
    const step = id === undefined ? undefined : this.#nextStep(id);
    return step?.().catch((error: unknown) => {
      // A subscription that was replaced meanwhile is of no interest; its successor is told instead.
      if (this.#id === id) throw error;
    });
  }

  #nextStep(id: string): (() => Promise<void>) | undefined {
    const { layers } = this.#wanted;
    if (layers !== undefined && !sameLayers(layers, this.#told.layers)) {
      return () => this.#tell(id, { layers }, () => this.#sendLayers(id, layers));
    }
    for (const kind of ['audio', 'video'] as const) {
      const paused = this.#wanted[kind];
      if (paused !== this.#told[kind]) {
        return () => this.#tell(id, { [kind]: paused }, () => this.#sendPaused(id, kind, paused));
      }
    }
    return undefined;
  }

  async #tell(id: string, change: Partial<Wanted>, send: () => Promise<unknown>): Promise<void> {
    await send();
    if (this.#id === id) this.#told = { ...this.#told, ...change };
  }

  #sendLayers(id: string, { spatial, temporal }: Layers): Promise<unknown> {
    return this.#requester.request('setLayers', {
      id,
      spatialLayer: spatial,
      ...(temporal !== undefined && { temporalLayer: temporal }),
    });
  }

  #sendPaused(id: string, data: Kind, paused: boolean): Promise<unknown> {
    const operation = paused ? 'pause' : 'play';
    return this.#requester.request('subscription-control', { id, operation, data });
  }
}
