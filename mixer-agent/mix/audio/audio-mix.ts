import type { ParticipantId, StreamId } from '../../../common/contract/ids.ts';
import type { AudioOutputKey } from '../../../common/contract/mix.ts';
import type { EngineLog } from '../../process/engine-log.ts';
import type { OpusPacket } from '../media.ts';
import { AudioInput, type InputCounts } from './audio-input.ts';
import { AudioOutputs, type OutputPacket } from './audio-outputs.ts';
import { OpusCodecs } from './opus-codecs.ts';

/** One block of a mix. */
export interface MixedBlock {
  /** For each output; those that sound the same share their data. */
  packets: OutputPacket[];
  /** Inputs in which somebody speaks, the loudest first. */
  speaking: StreamId[];
  /** Inputs whose sound is in it. */
  heard: readonly Pick<AudioInput, 'stream' | 'startMs'>[];
}

/**
 * The sound of a mix: takes the Opus packets of all inputs and makes a block of 20 ms for each output whenever it is asked,
 * whatever has come. Outputs are Opus, 48 kHz stereo, 20 ms (RFC 6716).
 */
export class AudioMix {
  readonly #codecs: OpusCodecs;
  readonly #outputs: AudioOutputs;
  readonly #inputs = new Map<StreamId, AudioInput>();
  readonly #heard: AudioInput[] = [];

  private constructor(codecs: OpusCodecs) {
    this.#codecs = codecs;
    this.#outputs = new AudioOutputs(codecs);
  }

  static async create({ log }: { log: EngineLog }): Promise<AudioMix> {
    return new AudioMix(await OpusCodecs.create(log));
  }

  /** All inputs that are heard from now on. One that is not among them any more ends softly with the next block. */
  setInputs(inputs: readonly { stream: StreamId; participant: ParticipantId }[]): void {
    for (const input of this.#inputs.values()) input.leaving = true;
    for (const wanted of inputs) {
      const input = this.#inputs.get(wanted.stream);
      if (input === undefined) {
        this.#inputs.set(wanted.stream, new AudioInput(this.#codecs, wanted));
      } else {
        input.leaving = false;
        input.participant = wanted.participant;
      }
    }
  }

  /** A packet of an input is due; packets come in order. One of an unknown input is ignored. */
  push(stream: StreamId, packet: OpusPacket): void {
    this.#inputs.get(stream)?.push(packet);
  }

  /** All outputs from now on: `common`, or a participant who hears everybody but itself. */
  setOutputs(keys: readonly AudioOutputKey[]): void {
    this.#outputs.set(keys);
  }

  /** Makes the next block. Call it once each 20 ms. */
  mix(): MixedBlock {
    const heard = this.#heard;
    heard.length = 0;
    for (const input of this.#inputs.values()) if (input.read()) heard.push(input);
    const packets = this.#outputs.encode(heard);
    this.#sweep();
    return { packets, speaking: this.#speaking(), heard };
  }

  /** How much later sound comes out of the packets of a block than out of the block itself, ms. */
  get encodingMs(): number {
    return this.#codecs.encodingMs;
  }

  /** What has come of an input; undefined: there is no such input. */
  counts(stream: StreamId): Readonly<InputCounts> | undefined {
    return this.#inputs.get(stream)?.counts;
  }

  /** Encodings besides the common one: of those who could hear themselves in it. */
  get separate(): number {
    return this.#outputs.separate;
  }

  close(): void {
    for (const input of this.#inputs.values()) input.close();
    this.#inputs.clear();
    this.#outputs.close();
    this.#codecs.close();
  }

  /** Forgets inputs that have ended. */
  #sweep(): void {
    for (const [stream, input] of this.#inputs) {
      if (!input.leaving) continue;
      this.#inputs.delete(stream);
      input.close();
    }
  }

  #speaking(): StreamId[] {
    const speaking = [...this.#inputs.values()].filter(({ activity }) => activity.speaking);
    speaking.sort((one, other) => other.activity.level - one.activity.level);
    return speaking.map(({ stream }) => stream);
  }
}
