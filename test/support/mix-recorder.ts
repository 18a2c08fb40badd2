import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fourccs, ivfFrameHeader, ivfHeader } from '../../mixer-agent/ffmpeg/ivf.ts';
import type { Rectangle, Size } from '../../mixer-agent/mix/media.ts';
import type { MixStudio, SenderReport } from './mix-studio.ts';

/** Ticks of RTP timestamps per ms. */
const clockRates = { audio: 48, video: 90 };

interface RtpUnit {
  sequence: number;
  timestamp: number;
  ssrc: number;
  marker: boolean;
  payload: Buffer;
  at: number;
}

/** A frame of the mix as it was received. */
export interface ReceivedFrame {
  timestamp: number;
  /** When its last packet came, ms. */
  at: number;
  data: Buffer;
  key: boolean;
  /** Number of the picture, 15 bit. */
  pictureId: number;
}

export type Rgb = [red: number, green: number, blue: number];

/** Everything that a receiver of a mix gets (VP8 and Opus), to be looked at afterwards. */
export class MixRecorder {
  readonly audio: RtpUnit[] = [];
  readonly video: RtpUnit[] = [];
  /** The newest sender reports. */
  readonly #reports: { audio?: SenderReport; video?: SenderReport } = {};

  constructor(studio: MixStudio) {
    studio.on('rtp', (kind, packet, at) => {
      this[kind].push(parse(packet, at));
    });
    studio.on('report', (kind, report) => {
      this.#reports[kind] = report;
    });
  }

  /** Wall clock of the sender at an RTP timestamp, ms; NaN as long as there is no report. */
  wallMs(kind: 'audio' | 'video', timestamp: number): number {
    const report = this.#reports[kind];
    if (report === undefined) return NaN;
    return report.ntpMs + ((timestamp - report.timestamp) | 0) / clockRates[kind];
  }

  /** Forgets what has come so far. */
  clear(): void {
    this.audio.length = 0;
    this.video.length = 0;
  }

  /** Frames that are complete. */
  get frames(): ReceivedFrame[] {
    const frames: ReceivedFrame[] = [];
    let parts: Buffer[] = [];
    for (const unit of this.video) {
      const { start, data, pictureId } = depacketize(unit.payload);
      if (start) parts = [];
      parts.push(data);
      if (!unit.marker) continue;
      const frame = Buffer.concat(parts);
      const key = ((frame[0] ?? 1) & 1) === 0;
      frames.push({ timestamp: unit.timestamp, at: unit.at, data: frame, key, pictureId });
      parts = [];
    }
    return frames;
  }

  /** Differences of the timestamps of one unit and the next, and how often each comes. */
  steps(kind: 'audio' | 'video'): Map<number, number> {
    const counts = new Map<number, number>();
    const units = kind === 'audio' ? this.audio : this.video.filter(({ marker }) => marker);
    for (const [index, unit] of units.entries()) {
      const before = units[index - 1];
      if (before === undefined) continue;
      const step = (unit.timestamp - before.timestamp) | 0;
      counts.set(step, (counts.get(step) ?? 0) + 1);
    }
    return counts;
  }

  /** Packets that are missing between the first and the last. */
  holes(kind: 'audio' | 'video'): number {
    const units = this[kind];
    let holes = 0;
    for (const [index, unit] of units.entries()) {
      const before = units[index - 1];
      if (before !== undefined) holes += ((unit.sequence - before.sequence) & 0xffff) - 1;
    }
    return holes;
  }

  /** Longest time between two frames, ms. */
  longestGap(kind: 'audio' | 'video'): number {
    const times = kind === 'audio' ? this.audio.map(({ at }) => at) : this.frames.map(({ at }) => at);
    return Math.max(0, ...times.map((at, index) => at - (times[index - 1] ?? at)));
  }

  /** All frames from the first key frame on, decoded to RGB. */
  async pictures(size: Size): Promise<DecodedFrame[]> {
    const frames = this.frames;
    const first = frames.findIndex(({ key }) => key);
    if (first < 0) return [];
    const kept = frames.slice(first);
    const bytes = await filter(ivf(kept, size), [
      ...['-f', 'ivf', '-i', 'pipe:0', '-fps_mode', 'passthrough'],
      ...['-vf', `scale=${size.width}:${size.height}`, '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'],
    ]);
    const length = size.width * size.height * 3;
    return kept.flatMap(({ timestamp }, index) => {
      const data = bytes.subarray(index * length, (index + 1) * length);
      return data.length === length ? [new DecodedFrame(data, size, timestamp)] : [];
    });
  }

  /** What was heard, as mono samples at 48 kHz. */
  async sound(): Promise<Float32Array> {
    const bytes = await filter(ogg(this.audio), [
      '-f',
      'ogg',
      '-i',
      'pipe:0',
      '-ac',
      '1',
      '-ar',
      '48000',
      '-f',
      'f32le',
      'pipe:1',
    ]);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)));
  }
}

/** A picture of the mix in RGB. */
export class DecodedFrame {
  readonly data: Buffer;
  readonly size: Size;
  /** RTP timestamp. */
  readonly timestamp: number;

  constructor(data: Buffer, size: Size, timestamp: number) {
    this.data = data;
    this.size = size;
    this.timestamp = timestamp;
  }

  /** Mean colour of the middle of a part. */
  colour({ left, top, width, height }: Rectangle): Rgb {
    const sum: Rgb = [0, 0, 0];
    const [x0, x1] = [left + Math.floor(width * 0.4), left + Math.floor(width * 0.6)];
    const [y0, y1] = [top + Math.floor(height * 0.4), top + Math.floor(height * 0.6)];
    for (let y = y0; y < y1; y += 1) {
      for (let x = x0; x < x1; x += 1) {
        const offset = (y * this.size.width + x) * 3;
        for (const channel of [0, 1, 2] as const) sum[channel] += this.data[offset + channel] ?? 0;
      }
    }
    const count = Math.max(1, (x1 - x0) * (y1 - y0));
    return [sum[0] / count, sum[1] / count, sum[2] / count];
  }
}

function parse(packet: Buffer, at: number): RtpUnit {
  const csrcs = packet.readUInt8(0) & 0x0f;
  let offset = 12 + csrcs * 4;
  if ((packet.readUInt8(0) & 0x10) !== 0) offset += 4 + packet.readUInt16BE(offset + 2) * 4;
  return {
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    marker: (packet.readUInt8(1) & 0x80) !== 0,
    payload: packet.subarray(offset),
    at,
  };
}

/** Takes the payload descriptor of VP8 off (RFC 7741, 4.2). */
function depacketize(payload: Buffer): { start: boolean; data: Buffer; pictureId: number } {
  const first = payload.readUInt8(0);
  let offset = 1;
  let pictureId = NaN;
  if ((first & 0x80) !== 0) {
    const extension = payload.readUInt8(1);
    offset = 2;
    if ((extension & 0x80) !== 0) {
      const long = (payload.readUInt8(offset) & 0x80) !== 0;
      pictureId = long ? payload.readUInt16BE(offset) & 0x7fff : payload.readUInt8(offset);
      offset += long ? 2 : 1;
    }
    if ((extension & 0x40) !== 0) offset += 1;
    if ((extension & 0x30) !== 0) offset += 1;
  }
  const start = (first & 0x10) !== 0 && (first & 0x07) === 0;
  return { start, data: payload.subarray(offset), pictureId };
}

function ivf(frames: readonly ReceivedFrame[], size: Size): Buffer {
  const parts = frames.flatMap(({ data }, index) => [ivfFrameHeader(data.length, index * 40), data]);
  return Buffer.concat([ivfHeader({ fourcc: fourccs.vp8, size, timebase: 1000 }), ...parts]);
}

/** Opus packets in Ogg (RFC 7845), one to a page; a packet that is missing is missing. */
function ogg(units: readonly RtpUnit[]): Buffer {
  const head = Buffer.from('OpusHead\x01\x02\x00\x00\x80\xbb\x00\x00\x00\x00\x00', 'latin1');
  const tags = Buffer.from('OpusTags\x00\x00\x00\x00\x00\x00\x00\x00', 'latin1');
  const first = units[0]?.timestamp ?? 0;
  const pages = [page(head, 0, { granule: 0, type: 2 }), page(tags, 1, { granule: 0, type: 0 })];
  for (const [index, { payload, timestamp }] of units.entries()) {
    pages.push(page(payload, index + 2, { granule: ((timestamp - first) >>> 0) + 960, type: 0 }));
  }
  return Buffer.concat(pages);
}

function page(data: Buffer, sequence: number, { granule, type }: { granule: number; type: number }): Buffer {
  const lacing = Buffer.alloc(Math.floor(data.length / 255) + 1, 255);
  lacing[lacing.length - 1] = data.length % 255;
  const header = Buffer.alloc(27);
  header.write('OggS', 0, 'latin1');
  header.writeUInt8(type, 5);
  header.writeBigUInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(1, 14);
  header.writeUInt32LE(sequence, 18);
  header.writeUInt8(lacing.length, 26);
  const whole = Buffer.concat([header, lacing, data]);
  whole.writeUInt32LE(oggChecksum(whole), 22);
  return whole;
}

function oggChecksum(data: Buffer): number {
  let crc = 0;
  for (const byte of data) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x80000000) === 0 ? crc << 1 : (crc << 1) ^ 0x04c11db7;
  }
  return crc >>> 0;
}

async function filter(input: Buffer, args: readonly string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await once(child, 'close');
  return Buffer.concat(chunks);
}
