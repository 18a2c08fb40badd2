import { eachRtcp } from '../../mixer-agent/mix/send/rtcp.ts';

const transportFeedback = 205;
const genericNack = 1;
/** Packets that can be sent again, of each source. */
const kept = 1_024;

/** What a sender remembers to send it again to those who ask (RFC 4585, 6.2.1). */
export class Retransmission {
  readonly #packets = new Map<number, Map<number, Uint8Array>>();

  keep(packet: Uint8Array): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const [sequence, ssrc] = [view.getUint16(2), view.getUint32(8)];
    const packets = this.#packets.get(ssrc) ?? new Map<number, Uint8Array>();
    packets.set(sequence % kept, packet);
    this.#packets.set(ssrc, packets);
  }

  /** Packets that a datagram of RTCP asks for, if it does. */
  asked(datagram: Uint8Array): Uint8Array[] {
    const found: Uint8Array[] = [];
    eachRtcp(datagram, (packet, type, format) => {
      if (type !== transportFeedback || format !== genericNack) return;
      const packets = this.#packets.get(packet.getUint32(8));
      for (let at = 12; at + 4 <= packet.byteLength; at += 4) {
        for (const sequence of sequences(packet.getUint16(at), packet.getUint16(at + 2))) {
          const one = packets?.get(sequence % kept);
          if (one !== undefined && (one[2] ?? 0) * 256 + (one[3] ?? 0) === sequence) found.push(one);
        }
      }
    });
    return found;
  }
}

const sequences = (first: number, following: number): number[] => [
  first,
  ...Array.from({ length: 16 }, (_none, bit) => bit)
    .filter((bit) => (following >> bit) & 1)
    .map((bit) => (first + 1 + bit) & 0xffff),
];
