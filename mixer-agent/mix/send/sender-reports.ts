import { randomBytes } from 'node:crypto';
import type { SenderInfo } from './rtp-line.ts';
import { chunkBytes, senderReportBytes, writeDescription, writeSenderReport } from './rtcp.ts';

const intervalMs = 1_000;
/** Sources in a description (RFC 3550, 6.5); with 16 octets of name so many take 1,044 bytes. */
const mostSources = 20;

/** Something that sends RTP. */
export interface ReportedSender {
  readonly ssrc: number;
  report(at: number): SenderInfo | undefined;
}

/** The same, whose media is so much older than its times say, ms. */
export const olderBy = (olderMs: number, sender: ReportedSender): ReportedSender => ({
  ssrc: sender.ssrc,
  report: (at) => sender.report(at + olderMs),
});

export interface SenderReportsOptions {
  send: (packet: Uint8Array) => void;
  /** Canonical name (RFC 7022) of all outputs: they belong together. */
  cname?: string;
}

/**
 * Tells how the timestamps of all outputs relate to the wall clock: when each second has passed, and at once for an output
 * that has just begun. All lines are asked for the same moment, so that sound and picture cannot be apart.
 */
export class SenderReports {
  readonly #send: (packet: Uint8Array) => void;
  readonly #cname: Uint8Array;
  readonly #known = new Set<number>();
  #next = -Infinity;

  constructor({ send, cname = randomBytes(12).toString('base64') }: SenderReportsOptions) {
    this.#send = send;
    this.#cname = new TextEncoder().encode(cname).subarray(0, 255);
  }

  /** Sends reports that are due. Called often, with all that send. */
  send(now: number, senders: readonly ReportedSender[]): void {
    if (now < this.#next && !senders.some((sender) => this.#isNew(sender, now))) return;
    this.#next = now + intervalMs;
    this.#known.clear();
    const infos = senders.flatMap((sender) => {
      const info = sender.report(now);
      return info === undefined ? [] : [{ ssrc: sender.ssrc, ...info }];
    });
    const wallMs = performance.timeOrigin + now;
    for (let start = 0; start < infos.length; start += mostSources) {
      const part = infos.slice(start, start + mostSources);
      for (const { ssrc } of part) this.#known.add(ssrc);
      this.#send(this.#compound(part.map((info) => ({ ...info, wallMs }))));
    }
  }

  #isNew(sender: ReportedSender, now: number): boolean {
    return !this.#known.has(sender.ssrc) && sender.report(now) !== undefined;
  }

  /** Reports and names of some outputs in one datagram (RFC 3550, 6.1). */
  #compound(reports: readonly Parameters<typeof writeSenderReport>[2][]): Uint8Array {
    const cname = this.#cname;
    const datagram = new Uint8Array(reports.length * (senderReportBytes + chunkBytes(cname)) + 4);
    const view = new DataView(datagram.buffer);
    let end = 0;
    for (const report of reports) end = writeSenderReport(view, end, report);
    writeDescription(view, end, { ssrcs: reports.map(({ ssrc }) => ssrc), cname });
    return datagram;
  }
}
