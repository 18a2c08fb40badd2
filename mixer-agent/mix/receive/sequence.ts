/** A packet further away from the newest one is no packet of the same run (MAX_DROPOUT of RFC 3550 A.1, rather less). */
const maxDropout = 1024;

const cycle = 0x1_0000;

/**
 * Sequence numbers of one sender without the wrap at 2^16, and how many of its packets came (RFC 3550 A.1, A.3). Two
 * packets in a row far away from the others are a sender that started again; a single one is garbage.
 */
export class Sequence {
  #first = -1;
  #highest = -1;
  /** The number that proves a new start, 16 bit. */
  #suspect = -1;
  #received = 0;
  #before = { received: 0, expected: 0 };

  /** Of the newest packet; grows over 2^16 and over new starts. -1: none came yet. */
  get highest(): number {
    return this.#highest;
  }

  /** Packets that came, each once. */
  get received(): number {
    return this.#before.received + this.#received;
  }

  /** Packets that should have come up to the newest one, but did not so far. */
  get lost(): number {
    return Math.max(0, this.#before.expected + this.#expected - this.received);
  }

  get #expected(): number {
    return this.#highest < 0 ? 0 : this.#highest - this.#first + 1;
  }

  /**
   * @param sequence 16 bit, as in the packet.
   * @param onRestart The sender started again: everything known about its packets is void.
   * @returns The number without wraps; -1 for a packet to ignore.
   */
  read(sequence: number, onRestart: () => void): number {
    if (this.#highest < 0) return this.#start(cycle + sequence);
    const distance = ((sequence - this.#highest) << 16) >> 16;
    if (Math.abs(distance) > maxDropout) return this.#far(sequence, onRestart);
    this.#suspect = -1;
    const extended = this.#highest + distance;
    if (distance > 0) this.#highest = extended;
    if (extended < this.#first) this.#first = extended;
    return extended;
  }

  /** A packet was new, not another copy of one. */
  count(): void {
    this.#received += 1;
  }

  #start(extended: number): number {
    this.#first = this.#highest = extended;
    return extended;
  }

  #far(sequence: number, onRestart: () => void): number {
    const proven = sequence === this.#suspect;
    this.#suspect = (sequence + 1) % cycle;
    if (!proven) return -1;
    this.#suspect = -1;
    this.#before = { received: this.received, expected: this.#before.expected + this.#expected };
    this.#received = 0;
    onRestart();
    // Two cycles on: numbers of the old run never come again.
    return this.#start((Math.floor(this.#highest / cycle) + 2) * cycle + sequence);
  }
}

/** RTP timestamps of one sender without the wrap at 2^32. */
export class Timestamps {
  #last = -1;

  /** Whether a timestamp has been read: without one nothing says where others belong. */
  get known(): boolean {
    return this.#last >= 0;
  }

  /** @param timestamp 32 bit. Moves on: the next one is read in relation to this one. */
  read(timestamp: number): number {
    this.#last = this.known ? this.near(timestamp) : 0x1_0000_0000 + timestamp;
    return this.#last;
  }

  /** Where a timestamp belongs, without moving on. */
  near(timestamp: number): number {
    return this.#last + ((timestamp - (this.#last % 0x1_0000_0000)) | 0);
  }
}
