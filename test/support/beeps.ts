import { Application, createEncoder } from 'libopus-wasm';
import type { OpusEncoder } from '../../mixer-agent/mix/audio/opus-codecs.ts';

/** Hz; no source of `MixSources` has it. */
export const beepHz = 3_000;
const beepMs = 60;
const blockMs = 20;
/** What an Opus encoder puts before the sound, samples. */
const lookahead = 312;

/**
 * Opus packets of 20 ms with a beep at the begin of each period, to be sent over and over.
 * @param given An encoder, which is freed then; otherwise one that stays in one mode
 */
export async function beepPackets(
  periodMs: number,
  periods: number,
  given?: OpusEncoder,
): Promise<Uint8Array[]> {
  const encoder = given ?? (await createEncoder({ application: Application.Audio, bitrate: 64_000 }));
  const period = periodMs * 48;
  const blocks = Array.from({ length: (periodMs * periods) / blockMs }, (_none, block) => {
    const pcm = new Float32Array(2 * 960);
    for (let index = 0; index < 960; index += 1) {
      // Earlier by what the encoder puts before it.
      const at = (block * 960 + index + lookahead) % period;
      const value = at < beepMs * 48 ? 0.5 * Math.sin((2 * Math.PI * beepHz * at) / 48_000) : 0;
      pcm.fill(value, 2 * index, 2 * index + 2);
    }
    return encoder.encodeFloat(pcm);
  });
  encoder.free();
  return blocks;
}
