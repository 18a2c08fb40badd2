import type { StreamId } from '../../../common/contract/ids.ts';
import type { EncodedPicture, OpusPacket } from '../media.ts';
import type { Feed, ProcessInput } from '../protocol.ts';
import { AudioFeed } from './audio-feed.ts';
import { Playout } from './playout.ts';
import type { FeedMeasure } from './rtp-stream.ts';
import { VideoFeed } from './video-feed.ts';

export interface InputEvents {
  picture(stream: StreamId, picture: EncodedPicture): void;
  sound(stream: StreamId, packet: OpusPacket): void;
  /** At most each 400 ms per feed. */
  keyFrameNeeded(ssrc: number): void;
}

export interface InputMeasure {
  stream: StreamId;
  /** From capture, as far as it is known, to release. */
  delayMs: number;
  audio?: FeedMeasure;
  video?: FeedMeasure;
}

const isSame = (one: Feed<unknown> | undefined, other: Feed<unknown> | undefined): boolean =>
  one?.ssrc === other?.ssrc && one?.payloadType === other?.payloadType && one?.codec === other?.codec;

/** One stream of the mix: its sound and its picture with one delay for both. */
export class Input {
  readonly stream: StreamId;
  readonly #events: InputEvents;
  readonly #playout: Playout;
  audio: AudioFeed | undefined;
  video: VideoFeed | undefined;

  constructor(stream: StreamId, delay: { minMs: number; maxMs: number }, events: InputEvents) {
    this.stream = stream;
    this.#events = events;
    this.#playout = new Playout(delay);
  }

  /** Makes its feeds these. One that goes on keeps its state; `gone` is told of the others. */
  set(input: Pick<ProcessInput, 'audio' | 'video'>, gone: (feed: AudioFeed | VideoFeed) => void): void {
    if (!isSame(input.audio, this.audio?.feed)) {
      if (this.audio) gone(this.audio);
      this.audio?.close();
      this.audio = input.audio && this.#openAudio(input.audio);
    }
    if (!isSame(input.video, this.video?.feed)) {
      if (this.video) gone(this.video);
      this.video?.close();
      this.video = input.video && this.#openVideo(input.video);
    }
    if (this.video && input.video) this.video.paused = input.video.paused;
  }

  release(now: number): void {
    this.#playout.move(now);
    this.audio?.release(now);
    this.video?.release(now);
  }

  measure(): InputMeasure {
    return {
      stream: this.stream,
      delayMs: this.#playout.delayMs,
      ...(this.audio && { audio: this.audio.measure() }),
      ...(this.video && { video: this.video.measure() }),
    };
  }

  #openAudio(feed: Feed<'opus'>): AudioFeed {
    const onPacket = (packet: OpusPacket) => {
      this.#events.sound(this.stream, packet);
    };
    return new AudioFeed({ feed, playout: this.#playout, onPacket });
  }

  #openVideo(feed: NonNullable<ProcessInput['video']>): VideoFeed {
    return new VideoFeed({
      feed,
      playout: this.#playout,
      onPicture: (picture) => {
        this.#events.picture(this.stream, picture);
      },
      onKeyFrameNeeded: () => {
        this.#events.keyFrameNeeded(feed.ssrc);
      },
    });
  }
}
