import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { writeSenderReport } from '../../mixer-agent/mix/send/rtcp.ts';
import type { VideoCodec } from '../../mixer-agent/mix/media.ts';
import type { Clip } from './clips.ts';
import { packetizers } from './rtp-packetizers.ts';
import { rtpPacket } from './rtp-packets.ts';

const codecs: Record<VideoCodec, types.RtpCodecParameters> = {
  vp8: { mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96, parameters: {} },
  vp9: { mimeType: 'video/VP9', clockRate: 90_000, payloadType: 98, parameters: {} },
  h264: {
    mimeType: 'video/H264',
    clockRate: 90_000,
    payloadType: 102,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
  av1: { mimeType: 'video/AV1', clockRate: 90_000, payloadType: 105, parameters: {} },
};
const opus = { mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111, parameters: {} };

const reportMs = 500;
const tickMs = 5;

export interface PlayerOptions {
  clip: Clip;
  /** Part of the packets that are lost, 0..1, by `random`. */
  loss?: number;
  random?: () => number;
}

/**
 * A participant that sends a clip, once, in real time, with sound and picture on exactly one clock. It answers requests
 * for key frames only by those that are in the clip.
 */
export class ClipPlayer {
  readonly audio: types.Producer;
  readonly video: types.Producer;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #options: PlayerOptions;
  readonly #ssrcs: { audio: number; video: number };
  readonly #next = { audio: 0, video: 0 };
  readonly #sequences = { audio: 0, video: 0 };
  #startedAt = 0;
  #reportedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  /** Tracks that send nothing although their time goes on. */
  readonly muted = { audio: false, video: false };

  static async create(router: types.Router, options: PlayerOptions): Promise<ClipPlayer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: true,
    });
    const ssrcs = { audio: randomSsrc(), video: randomSsrc() };
    const produce = (kind: 'audio' | 'video', codec: types.RtpCodecParameters) =>
      transport.produce({
        kind,
        rtpParameters: {
          codecs: [codec],
          encodings: [{ ssrc: ssrcs[kind] }],
          rtcp: { cname: `clip-${ssrcs.audio}` },
        },
      });
    const producers = {
      audio: await produce('audio', opus),
      video: await produce('video', codecs[options.clip.codec]),
    };
    return new ClipPlayer({ socket, port: transport.tuple.localPort, ssrcs, producers }, options);
  }

  private constructor(
    parts: {
      socket: Socket;
      port: number;
      ssrcs: { audio: number; video: number };
      producers: { audio: types.Producer; video: types.Producer };
    },
    options: PlayerOptions,
  ) {
    this.#socket = parts.socket;
    this.#socket.on('error', () => undefined);
    this.#port = parts.port;
    this.#ssrcs = parts.ssrcs;
    this.audio = parts.producers.audio;
    this.video = parts.producers.video;
    this.#options = options;
  }

  /** Begins; resolves when the clip is over. */
  async play(): Promise<void> {
    this.#startedAt = performance.now();
    await new Promise<void>((resolve) => {
      this.#timer = setInterval(() => {
        if (this.#send()) return;
        this.stop();
        resolve();
      }, tickMs);
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  close(): void {
    if (this.audio.closed) return;
    this.stop();
    this.#socket.close();
    this.audio.close();
    this.video.close();
  }

  /** @returns false: it is over */
  #send(): boolean {
    const { clip } = this.#options;
    const now = performance.now() - this.#startedAt;
    for (let unit = clip.audio[this.#next.audio]; unit && unit.timeMs <= now;) {
      this.#packet('audio', { payload: unit.data, timestamp: unit.timeMs * 48, marker: false });
      unit = clip.audio[(this.#next.audio += 1)];
    }
    for (let unit = clip.video[this.#next.video]; unit && unit.timeMs <= now;) {
      const payloads = packetizers[clip.codec](unit.data, 1_100);
      for (const [index, payload] of payloads.entries()) {
        const marker = index === payloads.length - 1;
        this.#packet('video', { payload, timestamp: unit.timeMs * 90, marker });
      }
      unit = clip.video[(this.#next.video += 1)];
    }
    if (now - this.#reportedAt > reportMs) this.#report(now);
    return this.#next.audio < clip.audio.length || this.#next.video < clip.video.length;
  }

  #packet(
    kind: 'audio' | 'video',
    { payload, timestamp, marker }: { payload: Uint8Array; timestamp: number; marker: boolean },
  ): void {
    if (this.muted[kind]) return;
    const sequence = this.#sequences[kind]++;
    const { loss = 0, random = Math.random } = this.#options;
    if (random() < loss) return;
    const payloadType = kind === 'audio' ? 111 : codecs[this.#options.clip.codec].payloadType;
    const ssrc = this.#ssrcs[kind];
    const fields = { ssrc, payloadType, sequence, timestamp: Math.round(timestamp), marker, payload };
    this.#socket.send(rtpPacket(fields), this.#port, '127.0.0.1');
  }

  #report(now: number): void {
    this.#reportedAt = now;
    for (const [kind, rate] of [['audio', 48] as const, ['video', 90] as const]) {
      const bytes = Buffer.alloc(28);
      writeSenderReport(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, {
        ...{ ssrc: this.#ssrcs[kind], wallMs: Date.now(), timestamp: Math.round(now * rate) >>> 0 },
        ...{ packets: this.#sequences[kind], octets: 0 },
      });
      this.#socket.send(bytes, this.#port, '127.0.0.1');
    }
  }
}

const randomSsrc = (): number => 1 + Math.floor(Math.random() * 0x7fffffff);
