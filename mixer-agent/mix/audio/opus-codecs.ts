import {
  Application,
  createDecoder,
  createEncoder,
  type OpusDecoderHandle,
  type OpusEncoderHandle,
} from 'libopus-wasm';
import type { EngineLog } from '../../process/engine-log.ts';

export type OpusDecoder = OpusDecoderHandle;
export type OpusEncoder = OpusEncoderHandle;

/** Made in advance: the library makes them asynchronously, and nothing in a mix may wait. */
const spares = 4;

const samplesPerMs = 48;

/** bit/s of an output. */
const bitrate = 64_000;

/**
 * Losses that encoders reckon with, percent. From 6 upward libopus stays in the modes that can repeat the last frame in
 * the next packet (in-band FEC); below, it takes one that cannot.
 */
const packetLossPercent = 10;

/** How thoroughly sound is encoded while there are few encoders, and while there are many (0 to 10). */
const complexity = { few: 5, many: 1 };
/** More encoders than this are many. At 5 one takes 2.3 % of a core, at 1 half of that. */
const fewEncoders = 4;

/** The Opus library: makes encoders and decoders for 48 kHz stereo. The only file that knows it. */
export class OpusCodecs {
  readonly #log: EngineLog;
  readonly #decoders: OpusDecoder[] = [];
  readonly #encoders: OpusEncoder[] = [];
  readonly #used = new Set<OpusEncoder>();
  #complexity = complexity.few;
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

  /** A new encoder of 20 ms blocks; undefined: none is ready, ask again with the next block. */
  takeEncoder(): OpusEncoder | undefined {
    const encoder = this.#encoders.pop();
    this.#replenish();
    if (encoder === undefined) return undefined;
    this.#used.add(encoder);
    encoder.setComplexity(this.#complexity);
    this.#balance();
    return encoder;
  }

  freeEncoder(encoder: OpusEncoder): void {
    this.#used.delete(encoder);
    encoder.free();
    this.#balance();
  }

  close(): void {
    this.#closed = true;
    for (const codec of [...this.#decoders.splice(0), ...this.#encoders.splice(0), ...this.#used])
      codec.free();
    this.#used.clear();
  }

  /** Many encoders share what few may take. */
  #balance(): void {
    const wanted = this.#used.size > fewEncoders ? complexity.many : complexity.few;
    if (wanted === this.#complexity) return;
    this.#complexity = wanted;
    for (const encoder of this.#used) encoder.setComplexity(wanted);
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

const makeEncoder = (): Promise<OpusEncoder> =>
  createEncoder({
    application: Application.Audio,
    bitrate,
    vbr: true,
    fec: true,
    packetLossPercent,
    complexity: complexity.few,
  });
