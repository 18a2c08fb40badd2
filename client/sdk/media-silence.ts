/** What is read of an `RTCRtpReceiver`. */
export interface Heard {
  getSynchronizationSources(): readonly { timestamp: number }[];
}

export interface MediaSilenceOptions {
  /** Whatever is received at the moment. */
  receivers: () => Iterable<Heard>;
  /** Media that flowed has stopped, all of it. */
  onSilence: () => void;
  /** How long nothing arrives before that is remarkable, ms. */
  silentMs?: number;
}

/** How often it looks: reading the times of the last packets costs next to nothing, statistics would not, ms. */
const lookMs = 200;

/**
 * Notices that media has stopped to arrive, all of it at once. Usually that is harmless (everybody is muted), but it is
 * the first sign of a path that broke without a word: browsers tell the end of ICE consent only after 5 s, and a socket
 * whose other end does not answer any more stays open for long.
 */
export class MediaSilence {
  readonly #options: MediaSilenceOptions;
  #latest = -Infinity;
  #movedAt: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: MediaSilenceOptions) {
    this.#options = options;
  }

  /** Whether what flowed has stopped, and nothing has arrived since. */
  get silent(): boolean {
    return this.#latest > -Infinity && this.#movedAt === undefined;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.look(performance.now());
    }, lookMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Looks once; told once, then again only after something has arrived. */
  look(now: number): void {
    const { receivers, onSilence, silentMs = 800 } = this.#options;
    let latest = -Infinity;
    for (const receiver of receivers()) {
      for (const { timestamp } of receiver.getSynchronizationSources()) latest = Math.max(latest, timestamp);
    }
    if (latest > this.#latest) {
      this.#latest = latest;
      this.#movedAt = now;
    } else if (this.#movedAt !== undefined && now - this.#movedAt >= silentMs) {
      this.#movedAt = undefined;
      onSilence();
    }
  }
}
