import { randomInt } from 'node:crypto';
import type { EncodedPicture, MixCodec } from '../media.ts';
import type { RtpPosition } from '../protocol.ts';
import { packetizeH264 } from './h264-packetizer.ts';
import { idlePacket } from './idle-packet.ts';
import { Pacer } from './pacer.ts';
import { RtpLine, type SenderInfo } from './rtp-line.ts';
import { packetizeVp8 } from './vp8-packetizer.ts';
import { packetizeVp9 } from './vp9-packetizer.ts';

/** Of a packet with its RTP header: leaves room for what tunnels, SRTP and header extensions add on the way. */
const maxPacketBytes = 1_200;
/** Sequence numbers that a process may have used after it last said where it was: half a second at 10 Mbit/s. */
const margin = 512;
/**
 * The same for numbers of pictures, a second at 60 per second. Receivers tell forward from back by the lowest 8 bit: numbers that go
 * back are taken for pictures that were there before.
 */
const pictureMargin = 64;

/** What can be sent; mixes themselves make no VP9. */
export type SentCodec = MixCodec | 'vp9';

export interface VideoSenderOptions {
  codec: SentCodec;
  ssrc: number;
  payloadType: number;
  /** Pictures per second. */
  framerate: number;
  send: (packet: Uint8Array) => void;
  position?: RtpPosition | undefined;
}

/** Sends the pictures of one output as RTP: VP8 (RFC 7741), VP9 (RFC 9628) or H.264 (RFC 6184, packetization mode 1), 90 kHz. */
export class VideoSender {
  readonly ssrc: number;
  readonly #codec: SentCodec;
  readonly #line: RtpLine;
  readonly #pacer: Pacer;
  /** 15 bit. */
  #pictureId: number;

  constructor({ codec, ssrc, payloadType, framerate, send, position }: VideoSenderOptions) {
    this.ssrc = ssrc;
    this.#codec = codec;
    this.#line = new RtpLine({ ssrc, payloadType, clockRate: 90_000, margin, position });
    const last = position?.picture;
    this.#pictureId = last === undefined ? randomInt(2 ** 15) : (last + pictureMargin) & 0x7fff;
    this.#pacer = new Pacer({ send, withinMs: 500 / framerate });
  }

  /**
   * Sends a picture.
   * @param at the time it stands for, ms of `performance.now()`; steps of the timestamp are exactly those of this time
   */
  send({ data }: Pick<EncodedPicture, 'data'>, at: number): void {
    const packets = this.#packetize(data);
    this.#line.stamp(packets, at, true);
    this.#pacer.give(packets);
  }

  /** Sends a packet without a picture. @param at its time, ms of `performance.now()` */
  sendIdle(at: number): void {
    if (this.#codec === 'vp9') return;
    const packets = [idlePacket(this.#codec)];
    this.#line.stamp(packets, at, true);
    this.#pacer.give(packets);
  }

  position(): RtpPosition {
    return { ...this.#line.position(), picture: this.#pictureId };
  }

  report(at: number): SenderInfo | undefined {
    return this.#line.report(at);
  }

  close(): void {
    this.#pacer.close();
  }

  #packetize(data: Uint8Array): Uint8Array[] {
    if (this.#codec === 'h264') return packetizeH264(data, maxPacketBytes);
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    const packetize = this.#codec === 'vp9' ? packetizeVp9 : packetizeVp8;
    return packetize(data, this.#pictureId, maxPacketBytes);
  }
}
