/** Packets sent at once; more of them overflow the buffers of those who forward and receive them. */
const burst = 40;
/** Shortest time between bursts, ms. */
const pauseMs = 2;

export interface PacerOptions {
  send: (packet: Uint8Array) => void;
  /** Everything given is sent after this time at the latest, ms. */
  withinMs: number;
}

/** Sends what is given in order: a little at once, much of it in bursts with pauses between them. */
export class Pacer {
  readonly #send: (packet: Uint8Array) => void;
  readonly #withinMs: number;
  #queue: readonly Uint8Array[] = [];
  #sent = 0;
  /** Packets in a burst. */
  #size = burst;
  #timer: NodeJS.Timeout | undefined;

  constructor({ send, withinMs }: PacerOptions) {
    this.#send = send;
    this.#withinMs = withinMs;
  }

  /** What has not been sent before goes first, at once. */
  give(packets: readonly Uint8Array[]): void {
    this.#burst(Infinity);
    this.#queue = packets;
    this.#sent = 0;
    const bursts = Math.max(1, Math.floor(this.#withinMs / pauseMs));
    this.#size = Math.max(burst, Math.ceil(packets.length / bursts));
    this.#burst(this.#size);
    const left = Math.ceil((packets.length - this.#sent) / this.#size);
    // Whole ms, as timers have them: rounding up would add up.
    if (left > 0) this.#schedule(Math.max(1, Math.floor(this.#withinMs / (left + 1))));
  }

  /** Nothing is sent any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#sent = 0;
  }

  #schedule(pause: number): void {
    this.#timer = setTimeout(() => {
      this.#burst(this.#size);
      if (this.#sent < this.#queue.length) this.#schedule(pause);
    }, pause);
  }

  #burst(size: number): void {
    const end = Math.min(this.#queue.length, this.#sent + size);
    for (; this.#sent < end; this.#sent += 1) {
      const packet = this.#queue[this.#sent];
      if (packet !== undefined) this.#send(packet);
    }
    if (this.#sent < this.#queue.length) return;
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#sent = 0;
  }
}
