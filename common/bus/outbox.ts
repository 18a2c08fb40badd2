import { randomBytes } from 'node:crypto';
import { PorticoError } from '../contract/errors.ts';
import { backoff, pause } from '../lifecycle/wait.ts';
import type { BusOptions } from './bus.ts';
import { busClosing, connectionLost, type Link } from './link.ts';
import { checkAddress, decodeAnswer, encodeContent, encodeRequest, probeText } from './wire.ts';

export interface Order {
  kind: 'call' | 'send';
  address: string;
  method: string;
  params: unknown;
  timeoutMs?: number | undefined;
  id?: string | undefined;
}

/** A call or send from its issue until its result. */
interface Parcel {
  readonly kind: 'call' | 'send';
  readonly address: string;
  readonly method: string;
  readonly id: string;
  readonly correlation: string;
  readonly params: string;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  readonly timeoutMs: number;
  readonly timer: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: PorticoError): void;
  /** How often it was handed to a broker. */
  sent: number;
}

/** After a break others need a moment to serve again; so long a retried message waits for its address, ms. */
const reunionMs = 3_000;
const probeTtlMs = 1_000;
/** Timers fire a little early and clocks are compared across a network: whoever handles a message must be sure that
 * its caller still waits, so the caller waits this much longer than it says, ms. */
const patienceMs = 3;
const longestTimeoutMs = 2 ** 31 - 1 - patienceMs;

/**
 * The sending side: calls and sends until their result or deadline. While there is no connection they are held, in
 * the order of their issue for each address; those that were on their way when it broke are sent again with the same
 * id. Newer messages queue behind held ones, so the order holds across a break, too.
 */
export class Outbox {
  readonly #limits: BusOptions;
  readonly #pending = new Map<string, Parcel>();
  readonly #held = new Map<string, Parcel[]>();
  /** Makes ids unique among all buses. */
  readonly #name = randomBytes(9).toString('base64url');
  #count = 0;
  #link: Link | undefined;
  #flowing = true;
  #closed = false;

  constructor(limits: BusOptions) {
    this.#limits = limits;
  }

  /** @throws PorticoError see `Bus.call` and `Bus.send` */
  async request(order: Order): Promise<unknown> {
    const { kind, address, method, id } = order;
    if (this.#closed) throw busClosing();
    checkAddress(address);
    const params = encodeContent(order.params, this.#limits.maxMessageBytes, `${method} to '${address}'`);
    const timeoutMs = Math.min(order.timeoutMs ?? this.#limits.defaultTimeoutMs, longestTimeoutMs);
    const correlation = (this.#count++).toString(36);
    return await new Promise((resolve, reject) => {
      const parcel: Parcel = {
        kind,
        address,
        method,
        id: id ?? `${this.#name}.${correlation}`,
        correlation,
        params,
        deadline: performance.now() + timeoutMs,
        timeoutMs,
        timer: setTimeout(() => {
          this.#expire(parcel);
        }, timeoutMs + patienceMs),
        resolve,
        reject,
        sent: 0,
      };
      this.#pending.set(correlation, parcel);
      this.#issue(parcel);
    });
  }

  /** @throws PorticoError `connection_lost`, `closing` */
  async probe(address: string): Promise<boolean> {
    if (this.#closed) throw busClosing();
    checkAddress(address);
    if (this.#link === undefined || !this.#flowing) throw connectionLost();
    return await this.#routable(this.#link, address);
  }

  /** A connection works: what was held goes out. */
  attach(link: Link): void {
    this.#link = link;
    this.#flowing = true;
    this.#releaseAll(link);
  }

  /** The connection is over: everything unsettled is held, in the order of its issue. */
  detach(): void {
    this.#link = undefined;
    this.#held.clear();
    for (const parcel of this.#pending.values()) this.#hold(parcel);
  }

  /** The broker asks for silence, or takes messages again. */
  flow(open: boolean): void {
    this.#flowing = open;
    if (open && this.#link !== undefined) this.#releaseAll(this.#link);
  }

  answer(correlation: string, text: string): void {
    const parcel = this.#pending.get(correlation);
    if (parcel === undefined || !this.#settle(parcel)) return;
    try {
      parcel.resolve(decodeAnswer(text));
    } catch (error) {
      parcel.reject(PorticoError.from(error));
    }
  }

  close(): void {
    this.#closed = true;
    this.#link = undefined;
    for (const parcel of this.#pending.values()) this.#fail(parcel, busClosing());
  }

  #issue(parcel: Parcel): void {
    if (this.#link === undefined || !this.#flowing || this.#held.has(parcel.address)) this.#hold(parcel);
    else this.#transmit(this.#link, parcel);
  }

  #hold(parcel: Parcel): void {
    const lane = this.#held.get(parcel.address);
    if (lane === undefined) this.#held.set(parcel.address, [parcel]);
    else lane.push(parcel);
  }

  #transmit(link: Link, parcel: Parcel): void {
    const { kind, address, method, id, correlation } = parcel;
    parcel.sent += 1;
    const at = Math.round(performance.now() * 10) / 10;
    const ms = Math.max(0, Math.round(parcel.deadline - at));
    const text = encodeRequest(
      { kind, id, method, ...(kind === 'call' && { times: { at, ms } }) },
      parcel.params,
    );
    const letter = kind === 'call' ? { address, text, correlation, ttlMs: ms } : { address, text };
    link.post(letter).then(
      (accepted) => {
        this.#posted(parcel, accepted);
      },
      (error: unknown) => {
        // When the link is over, `detach` keeps the parcel for the next one.
        if (!link.signal.aborted) this.#fail(parcel, connectionLost('the broker refused the message', error));
      },
    );
  }

  #posted(parcel: Parcel, accepted: boolean): void {
    if (accepted) {
      if (parcel.kind === 'send' && this.#settle(parcel)) parcel.resolve(undefined);
    } else if (parcel.sent === 1) {
      this.#fail(parcel, new PorticoError('unavailable', `nobody serves '${parcel.address}'`));
    } else {
      // An earlier attempt may have been handled, and `unavailable` would deny it.
      this.#fail(parcel, connectionLost(`nobody serves '${parcel.address}' since the connection broke`));
    }
  }

  #releaseAll(link: Link): void {
    for (const address of this.#held.keys()) void this.#release(link, address);
  }

  /** Sends what is held for an address as soon as it is served, at the latest after the time of reunion. */
  async #release(link: Link, address: string): Promise<void> {
    const limit = performance.now() + reunionMs;
    try {
      for (let n = 0; performance.now() < limit && !(await this.#routable(link, address)); n++) {
        await pause(backoff(n, { baseMs: 20, maxMs: 100 }), link.signal);
      }
    } catch {
      return; // The link broke again; the next one releases.
    }
    if (this.#link !== link || !this.#flowing) return;
    const lane = this.#held.get(address) ?? [];
    this.#held.delete(address);
    for (const parcel of lane) if (this.#pending.has(parcel.correlation)) this.#transmit(link, parcel);
  }

  async #routable(link: Link, address: string): Promise<boolean> {
    try {
      return await link.post({ address, text: probeText, ttlMs: probeTtlMs });
    } catch (error) {
      throw connectionLost(undefined, error);
    }
  }

  #expire(parcel: Parcel): void {
    const { address, method, timeoutMs } = parcel;
    const lost = parcel.kind === 'send' || this.#link === undefined || parcel.sent === 0;
    this.#fail(
      parcel,
      lost
        ? connectionLost(`no connection for ${method} to '${address}' within ${timeoutMs} ms`)
        : new PorticoError('timeout', `no answer of '${address}' to ${method} within ${timeoutMs} ms`),
    );
  }

  #fail(parcel: Parcel, error: PorticoError): void {
    if (this.#settle(parcel)) parcel.reject(error);
  }

  /** True for the first who settles it. */
  #settle(parcel: Parcel): boolean {
    clearTimeout(parcel.timer);
    return this.#pending.delete(parcel.correlation);
  }
}
