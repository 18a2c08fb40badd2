import {
  createDecoder,
  createEncoder,
  type EncoderOptions,
  type OpusDecoderHandle,
  type OpusEncoderHandle,
} from 'libopus-wasm';
import { ParticipantId, StreamId } from '../../common/contract/ids.ts';
import type { AudioOutputKey } from '../../common/contract/mix.ts';
import { AudioMix, type MixedBlock } from '../../mixer-agent/mix/audio/audio-mix.ts';
import { joined, tone } from './tones.ts';

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

export interface VoiceOptions extends EncoderOptions {
  amplitude?: number;
  /** First RTP timestamp. */
  timestamp?: number;
}

/** Somebody who sends a tone as real Opus packets. */
export class Voice {
  readonly stream: StreamId;
  readonly participant: ParticipantId;
  readonly frames: number;
  readonly #hz: number;
  readonly #amplitude: number;
  readonly #encoder: OpusEncoderHandle;
  #timestamp: number;
  #sent = 0;

  static async create(name: string, hz: number, options: VoiceOptions = {}): Promise<Voice> {
    return new Voice({ name, hz, encoder: await createEncoder({ complexity: 5, ...options }) }, options);
  }

  private constructor(
    { name, hz, encoder }: { name: string; hz: number; encoder: OpusEncoderHandle },
    { amplitude = 0.2, timestamp = 1_000_000 }: VoiceOptions,
  ) {
    this.stream = StreamId.parse(`stream-${name}`);
    this.participant = ParticipantId.parse(name);
    this.#hz = hz;
    this.#amplitude = amplitude;
    this.#timestamp = timestamp;
    this.#encoder = encoder;
    this.frames = encoder.frameSize;
  }

  /** The next packet. `silent`: of silence instead of the tone. */
  next({ silent = false } = {}): { data: Uint8Array; timestamp: number; captureMs: number } {
    const from = this.#sent;
    this.#sent += this.frames;
    const stereo = tone(this.#hz, this.frames, { amplitude: silent ? 0 : this.#amplitude, from });
    const pcm = this.#encoder.channels === 2 ? stereo : stereo.filter((_value, index) => index % 2 === 0);
    const timestamp = this.#timestamp + from;
    return { data: this.#encoder.encodeFloat(pcm), timestamp, captureMs: timestamp / 48 };
  }

  /** Time goes by without packets, ms. */
  pause(ms: number): void {
    this.#timestamp += ms * 48;
  }
}

/** Hears one output as a receiver does. */
class Ear {
  readonly #decoder: OpusDecoderHandle;
  readonly blocks: Float32Array[] = [];
  readonly packets: Uint8Array[] = [];

  constructor(decoder: OpusDecoderHandle) {
    this.#decoder = decoder;
  }

  hear(packet: Uint8Array): void {
    this.packets.push(packet);
    this.blocks.push(this.#decoder.decodeFloat(packet));
  }

  /** What was heard from one block to another. */
  sound(from = 0, to?: number): Float32Array {
    return joined(this.blocks.slice(from, to));
  }
}

/** A mix of sound with receivers of all its outputs, block by block. */
export class SoundStudio {
  readonly mix: AudioMix;
  readonly #ears = new Map<AudioOutputKey, Ear>();
  last: MixedBlock = { packets: [], speaking: [], heard: [] };

  static async create(keys: readonly AudioOutputKey[]): Promise<SoundStudio> {
    const studio = new SoundStudio(await AudioMix.create({ log }));
    for (const key of keys) studio.#ears.set(key, new Ear(await createDecoder()));
    studio.mix.setOutputs(keys);
    return studio;
  }

  private constructor(mix: AudioMix) {
    this.mix = mix;
  }

  ear(key: AudioOutputKey): Ear {
    const ear = this.#ears.get(key);
    if (ear === undefined) throw new Error(`nobody hears ${key}`);
    return ear;
  }

  /**
   * Blocks in which voices send 20 ms each. Lets promises settle between blocks, as time does.
   * @param act called before each block
   */
  async run(
    blocks: number,
    voices: readonly Voice[] = [],
    act: (block: number) => void = () => undefined,
  ): Promise<void> {
    for (let block = 0; block < blocks; block += 1) {
      act(block);
      for (const voice of voices) {
        for (let sent = 0; sent < 960; sent += voice.frames) this.mix.push(voice.stream, voice.next());
      }
      this.last = this.mix.mix();
      for (const { key, data } of this.last.packets) this.#ears.get(key)?.hear(data);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(): void {
    this.mix.close();
  }
}
