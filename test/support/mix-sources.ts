import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { types } from 'mediasoup';

const run = promisify(execFile);

export interface SourceOptions {
  /** FFmpeg's name or 0xRRGGBB. */
  colour: string;
  /** Hz; 0: no sound. */
  tone: number;
  width?: number;
  height?: number;
  framerate?: number;
  codec?: 'vp8' | 'h264' | 'vp9';
  /** s between key frames: nobody can ask these sources for one. */
  keyFrameInterval?: number;
  /** A busy picture instead of the colour. */
  pattern?: boolean;
  /** kbit/s of the picture. */
  bitrate?: number;
}

/** A participant's tracks on a router. */
export interface SourceTracks {
  audio: types.Producer | undefined;
  video: types.Producer;
}

const encoders = {
  vp8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '8'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
  h264: ['libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
};
const bitrates = { vp8: 600, vp9: 500, h264: 600 };

/** Matroska would take the parameter sets out of H.264, and whoever receives the RTP has no other way to know them. */
const extensions = { vp8: 'mkv', vp9: 'mkv', h264: 'ts' };

const mimeTypes = { vp8: 'video/VP8', vp9: 'video/VP9', h264: 'video/H264' };
const payloadTypes = { vp8: 96, vp9: 98, h264: 102 };

/**
 * Participants without a browser: FFmpeg plays encoded files into producers of a router. Each shows its colour with a
 * white bar that moves, and sounds its tone.
 */
export class MixSources {
  readonly #router: types.Router;
  readonly #folder: string;
  readonly #files = new Map<string, Promise<string>>();
  readonly #players: ChildProcess[] = [];

  static async create(router: types.Router): Promise<MixSources> {
    return new MixSources(router, await mkdtemp(join(tmpdir(), 'portico-mix-')));
  }

  private constructor(router: types.Router, folder: string) {
    this.#router = router;
    this.#folder = folder;
  }

  /** Starts one; it plays until `close`. */
  async add(options: SourceOptions): Promise<SourceTracks & { stop(): Promise<void> }> {
    const file = await this.file(options);
    const { codec = 'vp8', tone } = options;
    const video = await this.#producer('video', {
      mimeType: mimeTypes[codec],
      clockRate: 90_000,
      payloadType: payloadTypes[codec],
      parameters:
        codec === 'h264'
          ? { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 }
          : {},
    });
    const audio =
      tone === 0
        ? undefined
        : await this.#producer('audio', {
            mimeType: 'audio/opus',
            clockRate: 48_000,
            channels: 2,
            payloadType: 111,
            parameters: {},
          });
    const player = spawn(
      'ffmpeg',
      [
        ...['-hide_banner', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', file],
        ...['-map', '0:v', '-c', 'copy', '-f', 'rtp', ...video.target],
        ...(audio === undefined ? [] : ['-map', '0:a', '-c', 'copy', '-f', 'rtp', ...audio.target]),
      ],
      { stdio: 'ignore' },
    );
    this.#players.push(player);
    return {
      audio: audio?.producer,
      video: video.producer,
      stop: async () => {
        player.kill('SIGKILL');
        if (player.exitCode === null && player.signalCode === null) await once(player, 'exit');
      },
    };
  }

  async close(): Promise<void> {
    for (const player of this.#players) player.kill('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #producer(
    kind: 'audio' | 'video',
    codec: types.RtpCodecParameters,
  ): Promise<{ producer: types.Producer; target: string[] }> {
    const transport = await this.#router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: false,
      comedia: true,
    });
    const ssrc = 1 + Math.floor(Math.random() * 0x7fffffff);
    const producer = await transport.produce({
      kind,
      rtpParameters: { codecs: [codec], encodings: [{ ssrc }], rtcp: { cname: `source-${ssrc}` } },
    });
    const url = `rtp://127.0.0.1:${transport.tuple.localPort}?rtcpport=${transport.rtcpTuple?.localPort ?? 0}&pkt_size=1200`;
    // FFmpeg takes SSRCs as signed numbers.
    return { producer, target: ['-payload_type', String(codec.payloadType), '-ssrc', String(ssrc), url] };
  }

  /** The encoded file for a source, made once; 8 s. */
  async file(options: SourceOptions): Promise<string> {
    const key = JSON.stringify(options);
    const made =
      this.#files.get(key) ??
      MixSources.encode(
        options,
        join(this.#folder, `${this.#files.size}.${extensions[options.codec ?? 'vp8']}`),
      );
    this.#files.set(key, made);
    return await made;
  }

  /** Encodes what a source sends into a file of 8 s. */
  static async encode(options: SourceOptions, file: string): Promise<string> {
    const {
      colour,
      tone,
      width = 640,
      height = 360,
      framerate = 25,
      codec = 'vp8',
      keyFrameInterval = 1,
    } = options;
    const form = `s=${width}x${height}:r=${framerate}`;
    const picture = options.pattern === true ? `testsrc2=${form}` : `color=c=${colour}:${form}`;
    await run('ffmpeg', [
      ...['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', picture],
      ...['-f', 'lavfi', '-i', `sine=frequency=${tone || 400}:sample_rate=48000`],
      ...['-f', 'lavfi', '-i', `color=c=white:s=16x8:r=${framerate}`],
      ...['-filter_complex', `[0:v][2:v]overlay=x='mod(n*8,${width})':y=0[v]`],
      ...['-map', '[v]', '-map', '1:a', '-t', '8', '-pix_fmt', 'yuv420p'],
      ...[
        '-c:v',
        ...encoders[codec],
        '-b:v',
        `${options.bitrate ?? bitrates[codec]}k`,
        '-g',
        String(Math.round(framerate * keyFrameInterval)),
      ],
      ...['-c:a', 'libopus', '-b:a', '48k', '-ac', '2', file],
    ]);
    return file;
  }
}
