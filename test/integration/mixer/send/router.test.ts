import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { createEncoder } from 'libopus-wasm';
import { createWorker, type types } from 'mediasoup';
import { mediaCodecs } from '../../../../common/media/codecs.ts';
import { nalUnits } from '../../../../mixer-agent/mix/send/annex-b.ts';
import type { MixCodec } from '../../../../mixer-agent/mix/media.ts';
import { AudioSender } from '../../../../mixer-agent/mix/send/audio-sender.ts';
import { Feedback } from '../../../../mixer-agent/mix/send/feedback.ts';
import { isRtcp } from '../../../../mixer-agent/mix/send/rtcp.ts';
import { SenderReports } from '../../../../mixer-agent/mix/send/sender-reports.ts';
import { VideoSender } from '../../../../mixer-agent/mix/send/video-sender.ts';
import { audioParameters, videoParameters } from '../../../../mixer-agent/output-parameters.ts';
import { tone } from '../../../support/tones.ts';
import { until } from '../../../support/until.ts';

const payloadTypes = { vp8: 96, h264: 102 } as const;
const ssrc = { audio: 0x9a9a9a9a, video: 0xf1f1f1f1 };
const run = promisify(execFile);

/** A second of real pictures, each as its encoder gives it. */
async function encode(codec: MixCodec): Promise<Buffer[]> {
  const options = {
    vp8: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-8', '-f', 'ivf'],
    h264: [
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
      ...['-x264-params', 'aud=1:repeat-headers=1', '-f', 'h264'],
    ],
  };
  const source = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25', '-frames:v', '25'];
  const target = ['-pix_fmt', 'yuv420p', '-g', '25', '-b:v', '2M', ...options[codec], 'pipe:1'];
  const { stdout } = await run('ffmpeg', [...source, ...target], { encoding: 'buffer', maxBuffer: 1e8 });
  return codec === 'vp8' ? ivfFrames(stdout) : accessUnits(stdout);
}

function ivfFrames(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 32; at < file.length;) {
    const end = at + 12 + file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, end));
    at = end;
  }
  return frames;
}

/** Each begins with a delimiter. */
function accessUnits(stream: Buffer): Buffer[] {
  const units: Buffer[][] = [];
  for (const unit of nalUnits(stream)) {
    if ((unit[0]! & 31) === 9) units.push([]);
    units.at(-1)?.push(Buffer.of(0, 0, 0, 1), Buffer.from(unit));
  }
  return units.map((parts) => Buffer.concat(parts));
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** A router with a mix on one plain transport and a receiver on another. */
class Bench {
  readonly #worker: types.Worker;
  readonly #router: types.Router;
  readonly #sockets: Socket[] = [];
  readonly #timers: NodeJS.Timeout[] = [];

  static async create(): Promise<Bench> {
    const worker = await createWorker({ logLevel: 'error' });
    return new Bench(worker, await worker.createRouter({ mediaCodecs: structuredClone([...mediaCodecs]) }));
  }

  private constructor(worker: types.Worker, router: types.Router) {
    this.#worker = worker;
    this.#router = router;
  }

  async transport(): Promise<{
    transport: types.PlainTransport;
    socket: Socket;
    send: (packet: Uint8Array) => void;
  }> {
    const socket = await openSocket();
    this.#sockets.push(socket);
    const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
    const transport = await this.#router.createPlainTransport({ listenInfo, rtcpMux: true, comedia: false });
    await transport.connect({ ip: '127.0.0.1', port: socket.address().port });
    const { localPort, localAddress } = transport.tuple;
    return {
      transport,
      socket,
      send: (packet) => {
        socket.send(packet, localPort, localAddress);
      },
    };
  }

  consume(transport: types.PlainTransport, producer: types.Producer): Promise<types.Consumer> {
    const { codecs, headerExtensions } = this.#router.rtpCapabilities;
    return transport.consume({
      producerId: producer.id,
      rtpCapabilities: { codecs, headerExtensions } as types.RtpCapabilities,
    });
  }

  each(ms: number, act: (index: number) => void): void {
    let index = 0;
    this.#timers.push(
      setInterval(() => {
        act(index++);
      }, ms),
    );
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.close();
    this.#worker.close();
  }
}

describe('what a mix sends to its router', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => {
    bench.close();
  });

  for (const codec of ['vp8', 'h264'] as const) {
    it(`arrives at receivers with full score, and their key-frame requests come back (${codec})`, async () => {
      const pictures = await encode(codec);
      const encoder = await createEncoder();
      const { transport, socket, send } = await bench.transport();
      const parameters = {
        audio: audioParameters(ssrc.audio, 111, 'room-common'),
        video: videoParameters(codec, ssrc.video, payloadTypes[codec], 'room-common'),
      };
      const audio = await transport.produce({ kind: 'audio', rtpParameters: parameters.audio });
      const video = await transport.produce({
        kind: 'video',
        rtpParameters: parameters.video,
        keyFrameRequestDelay: 500,
      });

      const requested: number[] = [];
      const feedback = new Feedback({ onKeyFrameRequest: (wanted) => void requested.push(wanted) });
      socket.on('message', (datagram) => {
        feedback.take(datagram);
      });

      const senders = {
        audio: new AudioSender({ ssrc: ssrc.audio, payloadType: 111, send }),
        video: new VideoSender({
          codec,
          ssrc: ssrc.video,
          payloadType: payloadTypes[codec],
          framerate: 25,
          send,
        }),
      };
      const reports = new SenderReports({ send });
      const start = performance.now();
      bench.each(20, (block) => {
        senders.audio.send(encoder.encodeFloat(tone(400, 960, { from: 960 * block })), start + 20 * block);
        if (block % 2 === 0)
          senders.video.send({ data: pictures[(block / 2) % pictures.length]! }, start + 20 * block);
        reports.send(performance.now(), Object.values(senders));
      });

      const receiver = await bench.transport();
      const received = { audio: [] as Buffer[], video: [] as Buffer[] };
      const consumers = {
        audio: await bench.consume(receiver.transport, audio),
        video: await bench.consume(receiver.transport, video),
      };
      receiver.socket.on('message', (packet) => {
        if (isRtcp(packet)) return;
        const source = packet.readUInt32BE(8);
        for (const kind of ['audio', 'video'] as const)
          if (consumers[kind].rtpParameters.encodings?.[0]?.ssrc === source) received[kind].push(packet);
      });

      await until(() => received.audio.length >= 50 && received.video.length >= 100, { timeoutMs: 15_000 });
      requested.length = 0;
      // The router passes on one request each 500 ms.
      await until(
        async () => {
          await consumers.video.requestKeyFrame();
          return requested.includes(ssrc.video);
        },
        { what: 'a request on demand', timeoutMs: 10_000 },
      );

      assertUnbroken(received.audio, 960);
      assertUnbroken(received.video, 3_600);
      for (const producer of [audio, video]) assert.equal(await scoreOf(producer), 10);
      for (const consumer of Object.values(consumers)) assert.equal(consumer.score.producerScore, 10);
      // Reports were understood: packets counted since the sender's own count.
      const [statistics] = await video.getStats();
      assert.equal(statistics?.packetsLost, 0);
      assert.ok((statistics?.roundTripTime ?? 0) >= 0);
      senders.video.close();
      encoder.free();
    });
  }
});

async function scoreOf(producer: types.Producer): Promise<number | undefined> {
  const [statistics] = await producer.getStats();
  return statistics?.score;
}

function assertUnbroken(packets: readonly Buffer[], step: number): void {
  for (const [index, packet] of packets.slice(1).entries()) {
    const before = packets[index]!;
    assert.equal((packet.readUInt16BE(2) - before.readUInt16BE(2)) & 0xffff, 1);
    const passed = (packet.readUInt32BE(4) - before.readUInt32BE(4)) >>> 0;
    assert.ok(passed === 0 || passed === step, `a step of ${passed}`);
  }
}
