import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { types } from 'mediasoup';
import { AudioSender } from '../../mixer-agent/mix/send/audio-sender.ts';
import { SenderReports } from '../../mixer-agent/mix/send/sender-reports.ts';
import { VideoSender } from '../../mixer-agent/mix/send/video-sender.ts';
import { beepPackets } from './beeps.ts';
import type { SourceTracks } from './mix-sources.ts';

const run = promisify(execFile);

/** Frames from flash to flash: 880 ms, which is no multiple of anything that a mix does. */
const periodFrames = 22;
const frameMs = 40;
const blockMs = 20;
const loops = 10;

/**
 * A participant whose picture is black and flashes at the moment at which it beeps. Sound and picture are sent with one
 * clock and with sender reports that say so, which two RTP outputs of FFmpeg do not do.
 */
export class FlashSource {
  readonly tracks: Required<SourceTracks>;
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;

  static async create(router: types.Router): Promise<FlashSource> {
    const [frames, blocks] = await Promise.all([flashes(), beepPackets(periodFrames * frameMs, loops)]);
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
    const produce = (kind: 'audio' | 'video', ssrc: number, codec: types.RtpCodecParameters) =>
      transport.produce({
        kind,
        rtpParameters: { codecs: [codec], encodings: [{ ssrc }], rtcp: { cname: 'flash' } },
      });
    const tracks = {
      audio: await produce('audio', 0x3333, {
        ...{ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111, parameters: {} },
      }),
      video: await produce('video', 0x4444, {
        ...{ mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96, parameters: {} },
      }),
    };
    return new FlashSource(tracks, socket, { frames, blocks });
  }

  private constructor(
    tracks: Required<SourceTracks>,
    socket: Socket,
    { frames, blocks }: { frames: readonly Uint8Array[]; blocks: readonly Uint8Array[] },
  ) {
    this.tracks = tracks;
    this.#socket = socket;
    const send = (packet: Uint8Array) => {
      socket.send(packet);
    };
    const video = new VideoSender({ codec: 'vp8', ssrc: 0x4444, payloadType: 96, framerate: 25, send });
    const audio = new AudioSender({ ssrc: 0x3333, payloadType: 111, send });
    const reports = new SenderReports({ send });
    const start = performance.now();
    const sent = { frames: 0, blocks: 0 };
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (; start + sent.blocks * blockMs <= now; sent.blocks += 1) {
        const block = blocks[sent.blocks % blocks.length];
        if (block !== undefined) audio.send(block, start + sent.blocks * blockMs);
      }
      for (; start + sent.frames * frameMs <= now; sent.frames += 1) {
        const data = frames[sent.frames % frames.length];
        if (data !== undefined) video.send({ data }, start + sent.frames * frameMs);
      }
      reports.send(now, [audio, video]);
    }, 5);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }
}

/** Frames of VP8, the first a key frame: white for three frames at the begin of each period. */
async function flashes(): Promise<Uint8Array[]> {
  const white = `drawbox=t=fill:c=white:enable='lt(mod(n,${periodFrames}),3)'`;
  const { stdout } = await run(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', 'color=c=black:s=640x360:r=25'],
      ...['-vf', white, '-frames:v', String(periodFrames * loops), '-pix_fmt', 'yuv420p'],
      ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-auto-alt-ref', '0', '-g', '25'],
      ...['-b:v', '600k', '-f', 'ivf', 'pipe:1'],
    ],
    { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
  );
  const frames: Uint8Array[] = [];
  for (let at = 32; at + 12 <= stdout.length;) {
    const bytes = stdout.readUInt32LE(at);
    frames.push(stdout.subarray(at + 12, at + 12 + bytes));
    at += 12 + bytes;
  }
  return frames;
}
