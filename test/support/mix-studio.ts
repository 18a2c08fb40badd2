import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { createWorker, type types } from 'mediasoup';
import { mediaCodecs } from '../../common/media/codecs.ts';
import { ParticipantId, StreamId } from '../../common/contract/ids.ts';
import type { Layout } from '../../common/contract/layout.ts';
import { Templates } from '../../common/layout/templates.ts';
import type { MixCodec } from '../../mixer-agent/mix/media.ts';
import type {
  LowFeed,
  MixNews,
  MixWords,
  ProcessInput,
  ProcessMeasure,
  ProcessSpec,
  RtpPosition,
} from '../../mixer-agent/mix/protocol.ts';
import { isRtcp } from '../../mixer-agent/mix/receive/rtp-header.ts';
import { readSenderReports } from '../../mixer-agent/mix/receive/sender-reports.ts';
import { feedCapabilities, feedCodecOf } from '../../mixer-agent/inputs/feed-codecs.ts';
import { audioParameters, videoParameters, withLow } from '../../mixer-agent/output-parameters.ts';
import { EngineChild } from './engine-child.ts';
import { MixSources, type SourceTracks } from './mix-sources.ts';

const engine = { name: 'mix', file: new URL('../../mixer-agent/mix/main.ts', import.meta.url) };

export interface StudioInput {
  stream: StreamId;
  participant: ParticipantId;
  name: string;
  audio?: types.Consumer;
  video?: types.Consumer;
}

export interface StudioOptions {
  width?: number;
  height?: number;
  framerate?: number;
  codec?: MixCodec;
  bitrate?: number;
  base?: 'fluid' | 'lecture';
  labels?: boolean;
  ffmpeg?: string;
  holdMs?: number;
  /** With a smaller encoding, which is made when `low` says so. */
  low?: boolean;
}

/** What the newest sender report says: the wall clock at an RTP timestamp. */
export interface SenderReport {
  ntpMs: number;
  timestamp: number;
}

interface StudioEvents {
  report: [kind: 'audio' | 'video', report: SenderReport];
  rtp: [kind: 'audio' | 'video', packet: Buffer, at: number];
  measure: [ProcessMeasure];
  started: [];
}

/**
 * A mix process with a real router around it and nothing else: sources, inputs, the outputs as RTP. What the agent does in
 * a cluster a test does here by hand.
 */
export class MixStudio extends EventEmitter<StudioEvents> {
  readonly sources: MixSources;
  readonly #worker: types.Worker;
  readonly router: types.Router;
  readonly #options: Required<StudioOptions>;
  readonly #inputs = new Map<StreamId, StudioInput>();
  #layout: Layout | undefined;
  #process: EngineChild<MixWords> | undefined;
  #transport: types.PlainTransport | undefined;
  #port = 0;
  #positions: RtpPosition[] = [];
  #revision = 0;
  readonly ssrc = { audio: 0x11111111, video: 0x22222222, low: 0x33333333 };
  readonly low = { active: false, shows: 0 };
  #outputs: { audio: types.Producer; video: types.Producer } | undefined;
  readonly #receivers: { transport: types.PlainTransport; socket: Socket }[] = [];
  newest: ProcessMeasure | undefined;

  static async create(options: StudioOptions = {}): Promise<MixStudio> {
    const worker = await createWorker({ logLevel: 'error' });
    const router = await worker.createRouter({ mediaCodecs: structuredClone([...mediaCodecs]) });
    return new MixStudio({ worker, router, sources: await MixSources.create(router) }, options);
  }

  private constructor(
    parts: { worker: types.Worker; router: types.Router; sources: MixSources },
    options: StudioOptions,
  ) {
    super();
    this.#worker = parts.worker;
    this.router = parts.router;
    this.sources = parts.sources;
    this.#options = {
      width: 1280,
      height: 720,
      framerate: 25,
      codec: 'vp8',
      bitrate: 2_000,
      base: 'fluid',
      labels: false,
      ffmpeg: 'ffmpeg',
      holdMs: 2_000,
      low: false,
      ...options,
    };
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get workerPid(): number {
    return this.#worker.pid;
  }

  /** Starts the process, the first time or again; it goes on where the one before was. */
  async start(): Promise<void> {
    this.#transport ??= await this.router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: false,
    });
    const child = new EngineChild<MixWords>(engine, (news) => {
      this.#hear(news);
    });
    this.#process = child;
    await child.idle();
    const { localAddress: ip, localPort: port } = this.#transport.tuple;
    const taken = await child.start({
      type: 'start',
      port: this.#port,
      router: { ip, port },
      ffmpeg: this.#options.ffmpeg,
      holdMs: this.#options.holdMs,
      delay: { minMs: 60, maxMs: 250 },
      positions: this.#positions,
      spec: this.spec(),
    });
    if (this.#port === 0) {
      this.#port = taken;
      await this.#transport.connect({ ip: '127.0.0.1', port: this.#port });
      await this.#produce(this.#transport);
    }
    for (const { video } of this.#inputs.values()) await video?.requestKeyFrame();
  }

  /** Mixes somebody in. */
  async add(name: string, tracks: SourceTracks): Promise<StudioInput> {
    const input: StudioInput = {
      stream: StreamId.parse(`stream-${name}`),
      participant: ParticipantId.parse(name),
      name,
    };
    const transport = this.#transport;
    if (transport === undefined) throw new Error('start first');
    const consume = (producer: types.Producer) =>
      transport.consume({ producerId: producer.id, rtpCapabilities: feedCapabilities });
    if (tracks.audio !== undefined) input.audio = await consume(tracks.audio);
    input.video = await consume(tracks.video);
    this.#inputs.set(input.stream, input);
    this.apply();
    return input;
  }

  remove(input: StudioInput): void {
    this.#inputs.delete(input.stream);
    input.audio?.close();
    input.video?.close();
    this.apply();
  }

  async mute(input: StudioInput, paused: boolean): Promise<void> {
    if (paused) await input.video?.pause();
    else await input.video?.resume();
    this.apply();
  }

  /** Shows just this; undefined: by template. */
  setLayout(layout: Layout | undefined): void {
    this.#layout = layout;
    this.apply();
  }

  set base(base: 'fluid' | 'lecture') {
    this.#options.base = base;
    this.apply();
  }

  apply(): void {
    this.#process?.tell({ type: 'apply', spec: this.spec() });
  }

  get layout(): Layout {
    if (this.#layout !== undefined) return this.#layout;
    const regions = new Templates({ base: this.#options.base, custom: [] }, 16).for(this.#inputs.size);
    const streams = [...this.#inputs.keys()];
    return regions.map((region, index) => {
      const stream = streams[index];
      return stream === undefined ? { region } : { stream, region };
    });
  }

  spec(): ProcessSpec {
    const { width, height, framerate, codec, bitrate, labels } = this.#options;
    const resolution = { width, height };
    this.#revision += 1;
    return {
      revision: this.#revision,
      canvas: {
        resolution,
        framerate,
        background: { r: 0, g: 0, b: 0 },
        fit: 'letterbox',
        labels,
        speakingMark: false,
      },
      inputs: [...this.#inputs.values()].map(toProcessInput),
      layout: this.layout,
      outputs: {
        audio: [{ key: 'common', ssrc: this.ssrc.audio, payloadType: 111 }],
        video: [
          {
            key: 'main',
            codec,
            ssrc: this.ssrc.video,
            payloadType: codec === 'vp8' ? 96 : 102,
            resolution,
            framerate,
            bitrate,
            keyFrameInterval: 100,
            ...(this.#options.low ? { low: this.#lowFeed() } : {}),
          },
        ],
      },
    };
  }

  /** Somebody who receives the mix: its packets come as `rtp` events. */
  async receive(): Promise<{ audio: types.Consumer; video: types.Consumer }> {
    const { outputs } = this;
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const transport = await this.router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: false,
    });
    await transport.connect({ ip: '127.0.0.1', port: socket.address().port });
    const consume = (producer: types.Producer) =>
      transport.consume({ producerId: producer.id, rtpCapabilities: feedCapabilities });
    const audio = await consume(outputs.audio);
    const video = await consume(outputs.video);
    const ssrcs = new Map([
      [audio.rtpParameters.encodings?.[0]?.ssrc, 'audio'],
      [video.rtpParameters.encodings?.[0]?.ssrc, 'video'],
    ] as const);
    socket.on('message', (packet) => {
      if (isRtcp(packet)) {
        readSenderReports(packet, (ssrc, ntpMs, timestamp) => {
          const kind = ssrcs.get(ssrc);
          if (kind !== undefined) this.emit('report', kind, { ntpMs, timestamp });
        });
        return;
      }
      const kind = ssrcs.get(packet.readUInt32BE(8));
      if (kind !== undefined) this.emit('rtp', kind, packet, performance.now());
    });
    this.#receivers.push({ transport, socket });
    return { audio, video };
  }

  /** The producer of the picture. */
  get video(): types.Producer {
    return this.outputs.video;
  }

  get outputs(): { audio: types.Producer; video: types.Producer } {
    if (this.#outputs === undefined) throw new Error('start first');
    return this.#outputs;
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async close(): Promise<void> {
    await this.kill();
    await this.sources.close();
    for (const { socket } of this.#receivers) socket.close();
    this.#worker.close();
  }

  #lowFeed(): LowFeed {
    const { width, height, framerate, bitrate } = this.#options;
    const resolution = { width: width / 2, height: height / 2 };
    return { ssrc: this.ssrc.low, resolution, framerate, bitrate: bitrate / 4, ...this.low };
  }

  async #produce(transport: types.PlainTransport): Promise<void> {
    const { codec } = this.#options;
    const parameters = videoParameters(codec, this.ssrc.video, codec === 'vp8' ? 96 : 102, 'studio');
    const { bitrate } = this.#options;
    const low = { ssrc: this.ssrc.low, bitrates: { low: bitrate * 250, main: bitrate * 1_000 } };
    this.#outputs = {
      audio: await transport.produce({
        kind: 'audio',
        rtpParameters: audioParameters(this.ssrc.audio, 111, 'studio'),
      }),
      video: await transport.produce({
        kind: 'video',
        rtpParameters: this.#options.low ? withLow(parameters, low) : parameters,
        keyFrameRequestDelay: 500,
      }),
    };
  }

  #hear(news: MixNews): void {
    if (news.type === 'progress') this.#positions = news.positions;
    else if (news.type === 'measure') {
      this.newest = news.measure;
      this.emit('measure', news.measure);
    } else {
      const input = [...this.#inputs.values()].find(({ video }) => feedOf(video)?.ssrc === news.ssrc);
      input?.video?.requestKeyFrame().catch(() => undefined);
    }
  }
}

const feedOf = (consumer: types.Consumer | undefined) => consumer && feedCodecOf(consumer);

function toProcessInput({ stream, participant, name, audio, video }: StudioInput): ProcessInput {
  const input: ProcessInput = { stream, participant, name, hasVideo: video !== undefined };
  for (const consumer of [audio, video]) {
    if (consumer === undefined) continue;
    const feed = feedOf(consumer);
    if (feed === undefined) throw new Error(`the ${consumer.kind} of ${name} cannot be mixed`);
    const paused = consumer.paused || consumer.producerPaused;
    const { codec } = feed;
    if (codec === 'opus') input.audio = { ...feed, codec, paused };
    else input.video = { ...feed, codec, paused };
  }
  return input;
}
