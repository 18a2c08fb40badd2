import { PorticoError } from '../contract/errors.ts';

/**
 * What a broker offers to a bus: one connection, from its beginning to its end. It is never repaired; the bus opens
 * another one. Everything that makes a bus (deadlines, retries, remembered results, claims) is built on this and is
 * the same code for every broker.
 */
export interface Link {
  /** Aborts when the connection is over. From then on everything rejects. */
  readonly signal: AbortSignal;
  /** Hands a message to whoever serves the address: true when the broker has it, false when nobody serves it. */
  post(letter: Letter): Promise<boolean>;
  /** Sends an answer; also one to a message that came over an earlier link. Lost when the caller is gone. */
  answer(to: ReplyTo, text: string): void;
  /** Resolves when the broker has the event. */
  publish(topic: string, text: string): Promise<void>;
  /** Takes an address. @throws PorticoError `taken` when another connection has it. */
  open(address: string): Promise<Mailbox>;
  /** Events of matching topics arrive from now on (also several times a pattern: once). */
  bind(pattern: string): Promise<void>;
  unbind(pattern: string): Promise<void>;
  /** Ends the connection in order; what was answered before still goes out. */
  close(): Promise<void>;
}

/** What a link tells its bus. */
export interface LinkEvents {
  answer(correlation: string, text: string): void;
  event(topic: string, delivery: Pick<Delivery, 'bytes' | 'text'>): void;
  /** The broker asks to send nothing (false), or is able to take messages again (true). */
  flow(open: boolean): void;
}

export interface Letter {
  address: string;
  text: string;
  /** Comes back with the answer; absent when none is expected. */
  correlation?: string;
  /** The broker drops the message when nobody took it by then. Absent: it waits. */
  ttlMs?: number;
}

/** Where an answer goes. */
export interface ReplyTo {
  /** Names the connection of the caller. */
  link: string;
  correlation: string;
}

/** A message that arrived. */
export interface Delivery {
  readonly bytes: number;
  readonly replyTo?: ReplyTo;
  /** Whether the clock of the sender is ours. */
  readonly sharesClock: boolean;
  text(): string;
  /** The message is dealt with and makes room for the next; harmless when repeated. */
  done(): void;
}

/** A taken address. Messages wait until it is started. */
export interface Mailbox {
  /** `cancelled`: the broker took the address away though the connection works. */
  start(deliver: (delivery: Delivery) => void, cancelled: () => void): Promise<void>;
  /** Gives the address up. Messages that were not delivered are refused. */
  close(refuse: (delivery: Delivery) => void): Promise<void>;
}

/** Opening a link failed in a way that trying again cannot heal (wrong password, unknown virtual host). */
export class LinkRefused extends Error {
  override name = 'LinkRefused';
}

export const connectionLost = (message = 'the bus is not connected', cause?: unknown): PorticoError =>
  new PorticoError('connection_lost', message, {}, { cause });

export const busClosing = (): PorticoError => new PorticoError('closing', 'the bus is being closed');
