import { randomInt } from 'node:crypto';
import type { RtpPosition } from '../protocol.ts';

/** Bytes of an RTP header without contributing sources and extensions (RFC 3550, 5.1). */
export const rtpHeaderBytes = 12;

const version = 0x80;
const markerBit = 0x80;

/** What a sender report says about a line (RFC 3550, 6.4.1). */
export interface SenderInfo {
  /** RTP timestamp of the moment that was asked for. */
  timestamp: number;
  packets: number;
  /** Of payload. */
  octets: number;
}

export interface RtpLineOptions {
  ssrc: number;
  payloadType: number;
  /** Hz. */
  clockRate: number;
  /** Sequence numbers left out after the last that is known of a process before this one. */
  margin: number;
  /** Where the process before this one has got to. */
  position?: RtpPosition | undefined;
}

/**
 * One line of RTP: an SSRC whose sequence numbers have no hole and whose timestamps follow one clock as long as the mix
 * lives. A process that takes over goes on with both: sequence numbers after those that the one before may have used,
 * timestamps by the wall clock.
 */
export class RtpLine {
  readonly ssrc: number;
  readonly #payloadType: number;
  readonly #ticksPerMs: number;
  #sequence: number;
  /** Timestamp of the first time, not cut to 32 bit. */
  #base: number;
  /** The first time, ms of `performance.now()`. */
  #origin: number | undefined;
  #last: { timestamp: number; at: number };
  #packets = 0;
  #octets = 0;

  constructor({ ssrc, payloadType, clockRate, margin, position }: RtpLineOptions) {
    this.ssrc = ssrc;
    this.#payloadType = payloadType;
    this.#ticksPerMs = clockRate / 1000;
    this.#sequence = position === undefined ? randomInt(2 ** 15) : (position.sequence + margin) & 0xffff;
    const { timestamp, at } = position ?? { timestamp: randomInt(2 ** 31), at: Date.now() };
    this.#last = { timestamp, at };
    this.#base = timestamp;
  }

  /** RTP timestamp of a time, ms of `performance.now()`. */
  timestampAt(at: number): number {
    if (this.#origin === undefined) this.#begin(at);
    return this.#exact(at, this.#origin ?? at);
  }

  /** Writes the headers of the packets of one time; each packet has room for one at its beginning. */
  stamp(packets: readonly Uint8Array[], at: number, markLast: boolean): void {
    const timestamp = this.timestampAt(at);
    const last = packets.length - 1;
    for (const [index, packet] of packets.entries()) {
      const view = new DataView(packet.buffer, packet.byteOffset, rtpHeaderBytes);
      view.setUint8(0, version);
      view.setUint8(1, this.#payloadType | (markLast && index === last ? markerBit : 0));
      view.setUint16(2, this.#sequence);
      view.setUint32(4, timestamp);
      view.setUint32(8, this.ssrc);
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.#packets = (this.#packets + 1) >>> 0;
      this.#octets = (this.#octets + packet.length - rtpHeaderBytes) >>> 0;
    }
    this.#last = { timestamp, at: wallClock(at) };
  }

  /** Where the line has got to. */
  position(): RtpPosition {
    return { ssrc: this.ssrc, sequence: this.#sequence, ...this.#last };
  }

  /** For a sender report; undefined before anything was sent. */
  report(at: number): SenderInfo | undefined {
    if (this.#packets === 0 || this.#origin === undefined) return undefined;
    return {
      timestamp: this.#exact(at, this.#origin),
      packets: this.#packets,
      octets: this.#octets,
    };
  }

  /** The first time decides what the timestamps of all others are: on a grid of times they have exactly even steps. */
  #begin(at: number): void {
    this.#origin = at;
    // The wall clock may have been set back meanwhile; timestamps go forward all the same.
    const elapsed = Math.max(20, wallClock(at) - this.#last.at);
    this.#base = this.#last.timestamp + Math.round(elapsed * this.#ticksPerMs);
  }

  #exact(at: number, origin: number): number {
    const timestamp = this.#base + Math.round((at - origin) * this.#ticksPerMs);
    return ((timestamp % 2 ** 32) + 2 ** 32) % 2 ** 32;
  }
}

/** ms since 1970 of a time of `performance.now()`. */
const wallClock = (at: number): number => Date.now() - (performance.now() - at);
