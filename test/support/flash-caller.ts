import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { pause } from '../../common/lifecycle/wait.ts';
import type { MixCodec, Picture, Size } from '../../mixer-agent/mix/media.ts';
import { plain } from '../../mixer-agent/mix/picture/i420.ts';
import { AudioSender } from '../../mixer-agent/mix/send/audio-sender.ts';
import { Feedback } from '../../mixer-agent/mix/send/feedback.ts';
import { SenderReports } from '../../mixer-agent/mix/send/sender-reports.ts';
import { VideoSender } from '../../mixer-agent/mix/send/video-sender.ts';
import { EncoderLine } from '../../mixer-agent/mix/video/encoder-line.ts';
import { beepPackets } from './beeps.ts';
import { quiet } from './pictures.ts';
import { Random } from './random.ts';
import { Retransmission } from './retransmission.ts';

/** From flash to flash, ms: no multiple of anything that a recording or a mix does. */
export const flashPeriodMs = 900;
const beepsInLoop = 10;
const framerate = 20;
export const callerFrameMs = 1_000 / framerate;
const whiteFrames = 2;
const blockMs = 20;
/** Sound of a period that is more than the echo of its beep, ms. */
const soundingMs = 100;
/** A sender that says nothing says so each time this has passed (DTX), ms. */
const comfortMs = 400;
const keyFrameGapMs = 300;
const tickMs = 5;
const bitrate = 700;
const ssrcs = { audio: 0x5555, video: 0x6666 };

const opus = { mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111, parameters: {} };
/** It sends pictures again, and key frames, to those who ask. */
const rtcpFeedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];
const videoCodecs = {
  vp8: { mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96, parameters: {}, rtcpFeedback },
  h264: {
    ...{ mimeType: 'video/H264', clockRate: 90_000, payloadType: 102, rtcpFeedback },
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
};

export const callerSizes = { large: { width: 640, height: 360 }, small: { width: 320, height: 180 } };

interface CallerTracks {
  audio: types.Producer;
  video: types.Producer;
}

export interface FlashCallerOptions {
  codec?: MixCodec;
  seed?: number;
}

/**
 * A caller as a browser is one: encodes while it sends, key frames when they are asked for, and sends again what got lost.
 * Its picture flashes at the moment of each beep, by one clock.
 */
export class FlashCaller {
  readonly tracks: CallerTracks;
  /** Tracks that send nothing although their time goes on. */
  readonly muted = { audio: false, video: false };
  /** It does not flash, although it beeps. */
  dark = false;
  /** Sound without content is not sent. */
  dtx = false;
  /** Part of its packets that get lost, 0..1; those that are sent again, too. */
  loss = 0;
  /** How long it takes until a key frame comes that was asked for, ms. */
  keyFrameDelayMs = 0;
  /** Moments of the pictures that were sent, ms since its begin; `lost`: none of its packets arrives. */
  readonly pictures: { ms: number; key: boolean; lost: boolean }[] = [];
  readonly #socket: Socket;
  readonly #random: Random;
  readonly #audio: AudioSender;
  readonly #video: VideoSender;
  readonly #reports: SenderReports;
  readonly #line: EncoderLine;
  readonly #repair = new Retransmission();
  readonly #blocks: readonly Uint8Array[];
  readonly #scenes: readonly { dark: Picture; white: Picture }[];
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #keyAt: number | undefined = 0;
  #lastKeyAt = -Infinity;
  #losesPicture = false;
  #losing = false;
  #warm = false;
  #lost = 0;

  static async create(router: types.Router, options: FlashCallerOptions = {}): Promise<FlashCaller> {
    const { codec = 'vp8', seed = 7 } = options;
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: true,
    });
    const socket = createSocket('udp4');
    socket.connect(transport.tuple.localPort, '127.0.0.1');
    await once(socket, 'connect');
    // The router may end first.
    socket.on('error', () => undefined);
    const tracks = {
      audio: await transport.produce(parameters('audio', opus)),
      video: await transport.produce(parameters('video', videoCodecs[codec])),
    };
    const blocks = await beepPackets(flashPeriodMs, beepsInLoop);
    return new FlashCaller({ tracks, socket, blocks }, { codec, seed });
  }

  private constructor(
    parts: { tracks: CallerTracks; socket: Socket; blocks: readonly Uint8Array[] },
    { codec, seed }: Required<FlashCallerOptions>,
  ) {
    this.tracks = parts.tracks;
    this.#socket = parts.socket;
    this.#blocks = parts.blocks;
    this.#random = new Random(seed);
    this.#scenes = scenes(this.#random);
    const send = (packet: Uint8Array) => {
      this.#send(packet);
    };
    const { payloadType } = videoCodecs[codec];
    this.#video = new VideoSender({ codec, ssrc: ssrcs.video, payloadType, framerate, send });
    this.#audio = new AudioSender({ ssrc: ssrcs.audio, payloadType: opus.payloadType, send });
    this.#reports = new SenderReports({
      send: (packet) => {
        this.#socket.send(packet);
      },
    });
    this.#line = new EncoderLine({
      ...{ ffmpeg: 'ffmpeg', log: quiet, codec, size: callerSizes.large, framerate, bitrate },
      onPicture: ({ data, key, tick }) => {
        this.#sendPicture(data, key, tick);
      },
    });
    const feedback = new Feedback({
      onKeyFrameRequest: () => {
        this.#keyAt ??= Math.max(this.elapsedMs + this.keyFrameDelayMs, this.#lastKeyAt + keyFrameGapMs);
      },
    });
    this.#socket.on('message', (datagram) => {
      feedback.take(datagram);
      for (const packet of this.#repair.asked(datagram)) this.#send(packet);
    });
  }

  /** Begins with a flash and a beep, as soon as its encoder runs; resolves when the first picture was sent. */
  async start(): Promise<void> {
    await this.#warmUp();
    this.#startedAt = performance.now();
    const sent = { frames: 0, blocks: 0 };
    this.#timer = setInterval(() => {
      for (; sent.blocks * blockMs <= this.elapsedMs; sent.blocks += 1) this.#sendBlock(sent.blocks);
      for (; sent.frames * callerFrameMs <= this.elapsedMs; sent.frames += 1) this.#encode(sent.frames);
      this.#reports.send(performance.now(), [this.#audio, this.#video]);
    }, tickMs);
  }

  /** Packets that got lost, whether they were sent again or not. */
  get lost(): number {
    return this.#lost;
  }

  /** Since its begin. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** From the next key frame on, which follows at once. */
  set size(size: Size) {
    this.#line.configure({ size, framerate, bitrate });
  }

  /** The next picture gets lost for good: the ones after it are worth nothing. */
  losePicture(): void {
    this.#losesPicture = true;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#video.close();
    await this.#line.close();
    this.#socket.close();
  }

  async #warmUp(): Promise<void> {
    while (!this.#warm) {
      this.#line.encode(this.#scene(0), -1, false);
      await pause(callerFrameMs);
    }
  }

  #scene(frame: number): Picture {
    const { dark, white } = this.#scenes[frame % this.#scenes.length]!;
    const isFlash = !this.dark && frame % (flashPeriodMs / callerFrameMs) < whiteFrames;
    return isFlash ? white : dark;
  }

  #sendBlock(number: number): void {
    const at = number * blockMs;
    const isSilent = at % flashPeriodMs >= soundingMs;
    if (this.muted.audio || (this.dtx && isSilent && at % comfortMs !== 0)) return;
    this.#audio.send(this.#blocks[number % this.#blocks.length]!, this.#startedAt + at);
  }

  #encode(frame: number): void {
    if (this.muted.video) return;
    const key = this.#keyAt !== undefined && this.elapsedMs >= this.#keyAt;
    if (key) {
      this.#keyAt = undefined;
      this.#lastKeyAt = this.elapsedMs;
    }
    this.#line.encode(this.#scene(frame), frame, key);
  }

  #sendPicture(data: Uint8Array, key: boolean, frame: number): void {
    this.#warm = true;
    if (frame < 0) return;
    const ms = frame * callerFrameMs;
    this.#losing = this.#losesPicture && !key;
    if (this.#losing) this.#losesPicture = false;
    this.pictures.push({ ms, key, lost: this.#losing });
    this.#video.send({ data }, this.#startedAt + ms);
    this.#losing = false;
  }

  #send(packet: Uint8Array): void {
    if (this.#losing) return;
    this.#repair.keep(packet);
    if (this.#random.chance(this.loss)) this.#lost += 1;
    else this.#socket.send(packet);
  }
}

const parameters = (kind: 'audio' | 'video', codec: types.RtpCodecParameters): types.ProducerOptions => ({
  kind,
  rtpParameters: { codecs: [codec], encodings: [{ ssrc: ssrcs[kind] }], rtcp: { cname: 'flash' } },
});

/** Black and white pictures, with a stripe that never looks the same, so that each takes several packets. */
function scenes(random: Random): { dark: Picture; white: Picture }[] {
  const { width, height } = callerSizes.large;
  const stripe = width * 24;
  return Array.from({ length: 8 }, () => {
    const noise = Uint8Array.from({ length: stripe }, () => 64 + random.below(128));
    const [dark, white] = [16, 235].map((y) => {
      const picture = plain({ width, height }, { y, u: 128, v: 128 });
      picture.data.set(noise);
      return picture;
    });
    return { dark: dark!, white: white! };
  });
}
