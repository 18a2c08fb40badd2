import type { ParticipantId, StreamId } from '../../../common/contract/ids.ts';
import { blockSamples, type Block, type OpusPacket } from '../media.ts';
import { LevelControl, startLevel } from './level-control.ts';
import type { OpusCodecs, OpusDecoder } from './opus-codecs.ts';
import { isOpusSilence, maxPacketSamples, opusSamples, samplesPerMs } from './opus-packet.ts';
import { PcmLine } from './pcm-line.ts';
import { energy, fadeOutBlock } from './ramps.ts';
import { loudnessOf, silence, VoiceActivity } from './voice-activity.ts';

/** Sound is made up for missing packets for so long at most: 60 ms. */
const maxConcealed = 2_880;
/** Made up at a time: 10 ms. */
const concealedAtOnce = 480;
/** Lengths of sound that can be made up are multiples of this: 2.5 ms. */
const concealedUnit = 120;
/** A timestamp further back than this is that of a sender who began anew: 1 s. */
const restart = 48_000;
/** Below this a piece may be missing without being heard, dBFS. */
const inaudible = -50;

/** Packets and sound of an input since it began. */
export interface InputCounts {
  packets: number;
  /** No Opus. */
  garbage: number;
  /** Came after its time, or twice. */
  late: number;
  /** Samples per channel made up for what was missing. */
  concealed: number;
}

/**
 * The sound of one input: decodes its packets and gives out a block of 20 ms at a time, whatever came. Packets that follow
 * each other are joined without a seam; what is missing is made up for a short while and then ends softly.
 */
export class AudioInput {
  readonly stream: StreamId;
  participant: ParticipantId;
  /** The block that was read last. */
  readonly block: Block = new Float32Array(2 * blockSamples);
  readonly counts: InputCounts = { packets: 0, garbage: 0, late: 0, concealed: 0 };
  /** It ends with the next block. */
  leaving = false;
  readonly #codecs: OpusCodecs;
  readonly #line = new PcmLine();
  readonly #control = new LevelControl();
  readonly #activity = new VoiceActivity();
  #decoder: OpusDecoder | undefined;
  /** RTP timestamp after the last packet. */
  #next = -Infinity;
  /** When the end of what is in the line was captured, ms. */
  #endMs = -Infinity;
  #startMs: number | undefined;
  /** Made up since the last packet, samples. */
  #concealed = 0;
  #loudness = silence;

  constructor(codecs: OpusCodecs, { stream, participant }: { stream: StreamId; participant: ParticipantId }) {
    this.#codecs = codecs;
    this.stream = stream;
    this.participant = participant;
  }

  /** Loudness of the last block, dBFS. */
  get loudness(): number {
    return this.#loudness;
  }

  /** When the beginning of the last block was captured, ms; undefined: there was no sound in it. */
  get startMs(): number | undefined {
    return this.#startMs;
  }

  /** Whether somebody speaks, and how loud. */
  get activity(): Pick<VoiceActivity, 'speaking' | 'level'> {
    return this.#activity;
  }

  /** Takes a packet, in order. What cannot be decoded is counted and is as good as lost. */
  push({ data, captureMs, timestamp }: OpusPacket): void {
    this.counts.packets += 1;
    const samples = opusSamples(data);
    if (samples === undefined || !Number.isSafeInteger(timestamp)) {
      this.counts.garbage += 1;
      return;
    }
    const gap = timestamp - this.#next;
    if (gap < 0 && gap > -restart) {
      this.counts.late += 1;
      return;
    }
    this.#decoder ??= this.#codecs.takeDecoder();
    if (this.#decoder === undefined) return;
    try {
      this.#decode(this.#decoder, data, { gap, samples });
      this.#next = timestamp + samples;
      this.#endMs = captureMs + samples / samplesPerMs;
      this.#concealed = 0;
    } catch {
      this.counts.garbage += 1;
    }
  }

  /** Reads the next block into `block`. Returns whether there is sound in it. */
  read(): boolean {
    const quiet = this.#loudness < inaudible;
    this.#startMs = undefined;
    if (this.#line.level === 0 && !this.#line.continuous) {
      this.#heard(silence);
      return false;
    }
    const { stretch, skip } = this.#line.continuous
      ? this.#control.next(this.#line.level, quiet)
      : { stretch: 0, skip: 0 };
    if (skip > 0) this.#line.skip(skip);
    if (this.#line.continuous) this.#startMs = this.#endMs - this.#line.level / samplesPerMs;
    this.#conceal(blockSamples + stretch);
    this.#line.read(this.block, stretch);
    if (this.leaving) fadeOutBlock(this.block);
    const loudness = loudnessOf(energy(this.block), this.block.length);
    this.#heard(loudness);
    return loudness > silence;
  }

  close(): void {
    this.#decoder?.free();
    this.#decoder = undefined;
  }

  #heard(loudness: number): void {
    this.#loudness = loudness;
    this.#activity.next(loudness);
  }

  #decode(decoder: OpusDecoder, data: Uint8Array, { gap, samples }: { gap: number; samples: number }): void {
    const line = this.#line;
    this.#control.arrived(gap > 0);
    if (line.continuous && gap <= maxConcealed) this.#recover(decoder, data, gap - this.#concealed);
    const pcm = decoder.decodeFloat(data, { maxFrameSize: maxPacketSamples });
    if (isOpusSilence(data)) {
      this.#end(pcm);
      return;
    }
    if (!line.continuous || gap > maxConcealed) this.#begin(samples);
    line.append(pcm);
  }

  /** Sound begins after a hole. */
  #begin(samples: number): void {
    this.#line.break();
    this.#line.pad(startLevel(samples));
    this.#control.reset();
  }

  /** The sender has nothing to say until further notice: instead of its noise in pieces there is silence. */
  #end(pcm: Float32Array): void {
    if (!this.#line.continuous) return;
    this.#line.append(pcm);
    this.#line.break(pcm.length >> 1);
  }

  /** Packets were lost: the end of the gap is in the packet after it (in-band FEC) or can be guessed from it. */
  #recover(decoder: OpusDecoder, data: Uint8Array, missing: number): void {
    const samples = Math.ceil(missing / concealedUnit) * concealedUnit;
    if (samples <= 0) return;
    this.#line.append(decoder.decodeFloat(data, { decodeFec: true, frameSize: samples }));
    this.counts.concealed += samples;
  }

  /** Makes up for packets that have not come until the line holds this much, or too long has gone by. */
  #conceal(wanted: number): void {
    const line = this.#line;
    while (line.continuous && line.level < wanted) {
      const pcm = this.#guess();
      if (pcm === undefined) {
        line.break();
        return;
      }
      line.append(pcm);
      this.#concealed += concealedAtOnce;
      this.counts.concealed += concealedAtOnce;
      if (this.#concealed >= maxConcealed) line.break(concealedAtOnce);
    }
  }

  /** Sound that goes on from the last packet. */
  #guess(): Float32Array | undefined {
    try {
      return this.#decoder?.decodePacketLossFloat(concealedAtOnce);
    } catch {
      return undefined;
    }
  }
}
