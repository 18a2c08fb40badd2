import { Feedback } from '../mix/send/feedback.ts';
import { AudioSender } from '../mix/send/audio-sender.ts';
import { SenderReports } from '../mix/send/sender-reports.ts';
import { VideoSender } from '../mix/send/video-sender.ts';
import { OpusCodecs } from '../mix/audio/opus-codecs.ts';
import type { EngineParts } from '../process/run-engine.ts';
import { MixSocket } from '../mix/socket.ts';
import { Fetching } from './fetching.ts';
import { Gateway } from './gateway.ts';
import type { IngressWords, IngressProcessSpec, IngressTracks } from './protocol.ts';

const pollMs = 5;
const progressMs = 100;
/** Within the time of half a picture of this rate its packets are sent. */
const pacedRate = 30;

/** One stream that is fetched: a source, and the two lines of RTP that it is sent as for as long as it is wanted. */
export class Ingress {
  readonly #options: EngineParts<IngressWords>;
  readonly #socket: MixSocket;
  readonly #opus: OpusCodecs;
  readonly #gateway: Gateway;
  readonly #fetching: Fetching;
  readonly #reports: SenderReports;
  readonly #feedback: Feedback;
  readonly #timers: NodeJS.Timeout[];
  #audio: AudioSender | undefined;
  #video: VideoSender | undefined;
  #senders: (AudioSender | VideoSender)[] = [];

  /** Opens the socket and begins to fetch. */
  static async start(options: EngineParts<IngressWords>): Promise<Ingress> {
    const { start, tell, log } = options;
    const opus = await OpusCodecs.create(log);
    const gateway = await Gateway.open();
    const opened: { ingress?: Ingress } = {};
    const socket = await MixSocket.open({
      port: start.port,
      router: start.router,
      onPacket: (packet) => opened.ingress?.take(packet),
    });
    const ingress = new Ingress(options, { socket, opus, gateway });
    opened.ingress = ingress;
    tell({ type: 'started', port: socket.port });
    ingress.apply(start.spec);
    return ingress;
  }

  private constructor(
    options: EngineParts<IngressWords>,
    { socket, opus, gateway }: { socket: MixSocket; opus: OpusCodecs; gateway: Gateway },
  ) {
    const { start, tell, log } = options;
    this.#options = options;
    this.#socket = socket;
    this.#opus = opus;
    this.#gateway = gateway;
    this.#reports = new SenderReports({
      send: (packet) => {
        socket.send(packet);
      },
    });
    this.#fetching = new Fetching({
      ...{ ffmpeg: start.ffmpeg, retry: start.retry, opus, gateway, log },
      playPicture: (picture, at) => this.#video?.send(picture, at),
      playSound: (data, at) => this.#audio?.send(data, at),
      isReady: (tracks) => this.#isReady(tracks),
      onTracks: (tracks) => {
        tell({ type: 'tracks', tracks });
      },
      onProgress: (progress) => {
        tell({ type: 'state', progress });
      },
    });
    this.#feedback = new Feedback({
      onKeyFrameRequest: (ssrc) => {
        if (ssrc === this.#video?.ssrc) this.#fetching.requestKeyFrame();
      },
    });
    this.#timers = [
      setInterval(() => {
        this.#poll();
      }, pollMs),
      setInterval(() => {
        tell({ type: 'progress', positions: this.#senders.map((sender) => sender.position()) });
      }, progressMs),
    ];
  }

  /** A datagram from the router. */
  take(packet: Uint8Array): void {
    this.#feedback.take(packet);
  }

  /** What is wanted from now on. */
  apply({ source, outputs }: IngressProcessSpec): void {
    this.#setAudio(outputs.audio);
    this.#setVideo(outputs.video);
    this.#senders = [this.#audio, this.#video].filter((sender) => sender !== undefined);
    this.#fetching.set(source);
  }

  /** Resolves when all FFmpegs are gone. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#fetching.close();
    for (const sender of this.#senders) sender.close();
    this.#opus.close();
    this.#gateway.close();
    this.#socket.close();
  }

  #setAudio(output: IngressProcessSpec['outputs']['audio']): void {
    if (output?.ssrc === this.#audio?.ssrc) return;
    this.#audio?.close();
    this.#audio = output && new AudioSender({ ...output, ...this.#lineOf(output.ssrc) });
  }

  #setVideo(output: IngressProcessSpec['outputs']['video']): void {
    if (output?.ssrc === this.#video?.ssrc) return;
    this.#video?.close();
    this.#video =
      output && new VideoSender({ ...output, framerate: pacedRate, ...this.#lineOf(output.ssrc) });
  }

  #lineOf(ssrc: number) {
    return {
      send: (packet: Uint8Array) => {
        this.#socket.send(packet);
      },
      position: this.#options.start.positions.find((position) => position.ssrc === ssrc),
    };
  }

  #isReady({ audio, video }: IngressTracks): boolean {
    const heard = audio === undefined || this.#audio !== undefined;
    return heard && (video === undefined || this.#video !== undefined);
  }

  #poll(): void {
    const now = performance.now();
    this.#fetching.poll(now);
    this.#reports.send(now, this.#senders);
  }
}
