import type { AudioMix } from './audio/audio-mix.ts';
import type { OpusPacket } from './media.ts';
import type { AudioOutputFeed, ProcessInput, RtpPosition } from './protocol.ts';
import { AudioSender } from './send/audio-sender.ts';
import { olderBy, type ReportedSender } from './send/sender-reports.ts';
import type { StreamId } from '../../common/contract/ids.ts';

export interface SoundOptions {
  mix: AudioMix;
  send: (packet: Uint8Array) => void;
  positionOf: (ssrc: number) => RtpPosition | undefined;
  /** Sound of an input is sent, so much later than it was captured; as a receiver hears it. */
  onLag: (stream: StreamId, lagMs: number) => void;
}

/** The sound of a mix: all inputs, mixed for everybody and for those who must not hear themselves. */
export class Sound {
  readonly #options: SoundOptions;
  readonly #senders = new Map<string, AudioSender>();

  constructor(options: SoundOptions) {
    this.#options = options;
  }

  setInputs(inputs: readonly ProcessInput[]): void {
    const heard = inputs.filter(({ audio }) => audio !== undefined && !audio.paused);
    this.#options.mix.setInputs(heard.map(({ stream, participant }) => ({ stream, participant })));
  }

  setOutputs(feeds: readonly AudioOutputFeed[]): void {
    const { mix, send, positionOf } = this.#options;
    const wanted = new Map(feeds.map((feed) => [feed.key as string, feed]));
    for (const [key, sender] of this.#senders) {
      if (wanted.get(key)?.ssrc === sender.ssrc) continue;
      this.#senders.delete(key);
      sender.close();
    }
    for (const [key, { ssrc, payloadType }] of wanted) {
      if (this.#senders.has(key)) continue;
      const position = positionOf(ssrc);
      const sender = new AudioSender({
        ssrc,
        payloadType,
        send,
        ...(position === undefined ? {} : { position }),
      });
      this.#senders.set(key, sender);
    }
    mix.setOutputs(feeds.map(({ key }) => key));
  }

  push(stream: StreamId, packet: OpusPacket): void {
    this.#options.mix.push(stream, packet);
  }

  /**
   * Sends the next block. Returns who speaks.
   * @param at the time it stands for, ms
   */
  block(at: number): readonly StreamId[] {
    const { mix, onLag } = this.#options;
    const { packets, speaking, heard } = mix.mix();
    for (const { stream, startMs } of heard) {
      if (startMs !== undefined) onLag(stream, at + mix.encodingMs - startMs);
    }
    for (const { key, data } of packets) this.#senders.get(key)?.send(data, at);
    return speaking;
  }

  positions(): RtpPosition[] {
    return [...this.#senders.values()].map((sender) => sender.position());
  }

  /**
   * SSRCs with their clock, for sender reports.
   * @param olderMs sound is so much older than its times say, ms
   */
  reported(olderMs: number): ReportedSender[] {
    return [...this.#senders.values()].map((sender) => olderBy(olderMs, sender));
  }

  close(): void {
    for (const sender of this.#senders.values()) sender.close();
    this.#senders.clear();
  }
}
