import { PorticoError } from '../contract/errors.ts';
import type { Logger } from '../observe/log.ts';
import type { BusHandler, BusOptions, CallContext } from './bus.ts';
import { connectionLost, type Delivery, type ReplyTo } from './link.ts';
import { MessageAge } from './message-age.ts';
import { ResultMemory } from './result-memory.ts';
import {
  decodeRequest,
  encodeContent,
  encodeError,
  encodeResult,
  maxTextBytes,
  type WireRequest,
} from './wire.ts';

type Message = Exclude<WireRequest, { kind: 'probe' }>;

/** Most results that one bus remembers, and their size in characters. */
const memory = { maxEntries: 50_000, maxChars: 16 * 1_048_576 };

/** Sends an answer on whatever link there is. */
export type SendAnswer = (to: ReplyTo, text: string) => void;

/** Who handles the messages of an address. */
export interface Desk {
  address: string;
  handler: BusHandler;
  /** False when the address was lost meanwhile. Another may have it by then, so results no longer count. */
  holds: () => boolean;
}

interface Wanted {
  delivery: Delivery;
  desk: Desk;
}

/** The receiving side: reads messages, drops stale and foreign ones, handles each id once, answers. */
export class Inbox {
  readonly #limits: BusOptions;
  readonly #log: Logger;
  readonly #send: SendAnswer;
  readonly #age = new MessageAge();
  readonly #remembered: ResultMemory;
  /** Calls being handled, and all the deliveries that want the answer. */
  readonly #running = new Map<string, Wanted[]>();

  constructor(limits: BusOptions, log: Logger, send: SendAnswer) {
    this.#limits = limits;
    this.#send = send;
    this.#log = log;
    this.#remembered = new ResultMemory({ keepMs: limits.rememberMs, ...memory });
  }

  /** Starts handling a message at once; never throws. */
  handle(desk: Desk, delivery: Delivery): void {
    const { address } = desk;
    const request = this.#read(address, delivery);
    if (request === undefined || request.kind === 'probe') {
      delivery.done();
      return;
    }
    const context = this.#context(request, delivery);
    if (context === undefined) {
      this.#log.debug({ address, method: request.method, id: request.id }, 'bus message came too late');
      delivery.done();
      return;
    }
    const key = `${address} ${request.id}`;
    if (this.#repeats(key, { desk, delivery })) return;
    const wanted = [{ desk, delivery }];
    this.#running.set(key, wanted);
    void this.#outcome(desk, request, context).then((text) => {
      this.#running.delete(key);
      this.#remembered.set(key, request.kind === 'call' ? text : '');
      for (const one of wanted) this.#finish(one, text);
      delivery.done();
    });
  }

  /** Answers a message that nobody will handle. */
  refuse(address: string, delivery: Delivery): void {
    const request = this.#read(address, delivery);
    if (request?.kind === 'call') {
      const error = new PorticoError('unavailable', `'${address}' is no longer served`);
      this.#answer(delivery, encodeError(error.toWire()));
    }
    delivery.done();
  }

  #answer({ replyTo }: Delivery, text: string): void {
    if (replyTo !== undefined) this.#send(replyTo, text);
  }

  #finish({ desk, delivery }: Wanted, text: string): void {
    if (desk.holds()) {
      this.#answer(delivery, text);
      return;
    }
    const error = connectionLost(`the owner of '${desk.address}' lost it while it handled the call`);
    this.#answer(delivery, encodeError(error.toWire()));
  }

  #repeats(key: string, wanted: Wanted): boolean {
    const running = this.#running.get(key);
    const remembered = this.#remembered.get(key);
    if (running !== undefined) running.push(wanted);
    else if (remembered !== undefined) this.#finish(wanted, remembered);
    else return false;
    wanted.delivery.done();
    return true;
  }

  #read(address: string, delivery: Delivery): WireRequest | undefined {
    const { bytes } = delivery;
    if (bytes > maxTextBytes(this.#limits.maxMessageBytes)) {
      const error = new PorticoError('too_large', `message of ${bytes} bytes to '${address}'`);
      this.#answer(delivery, encodeError(error.toWire()));
      this.#log.warn({ address, bytes }, 'bus message dropped: too large');
      return undefined;
    }
    const request = decodeRequest(delivery.text());
    if (request === undefined) this.#log.warn({ address, bytes }, 'bus message dropped: malformed');
    return request;
  }

  /** Undefined when nobody waits for the message any more. */
  #context(request: Message, delivery: Delivery): CallContext | undefined {
    const { method, id } = request;
    if (request.kind === 'send') return { method, id };
    const remaining = request.ms - this.#age.of(peerOf(delivery), request.at);
    return remaining > 0 ? { method, id, deadline: Date.now() + remaining } : undefined;
  }

  /** The text of the answer, whatever happens. */
  async #outcome({ address, handler }: Desk, request: Message, context: CallContext): Promise<string> {
    try {
      const result = await handler(request.params, context);
      return encodeResult(this.#encode(result, `the answer of ${request.method}`));
    } catch (error) {
      const known = PorticoError.from(error);
      if (known.code === 'internal') {
        this.#log.error({ err: known.cause ?? known, address, method: request.method }, 'bus handler failed');
      }
      return encodeError(known.toWire());
    }
  }

  #encode(result: unknown, what: string): string {
    try {
      return encodeContent(result, this.#limits.maxMessageBytes, what);
    } catch (error) {
      const tooLarge = error instanceof PorticoError && error.code === 'too_large';
      if (tooLarge) throw error;
      throw new PorticoError('internal', `${what} cannot be expressed as JSON`, {}, { cause: error });
    }
  }
}

/** The clock that stamped a message; undefined for ours. */
const peerOf = ({ sharesClock, replyTo }: Delivery): string | undefined =>
  sharesClock ? undefined : (replyTo?.link ?? '');
