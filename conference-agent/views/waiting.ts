import { PorticoError } from '../../common/contract/errors.ts';
import type { ParticipantId } from '../../common/contract/ids.ts';
import type { Origin } from '../../common/contract/origin.ts';
import { within } from '../../common/lifecycle/wait.ts';
import type { Wish } from './demand.ts';
import type { View } from './view.ts';

/** Where the outputs of a wish can be received. */
export interface Origins {
  audio?: Origin;
  video?: Origin;
}

interface Waiter {
  wish: Wish;
  resolve: (origins: Origins) => void;
  reject: (error: PorticoError) => void;
}

/** How long a subscription waits for its outputs, ms. */
const patienceMs = 4_000;

/** Those who wait for outputs of a view that are about to be made. */
export class Waiting {
  readonly #view: View;
  readonly #waiters = new Set<Waiter>();

  constructor(view: View) {
    this.#view = view;
  }

  /** Undefined while one of the outputs is not there. */
  find({ audio, video }: Wish): Origins | undefined {
    const origins: Origins = {};
    if (audio !== undefined) {
      const found = this.#view.origin('audio', audio);
      if (found === undefined) return undefined;
      origins.audio = found;
    }
    if (video !== undefined) {
      const found = this.#view.origin('video', video.key);
      if (found === undefined) return undefined;
      origins.video = found;
    }
    return origins;
  }

  /**
   * Resolves when all outputs of a wish are there.
   * @throws PorticoError why they are not; `timeout`
   */
  async for(wish: Wish): Promise<Origins> {
    let waiter: Waiter | undefined;
    const answer = new Promise<Origins>((resolve, reject) => {
      waiter = { wish, resolve, reject };
      this.#waiters.add(waiter);
    });
    try {
      return await within(answer, patienceMs, () => this.#late());
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }

  #late(): PorticoError {
    const { label, interrupted, stream } = this.#view;
    return interrupted
      ? new PorticoError('stream_interrupted', `stream '${stream}' is interrupted`)
      : new PorticoError('timeout', `the view '${label}' could not be mixed in time`);
  }

  /** Outputs have come. */
  settle(): void {
    for (const waiter of this.#waiters) {
      const origins = this.find(waiter.wish);
      if (origins !== undefined) this.#done(waiter).resolve(origins);
    }
  }

  /** They are not coming. */
  refuse(error: PorticoError): void {
    for (const waiter of this.#waiters) this.#done(waiter).reject(error);
  }

  /** Somebody does not wait any more. */
  cancel(participant: ParticipantId, error: PorticoError): void {
    for (const waiter of this.#waiters) {
      if (waiter.wish.participant === participant) this.#done(waiter).reject(error);
    }
  }

  #done(waiter: Waiter): Waiter {
    this.#waiters.delete(waiter);
    return waiter;
  }
}
