import {
  Application,
  createDecoder,
  createEncoder,
  type OpusDecoderHandle,
  type OpusEncoderHandle,
} from 'libopus-wasm';
import type { EngineLog } from '../../process/engine-log.ts';
import { samplesPerMs } from './opus-packet.ts';

export type OpusDecoder = OpusDecoderHandle;
export type OpusEncoder = OpusEncoderHandle;

/** Made in advance: the library makes them asynchronously, and nothing in a mix may wait. */
const spares = 4;

/** bit/s of an output. */
const bitrate = 64_000;

/** How thoroughly sound is encoded (0 to 10); one encoder takes 0.5 % of a core. */
const complexity = 5;

/** The Opus library: makes encoders and decoders for 48 kHz stereo. The only file that knows it. */
export class OpusCodecs {
  readonly #log: EngineLog;
  readonly #decoders: OpusDecoder[] = [];
  readonly #encoders: OpusEncoder[] = [];
  #encodingMs = 0;
  #refilling: Promise<void> | undefined;
  #closed = false;

  private constructor(log: EngineLog) {
    this.#log = log;
  }

  static async create(log: EngineLog): Promise<OpusCodecs> {
    const codecs = new OpusCodecs(log);
    await codecs.#refill();
    return codecs;
  }

  /** Loads the library, so that the first codecs are made at once. */
  static async load(): Promise<void> {
    (await createDecoder()).free();
    (await makeEncoder()).free();
  }

  /** How much later sound comes out of what an encoder made than it went in (its look-ahead), ms. */
  get encodingMs(): number {
    return this.#encodingMs;
  }

  /** Undefined: none is ready, ask again with the next packet. Give it back with `free()`. */
  takeDecoder(): OpusDecoder | undefined {
    const decoder = this.#decoders.pop();
    this.#replenish();
    return decoder;
  }

  /** A new encoder of 20 ms blocks; undefined: none is ready, ask again with the next block. Give it back with `free()`. */
  takeEncoder(): OpusEncoder | undefined {
    const encoder = this.#encoders.pop();
    this.#replenish();
    return encoder;
  }

  close(): void {
    this.#closed = true;
    for (const codec of [...this.#decoders.splice(0), ...this.#encoders.splice(0)]) codec.free();
  }

  #replenish(): void {
    if (this.#refilling !== undefined || this.#closed) return;
    this.#refilling = this.#refill()
      .catch((error: unknown) => {
        this.#log.error({ err: String(error) }, 'no Opus codec could be made');
      })
      .finally(() => {
        this.#refilling = undefined;
      });
  }

  async #refill(): Promise<void> {
    while (this.#decoders.length < spares) this.#keep(this.#decoders, await createDecoder());
    while (this.#encoders.length < spares) {
      const encoder = await makeEncoder();
      this.#encodingMs = encoder.getLookahead() / samplesPerMs;
      this.#keep(this.#encoders, encoder);
    }
  }

  #keep<Codec extends { free(): void }>(codecs: Codec[], codec: Codec): void {
    codecs.push(codec);
    // Closed meanwhile.
    if (this.#closed) codec.free();
  }
}

/**
 * Packets in the low-delay mode of Opus (CELT, RFC 6716, 4.3) only. With in-band FEC libopus would use the hybrid mode, which
 * takes three times the CPU and which FFmpeg's own decoder gets wrong: a recording would sound wrong in most programs.
 * What gets lost on the way is sent again instead (NACK).
 */
const makeEncoder = (): Promise<OpusEncoder> =>
  createEncoder({ application: Application.RestrictedLowDelay, bitrate, vbr: true, complexity });
