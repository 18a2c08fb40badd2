import { eachRtcp, isRtcp, rtcpType } from './rtcp.ts';

const pictureLoss = 1;
const fullIntraRequest = 4;
/** Sources whose last request is remembered at most; only garbage has more. */
const maxSources = 1_024;

export interface FeedbackOptions {
  /** A receiver of this output cannot go on without a key frame. */
  onKeyFrameRequest: (ssrc: number) => void;
}

/** Hears what receivers of the outputs ask for: Picture Loss Indication (RFC 4585, 6.3.1), Full Intra Request (RFC 5104, 4.3.1). */
export class Feedback {
  readonly #onKeyFrameRequest: (ssrc: number) => void;
  /** Number of the last full intra request for each source: one is repeated with the same number until it is met. */
  readonly #requests = new Map<number, number>();

  constructor({ onKeyFrameRequest }: FeedbackOptions) {
    this.#onKeyFrameRequest = onKeyFrameRequest;
  }

  /** Any datagram from the router; what is not feedback is none of its business. */
  take(datagram: Uint8Array): void {
    if (!isRtcp(datagram)) return;
    eachRtcp(datagram, (packet, type, format) => {
      if (type !== rtcpType.payloadFeedback || packet.byteLength < 12) return;
      if (format === pictureLoss) this.#onKeyFrameRequest(packet.getUint32(8));
      else if (format === fullIntraRequest) this.#takeFullIntraRequests(packet);
    });
  }

  #takeFullIntraRequests(packet: DataView): void {
    for (let at = 12; at + 8 <= packet.byteLength; at += 8) {
      const ssrc = packet.getUint32(at);
      const number = packet.getUint8(at + 4);
      if (this.#requests.get(ssrc) === number) continue;
      if (this.#requests.size >= maxSources) this.#requests.clear();
      this.#requests.set(ssrc, number);
      this.#onKeyFrameRequest(ssrc);
    }
  }
}
