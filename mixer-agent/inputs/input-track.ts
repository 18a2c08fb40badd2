import type { Kind } from '../../common/contract/media.ts';
import type { MixInput } from '../../common/contract/mix.ts';
import type { Origin } from '../../common/contract/origin.ts';
import { backoff } from '../../common/lifecycle/wait.ts';
import type { AgentParts } from '../parts.ts';
import { Feeding, type FeedPlace } from './feeding.ts';
import type { Tile } from './tile-layers.ts';

/** A picture that leaves the layout is kept at hand for so long, because it often comes back at once, ms. */
const hiddenMs = 5_000;
/** After so long what could not be fetched is tried again, ms; later on less often. */
const retryMs = 500;
const maxRetryMs = 5_000;

/** What is to be done with a track. */
export interface WantedTrack {
  readonly track: NonNullable<MixInput['video']>;
  /** Where a picture is shown; undefined: nowhere. */
  readonly tile: Tile | undefined;
}

export interface InputTrackOptions {
  parts: AgentParts;
  place: FeedPlace;
  kind: Kind;
  /** For the log. */
  names: Record<string, string>;
  /** What a mix process has to know of it has changed. */
  onChange: () => void;
}

interface Attempt {
  readonly origin: Origin;
  feeding?: Feeding;
}

/**
 * A track on its way into a mix. What is wanted is told whole; the track is fetched when it is needed, again when it was
 * lost, and given up when nobody needs it. None of that fails to the outside: without it the mix goes on.
 */
export class InputTrack {
  readonly #options: InputTrackOptions;
  #wanted: WantedTrack | undefined;
  #attempt: Attempt | undefined;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #hiding: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: InputTrackOptions) {
    this.#options = options;
  }

  /** Undefined while nothing can come. */
  get feeding(): Feeding | undefined {
    return this.#attempt?.feeding;
  }

  set(wanted: WantedTrack): void {
    this.#wanted = wanted;
    // Something has changed: what failed until now may work.
    this.#failures = 0;
    if (this.#flows) this.#keep();
    else if (this.#attempt !== undefined) this.#hide();
    this.#reconcile();
  }

  close(): void {
    this.#closed = true;
    this.#keep();
    this.#drop();
  }

  /** Whether packets are to flow: sound always, pictures while they are shown. */
  get #flows(): boolean {
    if (this.#wanted === undefined || this.#wanted.track.paused) return false;
    return this.#shown;
  }

  get #shown(): boolean {
    return this.#options.kind === 'audio' || this.#wanted?.tile !== undefined;
  }

  /** What should be fetched. */
  get #origin(): Origin | undefined {
    if (this.#closed) return undefined;
    const needed = this.#shown || this.#hiding !== undefined;
    return needed ? this.#wanted?.track.origin : undefined;
  }

  #reconcile(): void {
    const origin = this.#origin;
    if (origin?.producer !== this.#attempt?.origin.producer) this.#drop();
    if (origin === undefined) return;
    if (this.#attempt === undefined) this.#fetch(origin);
    else this.#steer();
  }

  #fetch(origin: Origin): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const attempt: Attempt = { origin };
    this.#attempt = attempt;
    const { parts, place, kind, names } = this.#options;
    Feeding.begin({ parts, place, kind, origin, onChange: this.#options.onChange }).then(
      (feeding) => {
        if (this.#attempt === attempt && !feeding.ended) this.#begin(attempt, feeding);
        else {
          feeding.close();
          this.#lost(attempt);
        }
      },
      (error: unknown) => {
        if (this.#attempt !== attempt) return;
        parts.log[this.#failures === 0 ? 'info' : 'debug']({ err: error, ...names }, 'input not fetched yet');
        this.#lost(attempt);
      },
    );
  }

  #begin(attempt: Attempt, feeding: Feeding): void {
    attempt.feeding = feeding;
    this.#failures = 0;
    feeding.once('ended', (reason) => {
      const { parts, names } = this.#options;
      parts.log.info({ ...names, reason }, 'input lost');
      this.#lost(attempt);
    });
    this.#steer();
    this.#options.onChange();
  }

  /** Nothing comes from there any more; it may still be wanted. */
  #lost(attempt: Attempt): void {
    if (this.#attempt !== attempt) return;
    this.#drop();
    if (this.#origin === undefined) return;
    const wait = retryMs + backoff(this.#failures, { baseMs: retryMs, maxMs: maxRetryMs });
    this.#failures += 1;
    this.#retry = setTimeout(() => {
      this.#reconcile();
    }, wait);
  }

  #steer(): void {
    const { track, tile } = this.#wanted ?? {};
    this.#attempt?.feeding?.steer({ flowing: this.#flows, tile, source: track?.parameters });
  }

  #drop(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.feeding?.close();
    if (attempt?.feeding !== undefined) this.#options.onChange();
  }

  #hide(): void {
    if (this.#options.kind === 'audio' || this.#shown) return;
    this.#hiding ??= setTimeout(() => {
      this.#hiding = undefined;
      this.#reconcile();
    }, hiddenMs);
  }

  #keep(): void {
    clearTimeout(this.#hiding);
    this.#hiding = undefined;
  }
}
