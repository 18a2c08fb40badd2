import type { OpusPacket } from '../media.ts';
import type { Feed } from '../protocol.ts';
import type { Lane } from './lane.ts';
import { type Packet, PacketRing } from './packet-ring.ts';
import type { Playout } from './playout.ts';
import type { RtpHeader } from './rtp-header.ts';
import { type FeedMeasure, RtpStream } from './rtp-stream.ts';

const clockRate = 48_000;
/** Packets that wait: 2.5 s of 20 ms, or 320 ms of the shortest there are. */
const capacity = 128;

/** Opus of one input (RFC 7587: a packet is a payload): in order, each at its playout time, without what is missing then. */
export class AudioFeed {
  readonly feed: Feed<'opus'>;
  readonly #playout: Playout;
  readonly #lane: Lane;
  readonly #stream: RtpStream;
  readonly #onPacket: (packet: OpusPacket) => void;
  readonly #ring = new PacketRing(capacity);
  /** What comes out next, if it is there; -1: the first that comes. */
  #next = -1;
  #highest = -1;
  #released = false;

  constructor(options: { feed: Feed<'opus'>; playout: Playout; onPacket: (packet: OpusPacket) => void }) {
    this.feed = options.feed;
    this.#playout = options.playout;
    this.#onPacket = options.onPacket;
    this.#lane = options.playout.addLane(clockRate);
    this.#stream = new RtpStream(this.#lane, () => {
      this.#reset();
    });
  }

  packet(header: RtpHeader, datagram: Uint8Array, arrivalMs: number): void {
    const packet = this.#stream.read(header, datagram, arrivalMs);
    if (!packet) return;
    const fate = this.#put(packet);
    this.#stream.count(fate);
    if (fate !== 'copy') this.#lane.arrived(packet.timestamp, arrivalMs, this.#playout.delayMs);
  }

  report(ntpMs: number, timestamp: number): void {
    this.#stream.report(ntpMs, timestamp);
  }

  /** Gives out what is due. */
  release(now: number): void {
    for (let sequence = this.#next; sequence <= this.#highest && sequence >= 0; sequence++) {
      if (!this.#ring.has(sequence)) continue;
      const timestamp = this.#ring.timestamp(sequence);
      if (this.#lane.playoutMs(timestamp) > now) return;
      this.#next = sequence + 1;
      this.#released = true;
      const data = this.#ring.take(sequence);
      this.#onPacket({ data, captureMs: this.#playout.captureMs(this.#lane, timestamp), timestamp });
    }
  }

  measure(): FeedMeasure {
    return this.#stream.measure();
  }

  close(): void {
    this.#playout.removeLane(this.#lane);
  }

  #put(packet: Packet): 'new' | 'late' | 'copy' {
    const { sequence } = packet;
    if (this.#ring.seen(sequence)) return 'copy';
    if (this.#next < 0 || (sequence < this.#next && !this.#released)) this.#next = sequence;
    if (sequence < this.#next || packet.payload.length === 0) {
      this.#ring.mark(sequence);
      return sequence < this.#next ? 'late' : 'new';
    }
    this.#next = Math.max(this.#next, sequence - capacity + 1);
    this.#ring.put(packet);
    this.#highest = Math.max(this.#highest, sequence);
    return 'new';
  }

  #reset(): void {
    this.#ring.clear();
    this.#next = this.#highest = -1;
    this.#released = false;
  }
}
