/* What the first bytes of an Opus packet say (RFC 6716, 3.1 and 3.2). */

/** Samples at 48 kHz in a frame, by the `config` number of the packet. */
const frameSamples: readonly number[] = [
  ...[480, 960, 1920, 2880],
  ...[480, 960, 1920, 2880],
  ...[480, 960, 1920, 2880],
  ...[480, 960, 480, 960],
  ...[120, 240, 480, 960],
  ...[120, 240, 480, 960],
  ...[120, 240, 480, 960],
  ...[120, 240, 480, 960],
];

/** Opus counts at 48 kHz, whatever its content (RFC 7587, 4.1). */
export const samplesPerMs = 48;

/** A packet holds at most 120 ms (RFC 6716, 3.2.5, R5). */
export const maxPacketSamples = 5_760;

/** Samples per channel at 48 kHz that a packet holds; undefined: it is none. */
export function opusSamples(packet: Uint8Array): number | undefined {
  const first = packet[0];
  if (first === undefined) return undefined;
  const frames = frameCount(packet, first & 3);
  const samples = frames * (frameSamples[first >> 3] ?? 0);
  return samples > 0 && samples <= maxPacketSamples ? samples : undefined;
}

function frameCount(packet: Uint8Array, code: number): number {
  if (code === 0) return 1;
  if (code < 3) return 2;
  return (packet[1] ?? 0) & 0x3f;
}

/** Whether the encoder had nothing to say: frames without content, sent now and then during silence (DTX). */
export const isOpusSilence = (packet: Uint8Array): boolean => packet.length <= 2;
