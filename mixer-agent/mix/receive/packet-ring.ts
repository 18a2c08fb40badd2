/** A packet of a feed, numbered without wraps. */
export interface Packet {
  sequence: number;
  timestamp: number;
  marker: boolean;
  payload: Uint8Array;
  /** When it came, ms. */
  arrivalMs: number;
}

const nothing = new Uint8Array(0);

/**
 * The newest packets of a feed by sequence number: a fixed number of places, so that no sender can make it grow. A place
 * remembers which packet it had after that is taken out, which tells copies from packets that come late.
 */
export class PacketRing {
  readonly capacity: number;
  readonly #mask: number;
  readonly #sequences: Float64Array;
  readonly #timestamps: Float64Array;
  readonly #arrivals: Float64Array;
  readonly #markers: Uint8Array;
  readonly #payloads: (Uint8Array | undefined)[];

  /** @param capacity A power of two. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#mask = capacity - 1;
    this.#sequences = new Float64Array(capacity).fill(-1);
    this.#timestamps = new Float64Array(capacity);
    this.#arrivals = new Float64Array(capacity);
    this.#markers = new Uint8Array(capacity);
    this.#payloads = new Array<Uint8Array | undefined>(capacity).fill(undefined);
  }

  /** Whether this packet, or a newer one in its place, has been here. */
  seen(sequence: number): boolean {
    return (this.#sequences[sequence & this.#mask] ?? -1) >= sequence;
  }

  /** Remembers that a packet came, without keeping it. */
  mark(sequence: number): void {
    this.#sequences[sequence & this.#mask] = sequence;
    this.#markers[sequence & this.#mask] = 0;
    this.#payloads[sequence & this.#mask] = undefined;
  }

  put(packet: Packet): void {
    const place = packet.sequence & this.#mask;
    this.#sequences[place] = packet.sequence;
    this.#timestamps[place] = packet.timestamp;
    this.#arrivals[place] = packet.arrivalMs;
    this.#markers[place] = packet.marker ? 1 : 0;
    this.#payloads[place] = packet.payload;
  }

  has(sequence: number): boolean {
    const place = sequence & this.#mask;
    return this.#sequences[place] === sequence && this.#payloads[place] !== undefined;
  }

  /** Whether a packet came that is the last of its frame, taken out or not. */
  ends(sequence: number): boolean {
    return this.#sequences[sequence & this.#mask] === sequence && this.marker(sequence);
  }

  /* What follows asks for packets that are there (`has`). */

  timestamp(sequence: number): number {
    return this.#timestamps[sequence & this.#mask] ?? 0;
  }

  arrivalMs(sequence: number): number {
    return this.#arrivals[sequence & this.#mask] ?? 0;
  }

  marker(sequence: number): boolean {
    return this.#markers[sequence & this.#mask] === 1;
  }

  payload(sequence: number): Uint8Array {
    return this.#payloads[sequence & this.#mask] ?? nothing;
  }

  /** Takes a payload out. */
  take(sequence: number): Uint8Array {
    const payload = this.payload(sequence);
    this.#payloads[sequence & this.#mask] = undefined;
    return payload;
  }

  clear(): void {
    this.#sequences.fill(-1);
    this.#payloads.fill(undefined);
  }
}
