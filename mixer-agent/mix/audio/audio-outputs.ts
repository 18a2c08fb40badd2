import type { ParticipantId } from '../../../common/contract/ids.ts';
import type { AudioOutputKey } from '../../../common/contract/mix.ts';
import { blockSamples, type Block } from '../media.ts';
import type { AudioInput } from './audio-input.ts';
import { Limiter } from './limiter.ts';
import type { OpusCodecs, OpusEncoder } from './opus-codecs.ts';
import { addUp } from './ramps.ts';

/** Somebody who is quieter than this would not hear himself, dBFS. */
const audibleLevel = -60;
/** Blocks without own sound after which somebody can hear what all hear: 1 s. */
const quietBlocks = 50;
/** Blocks that a new encoder is given first, so that it goes on where the common one is. */
const primingBlocks = 4;
/** Limiters whose gains differ by less than this sound the same. */
const sameGain = 0.001;

/** An encoded block for an output. Outputs that sound the same share their data. */
export interface OutputPacket {
  key: AudioOutputKey;
  data: Uint8Array;
}

/** What one participant hears. */
interface Variant {
  readonly participant: ParticipantId;
  /** Absent: it hears what all hear. */
  own: { encoder: OpusEncoder; limiter: Limiter } | undefined;
  /** Blocks since its own sound could be heard last. */
  quiet: number;
}

/**
 * The encoded outputs: everybody's sound, and for each participant the same without its own. Only those who can be heard
 * need an encoding of their own; theirs begins with the state that the common one has, so that a decoder notices neither
 * its begin nor its end.
 */
export class AudioOutputs {
  readonly #codecs: OpusCodecs;
  readonly #variants = new Map<ParticipantId, Variant>();
  readonly #limiter = new Limiter();
  readonly #block: Block = new Float32Array(2 * blockSamples);
  readonly #own: Block = new Float32Array(2 * blockSamples);
  /** The last common blocks, as they were encoded. The oldest is overwritten next. */
  readonly #history: Block[] = Array.from(
    { length: primingBlocks },
    () => new Float32Array(2 * blockSamples),
  );
  #common: OpusEncoder | undefined;
  #wantsCommon = false;

  constructor(codecs: OpusCodecs) {
    this.#codecs = codecs;
  }

  /** Encodings of their own at the moment, besides the common one. */
  get separate(): number {
    return [...this.#variants.values()].filter(({ own }) => own !== undefined).length;
  }

  set(keys: readonly AudioOutputKey[]): void {
    const participants = new Set(keys.filter((key) => key !== 'common') as ParticipantId[]);
    this.#wantsCommon = keys.includes('common');
    for (const [participant, variant] of this.#variants) {
      if (participants.has(participant)) continue;
      this.#variants.delete(participant);
      this.#share(variant);
    }
    for (const participant of participants) {
      if (!this.#variants.has(participant))
        this.#variants.set(participant, { participant, own: undefined, quiet: quietBlocks });
    }
  }

  close(): void {
    this.set([]);
    this.#common?.free();
    this.#common = undefined;
  }

  /** Mixes and encodes a block. `heard`: inputs with sound in it. */
  encode(heard: readonly AudioInput[]): OutputPacket[] {
    const block = this.#block;
    addUp(block, blocksOf(heard));
    if (!this.#wantsCommon && this.#variants.size === 0) return [];
    const before = this.#limiter.gain;
    this.#limiter.limit(block);
    this.#common ??= this.#codecs.takeEncoder();
    const common = this.#common?.encodeFloat(block);
    const packets: OutputPacket[] = [];
    if (this.#wantsCommon && common !== undefined) packets.push({ key: 'common', data: common });
    for (const variant of this.#variants.values()) {
      this.#choose(variant, { heard, before });
      const data = this.#encodeVariant(variant, heard) ?? common;
      if (data !== undefined) packets.push({ key: variant.participant, data });
    }
    this.#remember(block);
    return packets;
  }

  /** Decides whether a participant has an encoding of its own for this block. */
  #choose(variant: Variant, { heard, before }: { heard: readonly AudioInput[]; before: number }): void {
    const audible = heard.some(
      ({ participant, loudness }) => participant === variant.participant && loudness > audibleLevel,
    );
    variant.quiet = audible ? 0 : variant.quiet + 1;
    const { own } = variant;
    if (own === undefined) {
      if (audible) variant.own = this.#separate(before);
    } else if (variant.quiet >= quietBlocks && Math.abs(own.limiter.gain - this.#limiter.gain) < sameGain) {
      this.#share(variant);
    }
  }

  /** Begins an encoding with the sound that has been common until now. Undefined: not possible in this block. */
  #separate(gain: number): Variant['own'] {
    const encoder = this.#codecs.takeEncoder();
    if (encoder === undefined) return undefined;
    for (const block of this.#history) encoder.encodeFloat(block);
    return { encoder, limiter: new Limiter(gain) };
  }

  #share(variant: Variant): void {
    variant.own?.encoder.free();
    variant.own = undefined;
  }

  #encodeVariant({ participant, own }: Variant, heard: readonly AudioInput[]): Uint8Array | undefined {
    if (own === undefined) return undefined;
    // Summed up anew: what is taken away from a sum of floats leaves a trace.
    const block = this.#own;
    addUp(block, blocksOf(heard.filter((input) => input.participant !== participant)));
    own.limiter.limit(block);
    return own.encoder.encodeFloat(block);
  }

  #remember(block: Block): void {
    const oldest = this.#history.shift();
    if (oldest === undefined) return;
    oldest.set(block);
    this.#history.push(oldest);
  }
}

const blocksOf = (inputs: readonly AudioInput[]): Block[] => inputs.map(({ block }) => block);
