/* RTCP as far as a sender needs it (RFC 3550, 6; RFC 4585; RFC 5104). */

export const rtcpType = { senderReport: 200, description: 202, payloadFeedback: 206 } as const;

/** Seconds from 1900, where NTP begins, to 1970. */
const ntpEpoch = 2_208_988_800;

/** Whether a datagram of a socket that carries both is RTCP (RFC 5761, 4). */
export function isRtcp(datagram: Uint8Array): boolean {
  const type = datagram[1] ?? 0;
  return datagram.length >= 8 && ((datagram[0] ?? 0) & 0xc0) === 0x80 && type >= 192 && type <= 223;
}

/** Calls back for each packet of a compound one; stops at the first that is not whole. */
export function eachRtcp(
  datagram: Uint8Array,
  found: (packet: DataView, type: number, count: number) => void,
): void {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  let start = 0;
  while (start + 4 <= view.byteLength) {
    const first = view.getUint8(start);
    const bytes = 4 * (view.getUint16(start + 2) + 1);
    if (first >> 6 !== 2 || start + bytes > view.byteLength) return;
    found(new DataView(view.buffer, view.byteOffset + start, bytes), view.getUint8(start + 1), first & 0x1f);
    start += bytes;
  }
}

export const senderReportBytes = 28;

export interface SenderReport {
  ssrc: number;
  /** Wall-clock time, ms since 1970, and the RTP timestamp of the same moment. */
  wallMs: number;
  timestamp: number;
  packets: number;
  octets: number;
}

/** Writes a sender report without report blocks (RFC 3550, 6.4.1). Returns where it ends. */
export function writeSenderReport(view: DataView, start: number, report: SenderReport): number {
  const seconds = Math.floor(report.wallMs / 1000);
  const fraction = Math.floor(((report.wallMs - seconds * 1000) / 1000) * 2 ** 32);
  view.setUint8(start, 0x80);
  view.setUint8(start + 1, rtcpType.senderReport);
  view.setUint16(start + 2, senderReportBytes / 4 - 1);
  view.setUint32(start + 4, report.ssrc);
  view.setUint32(start + 8, seconds + ntpEpoch);
  view.setUint32(start + 12, fraction);
  view.setUint32(start + 16, report.timestamp);
  view.setUint32(start + 20, report.packets);
  view.setUint32(start + 24, report.octets);
  return start + senderReportBytes;
}

const cnameItem = 1;

/** Bytes that a source takes in a description. */
export const chunkBytes = (cname: Uint8Array): number => 4 * Math.ceil((4 + 2 + cname.length + 1) / 4);

/**
 * Writes a source description with a canonical name for each of at most 31 sources (RFC 3550, 6.5). Returns where it ends;
 * the bytes were zero before.
 */
export function writeDescription(
  view: DataView,
  start: number,
  { ssrcs, cname }: { ssrcs: readonly number[]; cname: Uint8Array },
): number {
  const bytes = 4 + ssrcs.length * chunkBytes(cname);
  view.setUint8(start, 0x80 | ssrcs.length);
  view.setUint8(start + 1, rtcpType.description);
  view.setUint16(start + 2, bytes / 4 - 1);
  let at = start + 4;
  for (const ssrc of ssrcs) {
    view.setUint32(at, ssrc);
    view.setUint8(at + 4, cnameItem);
    view.setUint8(at + 5, cname.length);
    for (const [index, byte] of cname.entries()) view.setUint8(at + 6 + index, byte);
    at += chunkBytes(cname);
  }
  return start + bytes;
}
