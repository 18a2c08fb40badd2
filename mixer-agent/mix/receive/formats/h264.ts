import { byteAt, uint16At } from '../rtp-header.ts';
import { frameSink } from './byte-sink.ts';
import { ParameterSets } from './h264-parameter-sets.ts';
import type { Frame, PayloadFormat } from './payload-format.ts';

/* Types of NAL units (H.264 table 7-1) and of packets (RFC 6184 table 1). */
const idr = 5;
const sps = 7;
const pps = 8;
const stapA = 24;
const fuA = 28;

const typeOf = (header: number): number => header & 0x1f;
const startCode = new Uint8Array([0, 0, 0, 1]);

/** Calls back for each NAL unit of a STAP-A: [start, end) of the payload. False: its sizes are wrong. */
function aggregated(payload: Uint8Array, each: (start: number, end: number) => void): boolean {
  let start = 1;
  while (start + 2 < payload.length) {
    const end = start + 2 + uint16At(payload, start);
    if (end > payload.length || end === start + 2) return false;
    each(start + 2, end);
    start = end;
  }
  return start === payload.length;
}

/** first_mb_in_slice is 0, which is a single 1 in Exp-Golomb: the slice is the first of its picture. */
const isFirstSlice = (payload: Uint8Array, at: number): boolean => (byteAt(payload, at) & 0x80) !== 0;

/**
 * Access units of H.264 over RTP (RFC 6184: single NAL units, STAP-A, FU-A, which is all that packetization modes 0 and 1
 * have) in the byte stream format (H.264 Annex B). A key frame begins with its parameter sets, whether its sender repeats
 * them or not: a decoder may have started in between.
 */
export class H264Format implements PayloadFormat {
  readonly #parameters = new ParameterSets();
  #hasIdr = false;
  #hasSps = false;
  /** Where the NAL unit that is being put together from fragments starts; -1: none is. */
  #fragmentStart = -1;

  startsKeyFrame(payload: Uint8Array, afterEnd: boolean): boolean {
    const type = typeOf(byteAt(payload, 0));
    if (type === fuA) {
      const header = byteAt(payload, 1);
      return header >= 0x80 && this.#startsWith({ payload, at: 2, type: typeOf(header), afterEnd });
    }
    if (type !== stapA) return this.#startsWith({ payload, at: 1, type, afterEnd });
    let starts = false;
    aggregated(payload, (start) => {
      const inner = typeOf(byteAt(payload, start));
      if (this.#startsWith({ payload, at: start + 1, type: inner, afterEnd })) starts = true;
    });
    return starts;
  }

  /**
   * Whether a key frame starts with a NAL unit, whose body is at a place. Parameter sets of before are good for it only
   * if no new ones were lost in between.
   */
  #startsWith(unit: { payload: Uint8Array; at: number; type: number; afterEnd: boolean }): boolean {
    if (unit.type === sps) return true;
    return (
      unit.type === idr && unit.afterEnd && this.#parameters.known && isFirstSlice(unit.payload, unit.at)
    );
  }

  endsFrame(payload: Uint8Array): boolean {
    const type = typeOf(byteAt(payload, 0));
    return type !== fuA || (byteAt(payload, 1) & 0x40) !== 0;
  }

  frame(payloads: readonly Uint8Array[]): Frame | undefined {
    frameSink.clear();
    this.#hasIdr = this.#hasSps = false;
    this.#fragmentStart = -1;
    for (const payload of payloads) if (!this.#add(payload)) return undefined;
    if (this.#fragmentStart >= 0 || frameSink.length === 0) return undefined;
    const data = frameSink.copy();
    if (!this.#hasIdr || this.#hasSps) return { data, key: this.#hasIdr };
    const complete = this.#parameters.before(data);
    return { data: complete ?? data, key: complete !== undefined };
  }

  /** @returns false: not what the RFC says. */
  #add(payload: Uint8Array): boolean {
    const type = typeOf(byteAt(payload, 0));
    if (type === fuA) return this.#addFragment(payload);
    if (this.#fragmentStart >= 0) return false;
    if (type === stapA) {
      return aggregated(payload, (start, end) => {
        this.#addUnit(payload, start, end);
      });
    }
    if (type === 0 || type > stapA) return false;
    this.#addUnit(payload, 0, payload.length);
    return true;
  }

  #addUnit(source: Uint8Array, start: number, end: number): void {
    frameSink.bytes(startCode);
    frameSink.bytes(source, start, end);
    this.#note(source.subarray(start, end));
  }

  #addFragment(payload: Uint8Array): boolean {
    const header = byteAt(payload, 1);
    const first = header >= 0x80;
    if (payload.length < 3 || first !== this.#fragmentStart < 0) return false;
    if (first) {
      frameSink.bytes(startCode);
      this.#fragmentStart = frameSink.length;
      frameSink.byte((byteAt(payload, 0) & 0xe0) | typeOf(header));
    }
    frameSink.bytes(payload, 2);
    if (!(header & 0x40)) return true;
    this.#note(frameSink.view().subarray(this.#fragmentStart));
    this.#fragmentStart = -1;
    return true;
  }

  #note(unit: Uint8Array): void {
    const type = typeOf(byteAt(unit, 0));
    if (type === idr) this.#hasIdr = true;
    if (type === sps) this.#hasSps = true;
    if (type === sps || type === pps) this.#parameters.keep(unit);
  }
}
