import { NutReader } from '../ffmpeg/nut.ts';
import type { OpusCodecs, OpusEncoder } from '../mix/audio/opus-codecs.ts';
import type { Block } from '../mix/media.ts';
import { AudioQueue } from './audio-queue.ts';
import { audioDecoderArguments, decodedTimebase } from './decoder-arguments.ts';
import { MediaChild } from './media-child.ts';
import { PcmBlocks } from './pcm-blocks.ts';
import type { Play, TrackLine, TrackLineOptions } from './track-line.ts';

/** Packets that may wait to be played: 1 s. */
const most = 50;
/** Bytes that may wait to be decoded. */
const mostBytes = 8 * 1024 * 1024;

export interface EncodedAudioOptions extends TrackLineOptions {
  ffmpeg: string;
  codecs: OpusCodecs;
  play: Play<Uint8Array>;
}

/** Sound of a source that WebRTC does not carry: decoded by an FFmpeg, encoded here. */
export class EncodedAudio implements TrackLine {
  readonly #options: EncodedAudioOptions;
  readonly #queue: AudioQueue;
  readonly #child: MediaChild;
  #encoder: OpusEncoder | undefined;
  #ended = false;

  constructor(options: EncodedAudioOptions) {
    const { ffmpeg, timeline, play, onTrouble } = options;
    this.#options = options;
    this.#queue = new AudioQueue(timeline, play);
    const blocks = new PcmBlocks({
      onBlock: (block, time) => {
        this.#encode(block, time);
      },
    });
    const reader = new NutReader({
      timebase: decodedTimebase,
      allocate: (bytes) => new Uint8Array(bytes),
      onFrame: ({ buffer, byteLength }, time) => {
        blocks.push(new Float32Array(buffer as ArrayBuffer, 0, byteLength >> 2), time / 90);
      },
    });
    this.#child = new MediaChild({
      ffmpeg,
      args: audioDecoderArguments,
      fed: true,
      onOutput: (chunk) => {
        reader.push(chunk);
        this.#hold();
      },
      onEnd: ({ code, complaints }) => {
        this.#ended = true;
        if (code !== 0) onTrouble(`the sound cannot be decoded: ${complaints.at(-1) ?? 'its decoder died'}`);
      },
    });
  }

  get full(): boolean {
    return this.#child.waiting > mostBytes;
  }

  get empty(): boolean {
    return this.#ended && this.#queue.length === 0;
  }

  push(): void {
    // It comes as bytes, and its pieces later.
  }

  feed(bytes: Uint8Array): void {
    this.#child.write(bytes);
  }

  finish(): void {
    this.#child.finish();
  }

  poll(now: number): void {
    this.#queue.poll(now);
    this.#hold();
  }

  close(): void {
    void this.#child.close();
    this.#queue.clear();
    this.#encoder?.free();
    this.#encoder = undefined;
  }

  #hold(): void {
    this.#child.flow(this.#queue.length < most);
  }

  #encode(block: Block, time: number): void {
    this.#encoder ??= this.#options.codecs.takeEncoder();
    // The next block finds one.
    if (this.#encoder === undefined) return;
    this.#queue.push(this.#encoder.encodeFloat(block).slice(), time, performance.now());
  }
}
