import type { StreamId } from '../../../common/contract/ids.ts';
import type { ProcessInput } from '../protocol.ts';
import type { AudioFeed } from './audio-feed.ts';
import { Input, type InputEvents, type InputMeasure } from './input.ts';
import { emptyRtpHeader, isRtcp, readRtpHeader } from './rtp-header.ts';
import { readSenderReports } from './sender-reports.ts';
import type { VideoFeed } from './video-feed.ts';

export interface ReceiverOptions {
  /** Limits of the time from capture to release, ms. */
  delay: { minMs: number; maxMs: number };
  /** ms of `performance.now()`. */
  now?: () => number;
  /** Told from within `release`. */
  events: InputEvents;
}

/** What arrives; counts since the start, inputs that are gone included. */
export interface ReceiverMeasure {
  received: number;
  lost: number;
  late: number;
  /** Datagrams that are neither RTP nor RTCP of an input. */
  refused: number;
  inputs: InputMeasure[];
}

/**
 * The receiving side of a mix: from the datagrams of its socket, RTP and RTCP of many senders, to encoded pictures and
 * Opus packets, each given out at its capture time + the playout delay of its input.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #now: () => number;
  readonly #inputs = new Map<StreamId, Input>();
  readonly #feeds = new Map<number, AudioFeed | VideoFeed>();
  readonly #header = emptyRtpHeader();
  readonly #gone = { received: 0, lost: 0, late: 0 };
  #refused = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Makes the inputs these: those that go on keep their state, those that are not named are forgotten. */
  set(inputs: readonly ProcessInput[]): void {
    const named = new Set(inputs.map(({ stream }) => stream));
    for (const [stream, input] of this.#inputs) {
      if (named.has(stream)) continue;
      input.set({}, this.#onGone);
      this.#inputs.delete(stream);
    }
    this.#feeds.clear();
    for (const input of inputs) this.#setInput(input);
  }

  /** Takes a datagram, which it may keep: the caller must not use its memory again. Anything may be in it. */
  packet(datagram: Uint8Array): void {
    if (isRtcp(datagram)) {
      if (!readSenderReports(datagram, this.#onReport)) this.#refused += 1;
      return;
    }
    const header = this.#header;
    const feed = readRtpHeader(datagram, header) ? this.#feeds.get(header.ssrc) : undefined;
    if (feed?.feed.payloadType === header.payloadType) feed.packet(header, datagram, this.#now());
    else this.#refused += 1;
  }

  /** Gives out all that is due, in order for each feed. To be called about each 5 ms. */
  release(now: number): void {
    for (const input of this.#inputs.values()) input.release(now);
  }

  /** A decoder cannot go on without a key frame: its sender is asked, again until one comes. */
  wantKeyFrame(stream: StreamId): void {
    this.#inputs.get(stream)?.video?.wantKeyFrame(this.#now());
  }

  measure(): ReceiverMeasure {
    const inputs = [...this.#inputs.values()].map((input) => input.measure());
    const sum = (name: 'received' | 'lost' | 'late') =>
      inputs.reduce(
        (total, { audio, video }) => total + (audio?.[name] ?? 0) + (video?.[name] ?? 0),
        this.#gone[name],
      );
    return {
      received: sum('received'),
      lost: sum('lost'),
      late: sum('late'),
      refused: this.#refused,
      inputs,
    };
  }

  readonly #onGone = (feed: AudioFeed | VideoFeed): void => {
    const { received, lost, late } = feed.measure();
    this.#gone.received += received;
    this.#gone.lost += lost;
    this.#gone.late += late;
  };

  readonly #onReport = (ssrc: number, ntpMs: number, timestamp: number): void => {
    this.#feeds.get(ssrc)?.report(ntpMs, timestamp);
  };

  #setInput(input: ProcessInput): void {
    let known = this.#inputs.get(input.stream);
    if (!known) {
      known = new Input(input.stream, this.#options.delay, this.#options.events);
      this.#inputs.set(input.stream, known);
    }
    known.set(input, this.#onGone);
    for (const feed of [known.audio, known.video]) if (feed) this.#feeds.set(feed.feed.ssrc, feed);
  }
}
