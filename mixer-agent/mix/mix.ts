import type { Ffmpeg } from '../ffmpeg/child.ts';
import type { Launcher } from '../ffmpeg/launch/launcher.ts';
import { Alignment } from './alignment.ts';
import { AudioMix } from './audio/audio-mix.ts';
import { MixClock, pollMs } from './clock.ts';
import { CpuMeter } from './cpu.ts';
import type { EngineParts } from '../process/run-engine.ts';
import { Percentiles } from './percentiles.ts';
import { Compositor } from './picture/compositor.ts';
import type { MixWords, ProcessSpec, RtpPosition } from './protocol.ts';
import { Receiver } from './receive/receiver.ts';
import { Feedback } from './send/feedback.ts';
import { SenderReports } from './send/sender-reports.ts';
import { MixSocket } from './socket.ts';
import { Sound } from './sound.ts';
import { Tiles } from './tiles.ts';
import { VideoOutputs } from './video-outputs.ts';

const progressMs = 100;
const measureMs = 1_000;
/**
 * What a mix sends was captured so long ago at least, as its sender reports say; more than sound is ever later than pictures.
 * Of a picture that seems to be captured after it came routers report another time than we do.
 */
const ageMs = 150;

export interface MixOptions extends EngineParts<MixWords> {
  launcher: Launcher;
}

/**
 * One mix: what arrives is received, decoded, put together on a fixed clock, encoded and sent. Nothing waits for anything:
 * at each point of the clock there is a picture and a block of sound, made of what is there.
 */
export class Mix {
  readonly #tell: EngineParts<MixWords>['tell'];
  readonly #socket: MixSocket;
  readonly #receiver: Receiver;
  readonly #feedback: Feedback;
  readonly #compositor: Compositor;
  readonly #tiles: Tiles;
  readonly #outputs: VideoOutputs;
  readonly #sound: Sound;
  readonly #reports: SenderReports;
  readonly #clock: MixClock;
  readonly #timers: NodeJS.Timeout[];
  readonly #alignment = new Alignment();
  readonly #composing = new Percentiles();
  readonly #cpu = new CpuMeter();
  #composed = 0;
  #measuredAt = performance.now();

  /** Opens the socket and begins to send what the spec says. */
  static async start({ launcher, ...options }: MixOptions): Promise<Mix> {
    const { start, tell } = options;
    const audio = await AudioMix.create({ log: options.log });
    const opened: { mix?: Mix } = {};
    const socket = await MixSocket.open({
      port: start.port,
      router: start.router,
      onPacket: (packet) => opened.mix?.take(packet),
    });
    const ffmpeg: Ffmpeg = (child) => launcher.start({ file: start.ffmpeg, ...child });
    const mix = new Mix(options, { socket, audio, ffmpeg });
    opened.mix = mix;
    mix.apply(start.spec);
    tell({ type: 'started', port: socket.port });
    return mix;
  }

  private constructor(
    { start, tell, log }: EngineParts<MixWords>,
    parts: { socket: MixSocket; audio: AudioMix; ffmpeg: Ffmpeg },
  ) {
    const { holdMs, delay, positions } = start;
    const { socket, ffmpeg } = parts;
    this.#tell = tell;
    this.#socket = socket;
    const send = (packet: Uint8Array) => {
      socket.send(packet);
    };
    const positionOf = (ssrc: number) => positions.find((position) => position.ssrc === ssrc);
    this.#compositor = new Compositor({
      holdMs,
      log,
      isHeld: (picture) => this.#outputs.holds(picture),
    });
    this.#tiles = new Tiles({
      ffmpeg,
      compositor: this.#compositor,
      onKeyFrameNeeded: (stream) => {
        this.#receiver.wantKeyFrame(stream);
      },
      log,
    });
    this.#outputs = new VideoOutputs({ ffmpeg, send, positionOf, log });
    this.#sound = new Sound({
      mix: parts.audio,
      send,
      positionOf,
      onLag: (stream, lagMs) => {
        this.#alignment.sound(stream, lagMs, performance.now());
      },
    });
    this.#reports = new SenderReports({ send });
    this.#feedback = new Feedback({
      onKeyFrameRequest: (ssrc) => {
        this.#outputs.requestKeyFrame(ssrc);
      },
    });
    this.#receiver = new Receiver({
      delay,
      events: {
        keyFrameNeeded: (ssrc) => {
          tell({ type: 'keyFrame', ssrc });
        },
        picture: (stream, picture) => {
          this.#tiles.push(stream, picture);
        },
        sound: (stream, packet) => {
          this.#sound.push(stream, packet);
        },
      },
    });
    this.#clock = new MixClock({
      onPoll: (now) => {
        // What is due at a time between two polls is early or late by half of that.
        this.#receiver.release(now + pollMs / 2);
      },
      onBlock: ({ at }) => {
        this.#compositor.speaking(this.#sound.block(at));
        this.#report();
      },
      onTick: ({ number, at }) => {
        this.#compose(number, at);
      },
    });
    this.#timers = [
      setInterval(() => {
        this.#progress();
      }, progressMs),
      setInterval(() => {
        this.#measure();
      }, measureMs),
    ];
  }

  /** A datagram from the router. */
  take(packet: Uint8Array): void {
    this.#feedback.take(packet);
    this.#receiver.packet(packet);
  }

  /** What the mix is from now on. */
  apply(spec: ProcessSpec): void {
    const { canvas, inputs, layout, outputs } = spec;
    const shown = new Set(layout.map(({ stream }) => stream));
    this.#receiver.set(inputs.map((input) => (shown.has(input.stream) ? input : withoutVideo(input))));
    this.#sound.setInputs(inputs);
    this.#alignment.keep(new Set(inputs.map(({ stream }) => stream)));
    this.#sound.setOutputs(outputs.audio);
    this.#outputs.set(outputs.video, canvas);
    if (canvas !== undefined) this.#tiles.set({ canvas, inputs, layout });
    const framerate = canvas !== undefined && outputs.video.length > 0 ? canvas.framerate : undefined;
    if (framerate !== undefined && framerate !== this.#clock.framerate) {
      this.#compositor.prepare(performance.now());
    }
    this.#clock.framerate = framerate;
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#clock.stop();
    this.#sound.close();
    this.#outputs.close();
    this.#tiles.close();
    this.#compositor.close();
    this.#socket.close();
  }

  #compose(tick: number, at: number): void {
    if (!this.#outputs.ready) return;
    const begun = performance.now();
    const picture = this.#compositor.compose(begun);
    this.#composing.add(performance.now() - begun);
    this.#composed += 1;
    const captureMs = this.#tiles.takeNew((stream, captured) => {
      this.#alignment.picture(stream, at - captured, begun);
    });
    this.#outputs.send(picture, tick, { at, captureMs });
  }

  /** Tells how the time lines of all outputs belong together. */
  #report(): void {
    const now = performance.now();
    const laterMs = this.#alignment.offsetMs(now);
    const senders = [...this.#sound.reported(ageMs), ...this.#outputs.reported(ageMs + laterMs)];
    this.#reports.send(now, senders);
  }

  #progress(): void {
    const positions: RtpPosition[] = [...this.#sound.positions(), ...this.#outputs.positions()];
    this.#tell({ type: 'progress', positions });
  }

  #measure(): void {
    const now = performance.now();
    const seconds = (now - this.#measuredAt) / 1000;
    const framerate = this.#composed / seconds;
    this.#measuredAt = now;
    this.#composed = 0;
    const { lost, received } = this.#receiver.measure();
    this.#tell({
      type: 'measure',
      measure: {
        decoding: this.#tiles.decoding,
        framerate,
        composeMs: this.#composing.read(),
        delayMs: this.#outputs.delay.read(),
        ...this.#clock.lateness,
        decoderRestarts: this.#tiles.restarts,
        encoderRestarts: this.#outputs.restarts,
        loss: lost === 0 ? 0 : lost / (lost + received),
        cpu: this.#cpu.read(),
      },
    });
  }
}

/** What is not shown is not put together either. */
function withoutVideo({ video: _, ...rest }: ProcessSpec['inputs'][number]): ProcessSpec['inputs'][number] {
  return rest;
}
