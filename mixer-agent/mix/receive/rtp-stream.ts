import type { Lane } from './lane.ts';
import type { Packet } from './packet-ring.ts';
import type { RtpHeader } from './rtp-header.ts';
import { Sequence, Timestamps } from './sequence.ts';

/** How one track arrives. */
export interface FeedMeasure {
  /** Packets that came, each once. */
  received: number;
  /** Packets that have not come, up to the newest. */
  lost: number;
  /** Packets that came when they were of no use any more. */
  late: number;
  /** How much later than the fastest 95 of 100 packets or frames come at most, ms. */
  jitterMs: number;
}

/** RTP of one sender: its numbers without wraps, its time line and its counts. */
export class RtpStream {
  readonly lane: Lane;
  readonly #sequence = new Sequence();
  readonly #timestamps = new Timestamps();
  readonly #onRestart: () => void;
  #late = 0;
  /** The packet that was read last; used again for the next. */
  readonly #packet: Packet = {
    sequence: -1,
    timestamp: 0,
    marker: false,
    payload: new Uint8Array(0),
    arrivalMs: 0,
  };

  /** @param onRestart The sender started again: packets and times of before are void. */
  constructor(lane: Lane, onRestart: () => void) {
    this.lane = lane;
    this.#onRestart = () => {
      lane.restart();
      onRestart();
    };
  }

  /** @returns undefined: a packet to ignore. The object is valid until the next call. */
  read(header: RtpHeader, datagram: Uint8Array, arrivalMs: number): Packet | undefined {
    const sequence = this.#sequence.read(header.sequence, this.#onRestart);
    if (sequence < 0) return undefined;
    const packet = this.#packet;
    packet.sequence = sequence;
    packet.timestamp = this.#timestamps.read(header.timestamp);
    packet.marker = header.marker;
    packet.payload = datagram.subarray(header.start, header.end);
    packet.arrivalMs = arrivalMs;
    return packet;
  }

  /** What became of the packet that was read last. */
  count(fate: 'new' | 'late' | 'copy'): void {
    if (fate === 'copy') return;
    this.#sequence.count();
    if (fate === 'late') this.#late += 1;
  }

  /** @param timestamp 32 bit. */
  report(ntpMs: number, timestamp: number): void {
    if (this.#timestamps.known) this.lane.report(this.#timestamps.near(timestamp), ntpMs);
  }

  measure(): FeedMeasure {
    const { received, lost } = this.#sequence;
    const { p95, min } = this.lane.transit;
    return { received, lost, late: this.#late, jitterMs: p95 - min };
  }
}
