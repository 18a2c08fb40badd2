import { byteAt, uint16At, uint32At } from './rtp-header.ts';

const senderReport = 200;
const msPerNtpFraction = 1000 / 0x1_0000_0000;

/** What a sender report (RFC 3550 6.4.1) says: `timestamp` is the media time at `ntpMs` of the sender's wall clock. */
export type OnSenderReport = (ssrc: number, ntpMs: number, timestamp: number) => void;

/**
 * Reads all sender reports of a compound RTCP packet. A sender without a wall clock reports time 0, which is ignored.
 *
 * @param onReport `ntpMs`: ms since 1900; `timestamp`: RTP timestamp, 32 bit.
 * @returns false: it is not RTCP all the way. Reports before the place where it goes wrong count.
 */
export function readSenderReports(datagram: Uint8Array, onReport: OnSenderReport): boolean {
  let start = 0;
  while (start < datagram.length) {
    const end = start + 4 + uint16At(datagram, start + 2) * 4;
    if (byteAt(datagram, start) >> 6 !== 2 || end > datagram.length) return false;
    if (byteAt(datagram, start + 1) === senderReport && end - start >= 28) {
      const seconds = uint32At(datagram, start + 8);
      const ntpMs = seconds * 1000 + uint32At(datagram, start + 12) * msPerNtpFraction;
      if (ntpMs > 0) onReport(uint32At(datagram, start + 4), ntpMs, uint32At(datagram, start + 16));
    }
    start = end;
  }
  return datagram.length > 0;
}
