import { isDeepStrictEqual } from 'node:util';
import { backoff } from '../../common/lifecycle/wait.ts';
import { Connection, type ConnectionEnd, type ConnectionOptions } from './connection.ts';
import type { IngressProgress, IngressRetry, IngressSource } from './protocol.ts';

/** A connection that lasted so long was healthy: the next attempts begin with short pauses, ms. */
const healthyMs = 10_000;
const progressMs = 1_000;
/** Connections in a row that begin anew at once; a source that makes more of them waits as if it were lost. */
const mostAgain = 3;

export interface FetchingOptions extends Omit<
  ConnectionOptions,
  'source' | 'connectMs' | 'codec' | 'mustDecode' | 'onEnd'
> {
  retry: IngressRetry;
  onProgress: (progress: IngressProgress) => void;
}

/** Fetches a source for as long as it is wanted: one connection after the other. */
export class Fetching {
  readonly #options: FetchingOptions;
  #source: IngressSource | undefined;
  #connection: Connection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #progress: IngressProgress = { status: 'connecting', bitrate: 0, reconnects: 0 };
  #codec: ConnectionOptions['codec'];
  #mustDecode = false;
  /** Connections that gave nothing, in a row. */
  #failures = 0;
  #again = 0;
  /** When there were media last. */
  #goodAt = performance.now();
  #liveAt: number | undefined;
  #told = { at: performance.now(), bytes: 0 };

  constructor(options: FetchingOptions) {
    this.#options = options;
  }

  /** Another source, or the same one fetched in another way, begins at once. */
  set(source: IngressSource): void {
    if (isDeepStrictEqual(source, this.#source)) return;
    this.#source = source;
    this.#mustDecode = false;
    this.#failures = 0;
    this.#again = 0;
    this.#goodAt = performance.now();
    clearTimeout(this.#timer);
    void this.#connection?.close();
    this.#say({ status: 'connecting' });
    this.#connect();
  }

  /** Plays what is due. Called every few ms. */
  poll(now: number): void {
    const connection = this.#connection;
    connection?.poll(now);
    if (connection?.live === true && connection === this.#connection) this.#noteLive(now);
    if (now - this.#told.at >= progressMs) this.#tell(now);
  }

  requestKeyFrame(): void {
    this.#connection?.requestKeyFrame();
  }

  /** Resolves when its FFmpegs are gone. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#connection?.close();
    this.#connection = undefined;
  }

  #connect(): void {
    const source = this.#source;
    if (source === undefined) return;
    this.#liveAt = undefined;
    const { retry, onTracks } = this.#options;
    const connection: Connection = new Connection({
      ...this.#options,
      source,
      connectMs: retry.connectMs,
      codec: this.#codec,
      mustDecode: this.#mustDecode,
      onTracks: (tracks) => {
        this.#codec = tracks.video?.codec ?? this.#codec;
        onTracks(tracks);
      },
      onEnd: (end) => {
        if (connection === this.#connection) this.#ended(end);
      },
    });
    this.#connection = connection;
    this.#told = { at: performance.now(), bytes: 0 };
  }

  #noteLive(now: number): void {
    this.#goodAt = now;
    this.#liveAt ??= now;
    if (now - this.#liveAt > healthyMs) {
      this.#failures = 0;
      this.#again = 0;
    }
    if (this.#progress.status === 'live') return;
    const { status, reconnects } = this.#progress;
    this.#say({ status: 'live', reconnects: status === 'retrying' ? reconnects + 1 : reconnects });
    this.#options.log.info({}, 'source is live');
  }

  #ended(end: ConnectionEnd): void {
    this.#connection = undefined;
    if (end.type === 'ended') {
      this.#say({ status: 'ended' });
    } else if (end.type === 'again' && this.#again < mostAgain) {
      this.#again += 1;
      this.#mustDecode = end.mustDecode;
      this.#options.log.info({ mustDecode: end.mustDecode }, 'source begins anew');
      this.#connect();
    } else {
      const jumped = { code: 'unavailable', message: 'the source begins anew again and again' };
      this.#retry(end.type === 'lost' ? end.error : jumped);
    }
  }

  #retry(error: NonNullable<IngressProgress['error']>): void {
    const { retry, log } = this.#options;
    const givenUp = performance.now() - this.#goodAt > retry.forMs;
    const status = givenUp ? 'failed' : 'retrying';
    log.warn({ ...error, failures: this.#failures, status }, 'source lost');
    this.#say({ status, error });
    if (givenUp) return;
    const pause = backoff(this.#failures, retry);
    this.#failures += 1;
    this.#timer = setTimeout(() => {
      this.#connect();
    }, pause);
  }

  #say(change: Pick<IngressProgress, 'status'> & Partial<IngressProgress>): void {
    const { reconnects } = this.#progress;
    this.#progress = { bitrate: 0, reconnects, ...change };
    this.#options.onProgress(this.#progress);
  }

  #tell(now: number): void {
    const { at, bytes } = this.#told;
    const total = this.#connection?.bytes ?? 0;
    this.#told = { at: now, bytes: total };
    const bitrate = Math.round((Math.max(0, total - bytes) * 8_000) / Math.max(1, now - at));
    this.#progress = { ...this.#progress, bitrate };
    this.#options.onProgress(this.#progress);
  }
}
