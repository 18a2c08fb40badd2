/**
 * The bus joins the processes of a cluster. Two implementations (RabbitMQ, in-process) pass the same tests.
 * Everything on it is JSON text of bounded size.
 *
 * Promises of every implementation:
 * - a call to an address nobody serves fails at once with `unavailable`;
 * - a call fails with `timeout` at its deadline, and a message nobody picked up by then is never handled;
 * - messages (calls and sends) of one caller to one address are started in the order they were issued;
 * - a call repeated with the same id is handled once: the repetition gets the first result;
 * - errors arrive as PorticoError with the code the handler gave; anything else arrives as `internal`;
 * - while the connection is down calls and sends wait for it until their deadline (then `connection_lost`); those on
 *   their way when it broke are repeated, and for a moment wait for the address to be served again;
 * - after a broken connection everything served and subscribed is restored by itself, claims are not (see `claim`).
 */
export interface Bus {
  /** `up` while the connection works. */
  readonly state: 'connecting' | 'up' | 'closed';

  /**
   * Calls a method and waits for its result.
   * @throws PorticoError `unavailable`, `timeout`, `connection_lost`, `too_large`, `closing`, or the handler's own.
   * Calls that fail with `connection_lost` were perhaps handled: repeat them with the same id.
   */
  call(address: string, method: string, params: unknown, options?: CallOptions): Promise<unknown>;

  /**
   * Sends a message without waiting for its handling; resolves when the broker has it.
   * @throws PorticoError `unavailable` when nobody serves the address, `connection_lost`, `too_large`.
   */
  send(address: string, method: string, params: unknown): Promise<void>;

  /** Whether somebody serves the address right now; does not reach its handler. Rejects only while not `up`. */
  probe(address: string): Promise<boolean>;

  /**
   * Serves an address of this process until closed. Restored after a reconnect.
   * @throws PorticoError `taken` when another (or this) process has it.
   */
  serve(address: string, handler: BusHandler): Promise<Service>;

  /**
   * Takes an address that at most one process of the cluster holds. Messages wait until `Claim.serve`.
   * A claim does not survive a broken connection: `lost` resolves and the holder must decide what to do. Calls that it
   * was handling then fail with `connection_lost`; repeated at this process they get the first result.
   * @throws PorticoError `taken` when another (or this) process holds it.
   */
  claim(address: string): Promise<Claim>;

  /**
   * Publishes an event to all who subscribed to its topic (words joined by dots); resolves when the broker has it.
   * @throws PorticoError `connection_lost` (at once while not `up`), `too_large`.
   */
  publish(topic: string, event: unknown): Promise<void>;

  /** Receives events whose topic matches (`*` one word, `#` any number). Restored after a reconnect. */
  subscribe(pattern: string, listener: EventListener): Promise<Service>;

  /** Tells when the connection is lost and back. Returns a function that stops the telling. */
  onState(listener: (state: Bus['state']) => void): () => void;

  /** Ends calls with `closing`, stops serving, disconnects. */
  close(): Promise<void>;
}

export interface CallOptions {
  /** Milliseconds for the whole call, retries included (default of the bus: 5000). */
  timeoutMs?: number;
  /** Makes repetitions safe; random when absent. */
  id?: string;
}

/** What a handler knows of a message besides its content. */
export interface CallContext {
  method: string;
  /** Id of the call; repetitions carry the same. */
  id: string;
  /** When the caller stops waiting, ms since 1970. Sends have none. */
  deadline?: number;
}

/** Handles a call or send; what it throws goes back to the caller (of a call). */
export type BusHandler = (params: unknown, context: CallContext) => Promise<unknown>;

export type EventListener = (event: unknown, topic: string) => void;

/** Something that runs until closed; closing twice is harmless. */
export interface Service {
  close(): Promise<void>;
}

export interface Claim {
  readonly address: string;
  /** Resolves when the claim ended: `lost` with the connection, `released` on request. */
  readonly ended: Promise<'lost' | 'released'>;
  /** Starts handling the messages of the address, those that waited included. */
  serve(handler: BusHandler): Promise<void>;
  /** Gives the address up; messages not yet handled fail as `unavailable` or by their deadline. */
  release(): Promise<void>;
}

/** Limits and times of a bus; both implementations obey them. */
export interface BusOptions {
  /** Largest message, bytes of JSON text. */
  maxMessageBytes: number;
  /** Deadline of a call that names none, ms. */
  defaultTimeoutMs: number;
  /** How long results are kept for repetitions, ms. */
  rememberMs: number;
}

export const defaultBusOptions: BusOptions = {
  maxMessageBytes: 1_048_576,
  defaultTimeoutMs: 5_000,
  rememberMs: 60_000,
};
