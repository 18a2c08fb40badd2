import type { RtpPosition } from '../protocol.ts';
import { RtpLine, rtpHeaderBytes, type SenderInfo } from './rtp-line.ts';

/** Sequence numbers that a process may have used after it last said where it was: more than a second. */
const margin = 64;

export interface AudioSenderOptions {
  ssrc: number;
  payloadType: number;
  send: (packet: Uint8Array) => void;
  position?: RtpPosition | undefined;
}

/** Sends the sound of one output as RTP: Opus, 48 kHz (RFC 7587). */
export class AudioSender {
  readonly ssrc: number;
  readonly #line: RtpLine;
  readonly #send: (packet: Uint8Array) => void;
  /** The packet of one block; a list, as the line wants it. */
  readonly #packets: [Uint8Array] = [new Uint8Array()];

  constructor({ ssrc, payloadType, send, position }: AudioSenderOptions) {
    this.ssrc = ssrc;
    this.#line = new RtpLine({ ssrc, payloadType, clockRate: 48_000, margin, position });
    this.#send = send;
  }

  /**
   * Sends a block.
   * @param at the time it stands for, ms of `performance.now()`: 20 ms after the one before
   */
  send(data: Uint8Array, at: number): void {
    const packet = new Uint8Array(rtpHeaderBytes + data.length);
    packet.set(data, rtpHeaderBytes);
    this.#packets[0] = packet;
    this.#line.stamp(this.#packets, at, false);
    this.#send(packet);
  }

  position(): RtpPosition {
    return this.#line.position();
  }

  report(at: number): SenderInfo | undefined {
    return this.#line.report(at);
  }

  close(): void {
    // Nothing waits here.
  }
}
