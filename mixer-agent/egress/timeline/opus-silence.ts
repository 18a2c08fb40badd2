/** CELT, full band, two channels, one frame, by its length in ms (RFC 6716, 3.1). */
const headers = new Map([
  [2.5, 0xe4],
  [5, 0xec],
  [10, 0xf4],
  [20, 0xfc],
]);

/** Lengths of packets of silence, ms; the shortest is the grid of all Opus. */
export const silenceMs: readonly number[] = [20, 10, 5, 2.5];

/** A packet without any sound (RFC 6716, 4.3: a frame whose first flag says so). @param ms One of `silenceMs`. */
export const opusSilence = (ms: number): Uint8Array => Uint8Array.of(headers.get(ms) ?? 0xfc, 0xff, 0xfe);
