import { byteAt } from '../rtp-header.ts';
import { ByteSink, frameSink } from './byte-sink.ts';
import type { Frame, PayloadFormat } from './payload-format.ts';

/* Aggregation header (RTP Payload Format for AV1, 4.4). */
const continuesObu = 0x80;
const obuContinues = 0x40;
const newSequence = 0x08;

/* Types of OBUs (AV1 bitstream 6.2.2). */
const sequenceHeader = 1;
const temporalDelimiter = 2;
const tileList = 8;

const hasExtension = 0x04;
const hasSize = 0x02;

const typeOf = (header: number): number => (header >> 3) & 0x0f;

/** Length of the last number that `readLeb128` read, in bytes. */
let leb128Bytes = 0;

/** Reads a number in LEB128 (AV1 bitstream 4.10.5); -1: there is none below 2^28. */
function readLeb128(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = 0; index < 4 && at + index < bytes.length; index++) {
    const byte = byteAt(bytes, at + index);
    value |= (byte & 0x7f) << (index * 7);
    leb128Bytes = index + 1;
    if (byte < 0x80) return value;
  }
  return -1;
}

function writeLeb128(value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) frameSink.byte((rest & 0x7f) | 0x80);
  frameSink.byte(rest);
}

/** Where the temporal unit that is being put together has its OBU that packets have brought only in part. */
const partial = new ByteSink();

/**
 * Temporal units of AV1 over RTP (RTP Payload Format for AV1 1.0), in the low-overhead format: OBUs with sizes, after the
 * temporal delimiter that senders leave out. Without it a decoder does not know that no higher spatial layer follows.
 */
export class Av1Format implements PayloadFormat {
  #hasSequenceHeader = false;

  startsKeyFrame(payload: Uint8Array): boolean {
    return (byteAt(payload, 0) & (newSequence | continuesObu)) === newSequence;
  }

  endsFrame(payload: Uint8Array): boolean {
    return (byteAt(payload, 0) & obuContinues) === 0;
  }

  frame(payloads: readonly Uint8Array[]): Frame | undefined {
    frameSink.clear();
    partial.clear();
    frameSink.byte((temporalDelimiter << 3) | hasSize);
    frameSink.byte(0);
    this.#hasSequenceHeader = false;
    let open = false;
    for (const payload of payloads) {
      const header = byteAt(payload, 0);
      if (((header & continuesObu) !== 0) !== open || !this.#addPayload(payload)) return undefined;
      open = (header & obuContinues) !== 0;
    }
    if (open || frameSink.length === 2) return undefined;
    const key = (byteAt(payloads[0] ?? frameSink.view(), 0) & newSequence) !== 0 && this.#hasSequenceHeader;
    return { data: frameSink.copy(), key };
  }

  /** Adds the OBU elements of a packet; the last one may stay open. */
  #addPayload(payload: Uint8Array): boolean {
    const header = byteAt(payload, 0);
    const count = (header >> 4) & 0x03;
    let at = 1;
    for (let index = 1; at < payload.length; index++) {
      const unsized = index === count;
      const size = unsized ? payload.length - at : readLeb128(payload, at);
      if (!unsized) at += leb128Bytes;
      if (size < 0 || at + size > payload.length) return false;
      partial.bytes(payload, at, at + size);
      at += size;
      const isLast = at >= payload.length;
      if (count !== 0 && isLast !== unsized) return false;
      if (isLast && header & obuContinues) return true;
      if (!this.#closeObu()) return false;
    }
    return at > 1;
  }

  /** Writes the OBU that has become complete, with its size. */
  #closeObu(): boolean {
    const obu = partial.view();
    partial.clear();
    if (obu.length === 0) return true;
    const header = byteAt(obu, 0);
    const type = typeOf(header);
    if (header >= 0x80) return false;
    if (type === temporalDelimiter || type === tileList) return true;
    if (type === sequenceHeader) this.#hasSequenceHeader = true;
    if (header & hasSize) {
      frameSink.bytes(obu);
      return true;
    }
    const headerBytes = header & hasExtension ? 2 : 1;
    if (obu.length < headerBytes) return false;
    frameSink.byte(header | hasSize);
    if (headerBytes === 2) frameSink.byte(byteAt(obu, 1));
    writeLeb128(obu.length - headerBytes);
    frameSink.bytes(obu, headerBytes);
    return true;
  }
}
