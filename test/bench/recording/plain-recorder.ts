import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { types } from 'mediasoup';
import { feedCapabilities, feedCodecOf } from '../../../mixer-agent/inputs/feed-codecs.ts';
import { until } from '../../support/until.ts';

/** What one would do without a server that records: FFmpeg that writes down the RTP of plain transports as it comes. */
export class PlainRecorder {
  readonly #child: ChildProcess;
  readonly #transports: readonly types.PlainTransport[];
  readonly #file: string;

  /** Begins to record; resolves when it receives. */
  static async start(
    router: types.Router,
    producers: readonly types.Producer[],
    folder: string,
  ): Promise<PlainRecorder> {
    const transports: types.PlainTransport[] = [];
    const consumers: types.Consumer[] = [];
    const media: string[] = [];
    const ports: number[] = [];
    for (const producer of producers) {
      const port = await freePair();
      const transport = await router.createPlainTransport({
        listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
        rtcpMux: false,
        comedia: false,
      });
      await transport.connect({ ip: '127.0.0.1', port, rtcpPort: port + 1 });
      const rtpCapabilities = feedCapabilities;
      const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities, paused: true });
      transports.push(transport);
      consumers.push(consumer);
      media.push(describe(consumer, port));
      ports.push(port);
    }
    const sdp = join(folder, 'plain.sdp');
    const file = join(folder, 'plain.mkv');
    const head = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
    await writeFile(sdp, `${[...head, ...media].join('\r\n')}\r\n`);
    const child = spawn(
      'ffmpeg',
      [
        ...['-nostdin', '-v', 'error', '-protocol_whitelist', 'file,udp,rtp', '-listen_timeout', '0'],
        ...['-i', sdp, '-map', '0', '-c', 'copy', '-f', 'matroska', '-y', file],
      ],
      { stdio: ['ignore', 'ignore', 'ignore'] },
    );
    await until(() => ports.every(isBound), { what: 'FFmpeg listens', timeoutMs: 20_000 });
    for (const consumer of consumers) await consumer.resume();
    const recorder = new PlainRecorder(child, transports, file);
    await until(async () => (await recorder.bytes()) > 0, { what: 'FFmpeg records', timeoutMs: 60_000 });
    return recorder;
  }

  private constructor(child: ChildProcess, transports: readonly types.PlainTransport[], file: string) {
    this.#child = child;
    this.#transports = transports;
    this.#file = file;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has written. */
  async bytes(): Promise<number> {
    return (await stat(this.#file).catch(() => undefined))?.size ?? 0;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    for (const transport of this.#transports) transport.close();
  }
}

/** A media section of SDP (RFC 8866) for what a consumer sends. */
function describe(consumer: types.Consumer, port: number): string {
  const { payloadType = 0, codec } = feedCodecOf(consumer) ?? {};
  const name = codec === 'opus' ? 'opus/48000/2' : `${String(codec).toUpperCase()}/90000`;
  return [
    `m=${consumer.kind} ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${name}`,
    ...(codec === 'h264' ? [`a=fmtp:${payloadType} packetization-mode=1`] : []),
  ].join('\r\n');
}

/** An even port of which the next one is free, too. */
async function freePair(): Promise<number> {
  for (;;) {
    const port = await tryPort(0);
    if (port !== undefined && port % 2 === 0 && (await tryPort(port + 1)) !== undefined) return port;
  }
}

async function tryPort(port: number): Promise<number | undefined> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return socket.address().port;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** Whether somebody receives on a UDP port (proc_net_udp). */
function isBound(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['udp', 'udp6'].some((name) => readFileSync(`/proc/net/${name}`, 'utf8').includes(`:${hex} `));
}
