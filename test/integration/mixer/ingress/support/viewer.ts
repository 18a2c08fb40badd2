import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createDecoder } from 'libopus-wasm';
import type { types } from 'mediasoup';
import type { Kind } from '../../../../../common/contract/media.ts';
import { fourccs, ivfFrameHeader, ivfHeader } from '../../../../../mixer-agent/ffmpeg/ivf.ts';
import { createPayloadFormat } from '../../../../../mixer-agent/mix/receive/formats/index.ts';
import type { Frame } from '../../../../../mixer-agent/mix/receive/formats/payload-format.ts';
import { eachRtcp, isRtcp, rtcpType } from '../../../../../mixer-agent/mix/send/rtcp.ts';

const size = { width: 320, height: 180 };

interface Packet {
  sequence: number;
  timestamp: number;
  marker: boolean;
  payload: Buffer;
  /** When it came, ms. */
  at: number;
}

interface Track {
  readonly consumer: types.Consumer;
  readonly packets: Packet[];
  /** Of the last sender report: how timestamps relate to the wall clock. */
  report: { wallMs: number; timestamp: number } | undefined;
}

export type Rgb = readonly [number, number, number];

/** A frame in its order, with the time that it stands for by the sender's clock, ms. */
export interface SeenFrame extends Frame {
  readonly timestamp: number;
  readonly at: number;
}

/** Somebody who receives tracks by a plain transport, and everything that came. */
export class Viewer {
  readonly #socket: Socket;
  readonly #transport: types.PlainTransport;
  readonly #tracks = new Map<Kind, Track>();

  private constructor(socket: Socket, transport: types.PlainTransport) {
    this.#socket = socket;
    this.#transport = transport;
    socket.on('message', (datagram) => {
      this.#take(datagram);
    });
  }

  static async create(router: types.Router): Promise<Viewer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: false,
    });
    await transport.connect({ ip: '127.0.0.1', port: socket.address().port });
    return new Viewer(socket, transport);
  }

  async receive(router: types.Router, producerId: string): Promise<types.Consumer> {
    const { codecs = [], headerExtensions = [] } = router.rtpCapabilities;
    const rtpCapabilities = { codecs, headerExtensions } as types.RtpCapabilities;
    const consumer = await this.#transport.consume({ producerId, rtpCapabilities });
    this.#tracks.set(consumer.kind, { consumer, packets: [], report: undefined });
    return consumer;
  }

  packets(kind: Kind): readonly Packet[] {
    return this.#tracks.get(kind)?.packets ?? [];
  }

  /** @throws Error when it is not received */
  consumer(kind: Kind): types.Consumer {
    const track = this.#tracks.get(kind);
    if (track === undefined) throw new Error(`there is no ${kind}`);
    return track.consumer;
  }

  /** Forgets what has come so far. */
  clear(): void {
    for (const { packets } of this.#tracks.values()) packets.length = 0;
  }

  /** Sequence numbers that are missing or come twice. */
  breaks(kind: Kind): number {
    const packets = this.packets(kind);
    return packets.filter(({ sequence }, index) => {
      const before = packets[index - 1];
      return before !== undefined && ((sequence - before.sequence) & 0xffff) !== 1;
    }).length;
  }

  /** Steps of the timestamp from one packet (sound) or picture to the next. */
  steps(kind: Kind): number[] {
    const times = this.packets(kind).map(({ timestamp }) => timestamp);
    return times.map((time, index) => (time - (times[index - 1] ?? time)) | 0).filter((step) => step !== 0);
  }

  /** Whole pictures. */
  get frames(): SeenFrame[] {
    const track = this.#tracks.get('video');
    if (track === undefined) return [];
    const name = track.consumer.rtpParameters.codecs[0]?.mimeType.split('/')[1]?.toLowerCase();
    const format = createPayloadFormat(name as 'vp8');
    const frames: SeenFrame[] = [];
    let parts: Buffer[] = [];
    for (const { payload, marker, timestamp, at } of track.packets) {
      parts.push(payload);
      if (!marker) continue;
      const frame = format.frame(parts);
      parts = [];
      if (frame !== undefined) frames.push({ ...frame, timestamp, at });
    }
    return frames;
  }

  /** Mean colour of each picture from the first key frame on. */
  async colours(): Promise<{ colour: Rgb; timestamp: number; at: number }[]> {
    const track = this.#tracks.get('video');
    const name = track?.consumer.rtpParameters.codecs[0]?.mimeType.split('/')[1]?.toLowerCase() ?? '';
    const { frames } = this;
    const kept = frames.slice(frames.findIndex(({ key }) => key));
    const fourcc = fourccs[name as 'vp8'];
    const file = [
      ivfHeader({ fourcc, size, timebase: 1_000 }),
      ...kept.flatMap(({ data }, index) => [ivfFrameHeader(data.length, index * 50), data]),
    ];
    const bytes = await ffmpeg(Buffer.concat(file), [
      ...['-f', 'ivf', '-i', 'pipe:0', '-fps_mode', 'passthrough'],
      ...['-vf', 'crop=100:100,scale=1:1:flags=area', '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'],
    ]);
    return kept.slice(0, Math.floor(bytes.length / 3)).map(({ timestamp, at }, index) => {
      const [r = 0, g = 0, b = 0] = bytes.subarray(index * 3, index * 3 + 3);
      return { colour: [r, g, b] as const, timestamp, at };
    });
  }

  /** Everything that was heard, one packet after the other. */
  async sound(): Promise<{ samples: Float32Array; timestamp: number }[]> {
    const decoder = await createDecoder();
    const parts = this.packets('audio').map(({ payload, timestamp }) => ({
      samples: decoder.decodeFloat(payload).slice(),
      timestamp,
    }));
    decoder.free();
    return parts;
  }

  /** Wall-clock time of a timestamp, ms. */
  wallTime(kind: Kind, timestamp: number): number {
    const { report, consumer } = this.#tracks.get(kind) ?? {};
    const rate = consumer?.rtpParameters.codecs[0]?.clockRate ?? 1;
    if (report === undefined) throw new Error('no sender report has come');
    return report.wallMs + (((timestamp - report.timestamp) | 0) * 1_000) / rate;
  }

  get reported(): boolean {
    return [...this.#tracks.values()].every(({ report }) => report !== undefined);
  }

  close(): void {
    this.#socket.close();
    this.#transport.close();
  }

  #take(datagram: Buffer): void {
    if (isRtcp(datagram)) {
      eachRtcp(datagram, (packet, type) => {
        if (type === rtcpType.senderReport) this.#report(packet);
      });
      return;
    }
    const track = this.#trackOf(datagram.readUInt32BE(8));
    const extended = (datagram.readUInt8(0) & 0x10) !== 0;
    const start = 12 + (extended ? 4 + 4 * datagram.readUInt16BE(14) : 0);
    track?.packets.push({
      sequence: datagram.readUInt16BE(2),
      timestamp: datagram.readUInt32BE(4),
      marker: (datagram.readUInt8(1) & 0x80) !== 0,
      payload: datagram.subarray(start),
      at: performance.now(),
    });
  }

  #report(packet: DataView): void {
    const track = this.#trackOf(packet.getUint32(4));
    if (track === undefined) return;
    const wallMs = packet.getUint32(8) * 1_000 + (packet.getUint32(12) / 2 ** 32) * 1_000;
    track.report = { wallMs, timestamp: packet.getUint32(16) };
  }

  #trackOf(ssrc: number): Track | undefined {
    return [...this.#tracks.values()].find(
      ({ consumer }) => consumer.rtpParameters.encodings?.[0]?.ssrc === ssrc,
    );
  }
}

async function ffmpeg(input: Buffer, args: readonly string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-v', 'error', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await once(child, 'close');
  return Buffer.concat(chunks);
}

export const isNear = (one: Rgb, other: Rgb, tolerance = 45): boolean =>
  one.every((value, index) => Math.abs(value - (other[index] ?? 0)) <= tolerance);
