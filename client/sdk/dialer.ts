import { PorticoClientError } from './errors.ts';
import { sleep } from './timing.ts';
import type { Connection } from './connection.ts';
import type { Endpoint } from './token.ts';
import type { Logger } from './types.ts';

export interface DialerOptions {
  /** Where to try, in this order; asked before each attempt. */
  endpoints: () => readonly Endpoint[];
  /** A connection that is not open yet; `round`: how often this endpoint has been tried before. */
  connect: (endpoint: Endpoint, round: number) => Connection;
  logger: Logger;
  pace?: Pace;
}

export interface Pace {
  /** Between two attempts, ms. */
  everyMs: number;
  /** Afterwards, ms: attempts become rarer... */
  quickMs: number;
  /** ...but not rarer than this, ms. */
  slowestMs: number;
  /** How long one attempt may take, ms. */
  attemptMs: number;
  /** Attempts at the same time. */
  most: number;
}

const defaultPace: Pace = { everyMs: 1000, quickMs: 60_000, slowestMs: 5000, attemptMs: 5000, most: 5 };

/** Those whose portal died all call at once: they spread a little before they fall upon the next one, ms. */
const spreadMs = 200;

const jittered = (ms: number): number => ms * (0.75 + Math.random() / 2);

/**
 * Looks for a portal during one outage. Attempts overlap: a network that has just come back may swallow the first
 * packets of one, and its time-out must not delay the next. The first connection that is made wins.
 */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #pace: Pace;
  readonly #began = Date.now();
  /** Attempts so far; the next one goes to the next endpoint. */
  #count = 0;
  #race: Race | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#pace = options.pace ?? defaultPace;
  }

  /**
   * Tries until a connection stands. A second call goes on with the endpoint after the last one.
   * @throws PorticoClientError `ended` when the signal aborts
   */
  async dial(signal: AbortSignal): Promise<Connection> {
    const race = new Race(signal);
    this.#race = race;
    void this.#keepTrying(race);
    try {
      return await race.winner;
    } finally {
      this.#race = undefined;
    }
  }

  /** The network has changed: starts over with an attempt at once. */
  hurry(): void {
    const race = this.#race;
    if (race === undefined) return;
    this.#count = 0;
    // What was begun on the old network is the least likely to succeed.
    if (race.size >= this.#pace.most) race.dropOldest();
    this.#attempt(race);
  }

  async #keepTrying(race: Race): Promise<void> {
    while (!race.over.aborted) {
      if (race.size < this.#pace.most) this.#attempt(race);
      await sleep(jittered(this.#interval()), race.over);
    }
  }

  #interval(): number {
    const { everyMs, quickMs, slowestMs } = this.#pace;
    const late = Date.now() - this.#began - quickMs;
    return late < 0 ? everyMs : Math.min(slowestMs, everyMs * 2 ** Math.floor(late / quickMs + 1));
  }

  #attempt(race: Race): void {
    if (race.over.aborted) return;
    const { endpoints, connect, logger } = this.#options;
    const list = endpoints();
    const endpoint = list[this.#count % list.length];
    if (endpoint === undefined) return;
    const round = Math.floor(this.#count / list.length);
    this.#count += 1;
    const firstRound = this.#count < list.length;
    logger.debug('connecting', { origin: endpoint.origin, attempt: this.#count });
    const failed = (): void => {
      // A portal that refuses at once is gone: the others need not wait for their turn.
      if (firstRound) void this.#soon(race);
    };
    race.enter(connect(endpoint, round), this.#pace.attemptMs, failed);
  }

  async #soon(race: Race): Promise<void> {
    await sleep(Math.random() * spreadMs, race.over);
    if (race.size < this.#pace.most) this.#attempt(race);
  }
}

/** Connections that are being opened; the first one that stands wins, the others are closed. */
class Race {
  readonly winner: Promise<Connection>;
  readonly #running = new Set<Connection>();
  readonly #end = new AbortController();
  #settle!: { resolve: (connection: Connection) => void; reject: (error: PorticoClientError) => void };

  constructor(signal: AbortSignal) {
    this.winner = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    const abort = (): void => {
      this.#finish();
      this.#settle.reject(new PorticoClientError('ended', 'Nobody looks for a portal any more.'));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    this.over.addEventListener('abort', () => {
      signal.removeEventListener('abort', abort);
    });
  }

  get over(): AbortSignal {
    return this.#end.signal;
  }

  get size(): number {
    return this.#running.size;
  }

  enter(connection: Connection, timeoutMs: number, onFailed: () => void): void {
    this.#running.add(connection);
    const out = (): void => {
      clearTimeout(timer);
      connection.close();
      if (this.#running.delete(connection) && !this.over.aborted) onFailed();
    };
    const timer = setTimeout(out, timeoutMs);
    connection.open().then(() => {
      clearTimeout(timer);
      if (!this.#running.delete(connection)) return;
      this.#finish();
      this.#settle.resolve(connection);
    }, out);
  }

  dropOldest(): void {
    const [oldest] = this.#running;
    if (oldest === undefined) return;
    this.#running.delete(oldest);
    oldest.close();
  }

  #finish(): void {
    this.#end.abort();
    const running = [...this.#running];
    this.#running.clear();
    for (const connection of running) connection.close();
  }
}
