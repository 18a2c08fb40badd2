import type { EngineParts } from '../process/run-engine.ts';
import { MixSocket } from '../mix/socket.ts';
import { Assembly } from './assembly.ts';
import { Branch } from './branch.ts';
import { wishFor } from './carriage.ts';
import { Intake } from './intake.ts';
import { KeyFrameClock } from './key-frame-clock.ts';
import { createStage, type Outlet, openOutlet } from './outlets.ts';
import type { EgressWords, EgressProcessSpec, EgressProgress } from './protocol.ts';
import type { Notes } from './record/record-sink.ts';
import { Sources } from './sources.ts';
import { Timeline } from './timeline/timeline.ts';
import type { MediaUnit, StageEvents, TrackDescription } from './unit.ts';

type Kind = MediaUnit['kind'];

/**
 * What is due is given out with the next packet when `least` has passed, or after `most` without one, ms: each wake-up takes
 * more CPU than what is done then, and a recording is in no hurry.
 */
const polls = { recording: { least: 10, most: 100 }, live: { least: 10, most: 10 } } as const;
const progressMs = 1_000;
/** In less time bursts would count as a rate, s. */
const leastMeasureSeconds = 0.5;

/**
 * One recording or live stream: what arrives is put on one clock, made into what its end can carry, and written or sent.
 * Nothing waits for a source: what does not come is silence, or the last picture.
 */
export class Egress {
  readonly #options: EngineParts<EgressWords>;
  readonly #intake: Intake;
  readonly #timeline: Timeline;
  readonly #branches: Record<Kind, Branch>;
  readonly #keyFrames = new KeyFrameClock();
  readonly #sources = new Sources();
  readonly #pollMs: { least: number; most: number };
  #polledAt = -Infinity;
  #spec: EgressProcessSpec;
  #outlet!: Outlet;
  #assembly!: Assembly;
  #socket!: MixSocket;
  #timers: NodeJS.Timeout[] = [];
  #zeroAt: number | undefined;
  #measured = { at: performance.now(), bytes: 0, bitrate: 0 };
  #over = false;
  #closing: Promise<void> | undefined;

  /**
   * Opens the socket and begins with what the spec says.
   * @throws when the folder cannot be used or the port is taken
   */
  static async start(options: EngineParts<EgressWords>): Promise<Egress> {
    const egress = new Egress(options);
    await egress.#open();
    return egress;
  }

  private constructor(options: EngineParts<EgressWords>) {
    const { start, tell } = options;
    this.#options = options;
    this.#spec = start.spec;
    this.#pollMs = polls[start.target.type];
    this.#intake = new Intake({
      type: start.target.type,
      onSound: (packet) => {
        this.#timeline.sound(packet);
      },
      onPicture: (picture) => {
        if (picture.key) this.#keyFrames.came(picture.captureMs);
        this.#timeline.picture(picture);
      },
      onKeyFrameNeeded: (ssrc) => {
        tell({ type: 'keyFrame', ssrc });
      },
    });
    this.#timeline = new Timeline({
      maxDelayMs: this.#intake.maxDelayMs,
      now: performance.now(),
      events: {
        begin: (kinds) => {
          this.#assembly.expect(kinds);
        },
        track: (track) => {
          this.#branches[track.kind].track(track);
        },
        unit: (unit) => {
          this.#branches[unit.kind].unit(unit);
        },
      },
    });
    this.#branches = { audio: this.#branch(), video: this.#branch() };
  }

  /** What it is from now on. */
  apply(spec: EgressProcessSpec): void {
    if (this.#closing !== undefined) return;
    this.#spec = spec;
    const { audio, video } = spec;
    // Before the timeline hears of it: what was captured until now is of the sources of until now.
    this.#intake.set(spec);
    this.#timeline.set({ audio, video });
    this.#sources.set({ audio: audio?.track, video: video?.track });
    this.#keyFrames.interval = spec.keyFrameInterval;
    this.#outlet.change(spec);
    for (const branch of Object.values(this.#branches)) branch.reconsider();
  }

  /** Everything that came is written or sent, as far as the far end takes it. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * Another one goes on with it: what was recorded is complete, but to those who watch a live stream nobody says that it is
   * over.
   */
  abandon(): Promise<void> {
    this.#closing ??= this.#outlet.sink.abandon === undefined ? this.#close() : this.#abandon();
    return this.#closing;
  }

  async #abandon(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#outlet.sink.abandon?.();
    this.#socket.close();
  }

  async #open(): Promise<void> {
    const { start, tell, log } = this.#options;
    const events = {
      onChange: () => {
        this.#tellProgress();
      },
      onKeyFrameNeeded: () => {
        this.#intake.wantKeyFrame();
      },
      onOver: (reason: 'failed' | 'disk_full') => {
        this.#end(reason);
      },
    };
    this.#outlet = await openOutlet({ start, notes: () => this.#notes(), events, log });
    this.#assembly = new Assembly(this.#outlet.sink);
    this.#socket = await MixSocket.open({
      ...{ port: start.port, router: start.router },
      onPacket: (packet) => {
        this.#intake.take(packet);
        if (performance.now() - this.#polledAt >= this.#pollMs.least) this.#poll();
      },
    });
    this.apply(this.#spec);
    const poll = () => {
      this.#poll();
    };
    const progress = () => {
      this.#tellProgress();
    };
    this.#timers = [setInterval(poll, this.#pollMs.most), setInterval(progress, progressMs)];
    tell({ type: 'started', port: this.#socket.port });
  }

  #branch(): Branch {
    const events: StageEvents = {
      onTrack: (track: TrackDescription) => {
        this.#assembly.track(track);
      },
      onUnit: (unit: MediaUnit) => {
        this.#assembly.unit(unit);
      },
      onKeyFrameNeeded: () => {
        this.#intake.wantKeyFrame();
      },
      onFailed: (error) => {
        this.#end('failed', error);
      },
    };
    const { start, log } = this.#options;
    return new Branch({
      wishFor: (track) => wishFor(track, start.target, this.#spec),
      createStage: (wish, told) =>
        createStage({
          ...{ wish, events: told, ffmpeg: start.ffmpeg, log },
          keyFrameInterval: this.#spec.keyFrameInterval,
        }),
      events,
    });
  }

  #poll(): void {
    const now = performance.now();
    this.#polledAt = now;
    this.#intake.release(now);
    this.#timeline.advance(now);
    const isSilent = this.#spec.video?.silent !== false;
    if (!isSilent && (this.#timeline.needsKey || this.#keyFrames.take(now))) this.#intake.wantKeyFrame();
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#intake.flush();
    this.#timeline.finish(performance.now());
    await Promise.all(Object.values(this.#branches).map((branch) => branch.close()));
    this.#assembly.finish();
    await this.#outlet.sink.close();
    this.#socket.close();
    if (!this.#over)
      this.#options.tell({ type: 'progress', progress: { ...this.#progress(), status: 'ended' } });
  }

  /** Cannot go on; its agent closes it. */
  #end(reason: 'failed' | 'disk_full', error?: NonNullable<EgressProgress['error']>): void {
    if (this.#over || this.#closing !== undefined) return;
    this.#over = true;
    const progress = {
      ...this.#progress(),
      status: 'failed' as const,
      ...(error === undefined ? {} : { error }),
    };
    this.#options.tell({ type: 'over', reason, progress });
  }

  #tellProgress(): void {
    if (!this.#over) this.#options.tell({ type: 'progress', progress: this.#progress() });
  }

  #progress(): EgressProgress {
    const measured = this.#outlet.sink.progress();
    const now = performance.now();
    const seconds = (now - this.#measured.at) / 1_000;
    if (seconds > leastMeasureSeconds) {
      const bitrate = Math.max(0, ((measured.bytes - this.#measured.bytes) * 8) / seconds);
      this.#measured = { at: now, bytes: measured.bytes, bitrate };
    }
    return {
      ...measured,
      bitrate: this.#measured.bitrate,
      dropped: measured.dropped + this.#timeline.leftOut,
    };
  }

  #notes(): Notes {
    const now = performance.now();
    const zero = this.#timeline.zero ?? now;
    const zeroAt = this.#zeroAt ?? Date.now() - (now - zero);
    if (this.#timeline.zero !== undefined) this.#zeroAt = zeroAt;
    return {
      zeroAt,
      gaps: this.#timeline.gaps.map(({ kind, fromMs, toMs }) => ({
        ...{ kind, from: zeroAt + fromMs, to: zeroAt + toMs },
      })),
      sources: this.#sources.all,
      leftOut: this.#timeline.leftOut,
    };
  }
}
