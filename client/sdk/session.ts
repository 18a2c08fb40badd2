import { Emitter } from './emitter.ts';
import { PorticoClientError, toClientError } from './errors.ts';
import { Keeper } from './keeper.ts';
import type { Transport } from './engine.ts';
import type { Direction, MediaLink } from './media-link.ts';
import type { Requester } from './requests.ts';
import type { Kind, KindSelector, Logger, Quality, SessionEndReason, SessionState } from './types.ts';

/** What publications and subscriptions need of their conference. */
export interface SessionContext {
  readonly requester: Requester;
  readonly link: MediaLink;
  readonly logger: Logger;
  /** Id of this participant. */
  readonly self: string;
  readonly requestTimeoutMs: number;
  createMediaStream(): MediaStream;
}

/** Which kinds `audio`, `video` or `av` means. */
export const kindsOf = (selector: KindSelector): Kind[] =>
  selector === 'av' ? ['audio', 'video'] : [selector];

/** How long the server keeps the place of an interrupted stream; then there is nothing left to restore, ms. */
const restorePatienceMs = 60_000;

interface CommonEvents {
  state: { state: SessionState; previous: SessionState };
  interrupted: { reason: SessionEndReason };
  resumed: Record<string, never>;
  ended: { reason: SessionEndReason; error?: PorticoClientError };
  quality: Quality;
}

/**
 * A publication or subscription: wanted until `stop`, made real by `establish` as often as the server loses it.
 * pending (until the first success) -> active <-> interrupted -> ended.
 */
export abstract class Session<E extends CommonEvents> extends Emitter<E> {
  readonly #context: SessionContext;
  readonly #keeper: Keeper;
  readonly #quality = new Map<string, Quality>();
  #state: SessionState = 'interrupted';
  #started: { resolve: () => void; reject: (error: PorticoClientError) => void } | undefined;
  #error: PorticoClientError | undefined;

  /** @internal */
  constructor(context: SessionContext) {
    super();
    this.#context = context;
    this.#keeper = new Keeper({
      attempt: (current) => this.#attempt(current),
      onReady: () => {
        this.#ready();
      },
      onRetry: (error, failures) => {
        this.#retrying(error, failures);
      },
      onGiveUp: (error) => {
        this.#error = error;
        this.end('failed');
      },
      patienceMs: () => (this.pending ? context.requestTimeoutMs : restorePatienceMs),
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Last quality told by the server, by track id. */
  get quality(): ReadonlyMap<string, Quality> {
    return this.#quality;
  }

  /** @internal Makes it real for the first time. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      this.#keeper.restore();
    });
  }

  /** @internal The server lost it: makes it real again, or waits for `restore` when `wait` is set. */
  interrupt(reason: SessionEndReason, { wait = false } = {}): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'active') {
      this.#setState('interrupted');
      this.announce('interrupted', { reason });
    }
    if (wait) this.#keeper.halt();
    else this.#keeper.restore();
  }

  /** @internal What it waited for is there. */
  restore(): void {
    if (this.#state === 'interrupted') this.#keeper.restore();
  }

  /** @internal Signalling was away, and is back. */
  extend(): void {
    this.#keeper.extend();
  }

  /** @internal It is over, for whatever reason; the server needs no telling. */
  end(reason: SessionEndReason): void {
    if (this.#state === 'ended') return;
    this.#keeper.halt();
    this.#setState('ended');
    this.release();
    const error = this.#error ?? new PorticoClientError('ended', `It ended: ${reason}.`);
    this.#started?.reject(error);
    this.#started = undefined;
    this.announce('ended', this.#error === undefined ? { reason } : { reason, error: this.#error });
  }

  /** @internal */
  report(quality: Quality): void {
    this.#quality.set(quality.track, quality);
    this.announce('quality', quality);
  }

  /** The transport it uses. */
  protected abstract readonly direction: Direction;

  /** One attempt; everything it made and does not need is closed when it throws or is overtaken. */
  protected abstract establish(transport: Transport, current: () => boolean): Promise<void>;

  /** Lets go of what it holds in the browser. */
  protected abstract release(): void;

  /** Called after each success, before `resumed`. */
  protected abstract settled(): void;

  protected get context(): SessionContext {
    return this.#context;
  }

  /** Whether the first attempt has not succeeded yet. */
  protected get pending(): boolean {
    return this.#started !== undefined;
  }

  protected assertOpen(): void {
    if (this.#state === 'ended') throw new PorticoClientError('ended', 'It has ended already.');
  }

  /** Events common to both kinds of session. */
  protected announce<N extends keyof CommonEvents>(name: N, event: CommonEvents[N]): void {
    (this as unknown as Emitter<CommonEvents>).emit(name, event);
  }

  #ready(): void {
    const started = this.#started;
    this.#started = undefined;
    this.#setState('active');
    this.settled();
    if (started === undefined) this.announce('resumed', {});
    else started.resolve();
  }

  #retrying(error: PorticoClientError, failures: number): void {
    this.#context.logger.debug('session is tried again', { code: error.code, failures });
  }

  async #attempt(current: () => boolean): Promise<void> {
    const { link } = this.#context;
    // First: the server takes no session of somebody who has no transport.
    const transport = await link.transport(this.direction);
    if (!current()) return;
    try {
      await this.establish(transport, current);
    } catch (error) {
      // The server has forgotten this transport without saying so: with another one the session can be made.
      if (current() && toClientError(error).code === 'transport_not_found')
        link.discard(this.direction, transport);
      throw error;
    }
  }

  #setState(state: SessionState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.announce('state', { state, previous });
  }
}
