import type { Frame, PayloadFormat } from './formats/payload-format.ts';
import { type Packet, PacketRing } from './packet-ring.ts';

/** Packets of a feed that wait for others: the largest key frame, or 250 ms of 40 Mbit/s. */
const capacity = 1024;

export interface AssemblerEvents {
  /** A frame is complete; frames come in order, the first one and the first after a loss is a key frame. */
  frame(frame: Frame, timestamp: number, arrivalMs: number): void;
  /** A frame will never be complete: nothing comes until the next key frame. */
  broken(): void;
}

/**
 * Puts the packets of a video feed together to frames: packets in any order in, frames in order out. It knows no time:
 * its owner says when to wait no longer (`giveUp`).
 */
export class FrameAssembler {
  readonly #format: PayloadFormat;
  readonly #events: AssemblerEvents;
  readonly #ring = new PacketRing(capacity);
  readonly #payloads: Uint8Array[] = [];
  /** First packet of the next frame; -1: a key frame must come first. */
  #next = -1;
  /** Packets from `#next` up to here (exclusive) are there and belong to the next frame. */
  #cursor = -1;
  /** The frame before `#next` was handed out: `#next` needs no key frame. */
  #inLine = false;
  /** Nothing before this packet can be used any more. */
  #floor = 0;
  #highest = -1;

  constructor(format: PayloadFormat, events: AssemblerEvents) {
    this.#format = format;
    this.#events = events;
  }

  /** Whether frames come out without a key frame before. */
  get inLine(): boolean {
    return this.#inLine;
  }

  /** @returns Whether the packet is new, new but too late to be of use, or one that was there already. */
  put(packet: Packet): 'new' | 'late' | 'copy' {
    const { sequence } = packet;
    if (this.#ring.seen(sequence)) return 'copy';
    if (sequence < this.#floor || (this.#inLine && sequence < this.#next)) {
      this.#ring.mark(sequence);
      return 'late';
    }
    if (this.#next >= 0 && sequence - this.#next >= capacity) this.#abandon(sequence - capacity);
    this.#ring.put(packet);
    if (sequence > this.#highest) this.#highest = sequence;
    if (!this.#inLine && (this.#next < 0 || sequence < this.#next) && this.#startsKeyFrame(sequence)) {
      this.#begin(sequence);
    }
    this.#advance();
    return 'new';
  }

  /** The first packet there is of the frame that holds up all others, because one is missing; undefined: none does. */
  get blockedBy(): { timestamp: number; arrivalMs: number } | undefined {
    if (this.#next < 0 || this.#highest <= this.#cursor) return undefined;
    let sequence = this.#cursor > this.#next ? this.#next : this.#cursor + 1;
    while (sequence < this.#highest && !this.#ring.has(sequence)) sequence += 1;
    return { timestamp: this.#ring.timestamp(sequence), arrivalMs: this.#ring.arrivalMs(sequence) };
  }

  /** Waits no longer for the frame that holds up the others. */
  giveUp(): void {
    if (this.#next < 0) return;
    this.#abandon(this.#cursor);
    this.#advance();
  }

  /** Begins again with the next key frame, e.g. because frames that were handed out are lost. */
  breakOff(): void {
    this.#abandon(this.#cursor - 1);
    this.#advance();
  }

  /** The sender started again. */
  reset(): void {
    this.#ring.clear();
    this.#next = this.#cursor = this.#highest = -1;
    this.#floor = 0;
    this.#inLine = false;
  }

  #startsKeyFrame(sequence: number): boolean {
    const payload = this.#ring.payload(sequence);
    return payload.length > 0 && this.#format.startsKeyFrame(payload, this.#ring.ends(sequence - 1));
  }

  #begin(sequence: number): void {
    this.#next = this.#cursor = sequence;
  }

  /** What comes next is the first key frame after a packet, if it is there, or else when it comes. */
  #abandon(after: number): void {
    this.#inLine = false;
    this.#next = this.#cursor = -1;
    this.#floor = Math.max(this.#floor, after + 1);
    this.#events.broken();
    const oldest = Math.max(this.#floor, this.#highest - capacity + 1);
    for (let sequence = oldest; sequence <= this.#highest; sequence++) {
      if (!this.#ring.has(sequence) || !this.#startsKeyFrame(sequence)) continue;
      this.#begin(sequence);
      return;
    }
  }

  /** Hands out every frame that is complete now. */
  #advance(): void {
    while (this.#next >= 0 && this.#ring.has(this.#cursor)) {
      const payload = this.#ring.payload(this.#cursor);
      if (payload.length === 0) this.#skipPadding();
      else if (this.#isOfNextFrame()) this.#step(this.#ring.marker(this.#cursor));
      else if (this.#format.endsFrame(this.#ring.payload(this.#cursor - 1))) this.#finish();
      else this.#abandon(this.#cursor - 1);
    }
  }

  /** A packet without payload has a sequence number, but is of no frame. */
  #skipPadding(): void {
    if (this.#cursor === this.#next) this.#next += 1;
    this.#cursor += 1;
  }

  #isOfNextFrame(): boolean {
    if (this.#cursor === this.#next) return true;
    return this.#ring.timestamp(this.#cursor) === this.#ring.timestamp(this.#next);
  }

  #step(isLast: boolean): void {
    this.#cursor += 1;
    if (isLast) this.#finish();
  }

  /** The packets from `#next` to `#cursor` are a frame. */
  #finish(): void {
    const first = this.#next;
    const timestamp = this.#ring.timestamp(first);
    let arrivalMs = 0;
    this.#payloads.length = 0;
    for (let sequence = first; sequence < this.#cursor; sequence++) {
      arrivalMs = Math.max(arrivalMs, this.#ring.arrivalMs(sequence));
      const payload = this.#ring.take(sequence);
      if (payload.length > 0) this.#payloads.push(payload);
    }
    const frame = this.#format.frame(this.#payloads);
    this.#payloads.length = 0;
    if (!frame || (!this.#inLine && !frame.key)) {
      this.#abandon(this.#cursor - 1);
      return;
    }
    this.#inLine = true;
    this.#next = this.#cursor;
    this.#floor = this.#cursor;
    this.#events.frame(frame, timestamp, arrivalMs);
  }
}
