import { StreamId, ParticipantId } from '../../common/contract/ids.ts';
import type { EncodedPicture, OpusPacket } from '../mix/media.ts';
import type { ProcessInput } from '../mix/protocol.ts';
import { Receiver } from '../mix/receive/receiver.ts';
import type { EgressProcessSpec } from './protocol.ts';

/*
 * Time from capture to release, ms. A recording waits for packets that were lost on the way to us and are sent again; a
 * live stream does not want to be late.
 */
const delays = {
  recording: { minMs: 600, maxMs: 1_000 },
  live: { minMs: 150, maxMs: 500 },
} as const;

const stream = StreamId.parse('egress');
const participant = ParticipantId.parse('egress');

export interface IntakeOptions {
  type: keyof typeof delays;
  onSound: (packet: OpusPacket) => void;
  onPicture: (picture: EncodedPicture) => void;
  onKeyFrameNeeded: (ssrc: number) => void;
}

/** Receives the tracks of an egress: one input of a receiver, so that both have the same delay. */
export class Intake {
  readonly #receiver: Receiver;
  readonly #delay: { minMs: number; maxMs: number };
  #ssrcs: number[] = [];

  constructor({ type, onSound, onPicture, onKeyFrameNeeded }: IntakeOptions) {
    this.#delay = delays[type];
    this.#receiver = new Receiver({
      delay: this.#delay,
      events: {
        sound: (_stream, packet) => {
          onSound(packet);
        },
        picture: (_stream, picture) => {
          onPicture(picture);
        },
        keyFrameNeeded: onKeyFrameNeeded,
      },
    });
  }

  get maxDelayMs(): number {
    return this.#delay.maxMs;
  }

  /** Makes the tracks these. Of one that is not among them any more, or is silent from now on, all is given out first. */
  set({ audio, video }: Pick<EgressProcessSpec, 'audio' | 'video'>): void {
    const active = [audio, video].map((track) => (track?.silent === false ? track.feed?.ssrc : undefined));
    if (this.#ssrcs.some((ssrc) => !active.includes(ssrc))) this.flush();
    this.#ssrcs = active.filter((ssrc) => ssrc !== undefined);
    const input: ProcessInput = {
      ...{ stream, participant, name: '', hasVideo: video !== undefined },
      ...(audio?.feed === undefined ? {} : { audio: audio.feed }),
      ...(video?.feed === undefined
        ? {}
        : { video: { ...video.feed, paused: video.feed.paused || video.silent } }),
    };
    this.#receiver.set([input]);
  }

  take(datagram: Uint8Array): void {
    this.#receiver.packet(datagram);
  }

  release(now: number): void {
    this.#receiver.release(now);
  }

  /** Gives out all that came, without waiting for what is missing. */
  flush(): void {
    this.#receiver.release(performance.now() + 2 * this.#delay.maxMs);
  }

  wantKeyFrame(): void {
    this.#receiver.wantKeyFrame(stream);
  }
}
