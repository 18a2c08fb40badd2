import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backoff } from '../../../common/lifecycle/wait.ts';
import { ChildGuard } from '../../ffmpeg/guard.ts';
import { OwnFolder } from '../../live-folder/own-folder.ts';
import type { EngineLog } from '../../process/engine-log.ts';
import { masker, maskUrl } from '../../streaming/mask-url.ts';
import { forbidsFor } from '../../streaming/checked-lookup.ts';
import { canBeRelayed, Relay } from '../../streaming/relay.ts';
import type { MediaUnit, Sink, SinkEvents, SinkProgress, Tracks } from '../unit.ts';
import type { LiveTarget } from './arguments.ts';
import type { Wishes } from './carriage.ts';
import { Connection } from './connection.ts';
import { Mirror } from './mirror.ts';
import { Outage } from './outage.ts';

export interface PushSinkOptions {
  ffmpeg: string;
  target: LiveTarget;
  wishes: Wishes;
  /** Of pictures that are encoded here, s. */
  keyFrameInterval: number;
  events: SinkEvents;
  log: EngineLog;
}

const checkMs = 500;
/** A fresh key frame may take so long when a connection can be made, ms; then the last one is taken, which stands still. */
const patienceMs = 1_500;
const listNames = { hls: 'index.m3u8', dash: 'manifest.mpd' } as const;

/**
 * Sends a live stream to its far end, by one FFmpeg after the other: a new one when the connection is lost, when a track
 * comes or has another codec, and when something else is wished for.
 */
export class PushSink implements Sink {
  readonly #options: PushSinkOptions;
  readonly #mask: (text: string) => string;
  readonly #guard = new ChildGuard();
  readonly #outage: Outage;
  readonly #timer: NodeJS.Timeout;
  /** HLS and DASH for a web server. */
  readonly #folder: OwnFolder | undefined;
  readonly #mirror: Mirror | undefined;
  /** To the far end, where FFmpeg must not find it by itself. */
  readonly #relay: Relay | undefined;
  readonly #output: string;
  readonly #outputOptions: readonly string[];
  #wishes: Wishes;
  #keyFrameInterval: number;
  #tracks: Tracks = {};
  #connection: Connection | undefined;
  /** Connections that say goodbye: the far end takes no other one before. */
  #ending: Promise<void> | undefined;
  /** When a connection may be made, ms; undefined: there is one. */
  #dueAt: number | undefined;
  /** Last picture that can stand for itself. */
  #keyFrame: MediaUnit | undefined;
  /** Sums of connections that are over. */
  #past = { bytes: 0, durationMs: 0, dropped: 0 };
  #made = 0;
  #over = false;

  /** @throws when there is no place for temporary files */
  static async open(options: PushSinkOptions): Promise<PushSink> {
    const { protocol, destination } = options.target;
    if ((protocol !== 'hls' && protocol !== 'dash') || !/^https?:/i.test(destination))
      return new PushSink(options, { output: destination, relay: await relayFor(options.target) });
    const folder = await OwnFolder.create('', options.log);
    const path = join(folder.path, 'files', listNames[protocol]);
    await mkdir(dirname(path));
    return new PushSink(options, { output: path, folder });
  }

  private constructor(
    options: PushSinkOptions,
    { output, folder, relay }: { output: string; folder?: OwnFolder; relay?: Relay | undefined },
  ) {
    const { target, wishes, keyFrameInterval } = options;
    this.#options = options;
    this.#relay = relay;
    const relayed = relay?.aim(target.destination);
    this.#output = relayed?.url ?? output;
    this.#outputOptions = relayed?.options ?? [];
    this.#folder = folder;
    this.#wishes = wishes;
    this.#keyFrameInterval = keyFrameInterval;
    const maskSecrets = masker(target.destination);
    this.#mask = (text) => maskSecrets(text.replaceAll(this.#output, maskUrl(target.destination)));
    this.#outage = new Outage(target.retry);
    this.#mirror = folder && this.#openMirror();
    this.#timer = setInterval(() => {
      this.#check();
    }, checkMs);
  }

  begin(tracks: Tracks): void {
    const isSame = shapeOf(tracks) === shapeOf(this.#tracks);
    if (tracks.video?.codec !== this.#tracks.video?.codec) this.#keyFrame = undefined;
    this.#tracks = tracks;
    if (!isSame) this.#renew();
  }

  /** What is wished for from now on. */
  change({ wishes, keyFrameInterval }: Pick<PushSinkOptions, 'wishes' | 'keyFrameInterval'>): void {
    const isSame = JSON.stringify(wishes) === JSON.stringify(this.#wishes);
    this.#wishes = wishes;
    this.#keyFrameInterval = keyFrameInterval;
    if (!isSame) this.#renew();
  }

  push(unit: MediaUnit): void {
    if (this.#over) return;
    if (unit.kind === 'video' && unit.key) this.#keyFrame = unit;
    if (this.#connection === undefined) this.#begin(unit);
    this.#connection?.feed(unit);
  }

  progress(): SinkProgress {
    const { status, error, reconnects } = this.#outage;
    const { bytes = 0, durationMs = 0, dropped = 0 } = this.#connection ?? {};
    return {
      status,
      ...(error === undefined ? {} : { error: { code: 'unavailable', message: error } }),
      durationMs: this.#past.durationMs + durationMs,
      bytes: this.#mirror?.bytes ?? this.#past.bytes + bytes,
      dropped: this.#past.dropped + dropped + (this.#mirror?.leftOut ?? 0),
      reconnects,
    };
  }

  close(): Promise<void> {
    return this.#finish((connection) => connection.end());
  }

  /** Lists and manifests stay open: those who play them wait for whoever goes on. */
  abandon(): Promise<void> {
    return this.#finish((connection) => connection.abort());
  }

  async #finish(endOf: (connection: Connection) => Promise<void>): Promise<void> {
    this.#over = true;
    clearInterval(this.#timer);
    const connection = this.#connection;
    await Promise.all([connection === undefined ? undefined : endOf(connection), this.#ending]);
    await this.#mirror?.close();
    this.#retire();
    this.#guard.close();
    this.#relay?.close();
    await this.#folder?.remove();
  }

  /** Makes a connection, if it is time and there is a picture to begin with. */
  #begin(unit: MediaUnit): void {
    const now = performance.now();
    if (this.#dueAt === undefined || now < this.#dueAt || this.#ending !== undefined) return;
    const isStart = this.#tracks.video === undefined || (unit.kind === 'video' && unit.key);
    const still = isStart || now < this.#dueAt + patienceMs ? undefined : this.#keyFrame;
    if (!isStart) this.#options.events.onKeyFrameNeeded();
    if (!isStart && still === undefined) return;
    this.#connect(unit.timeMs);
    if (still === undefined) return;
    this.#connection?.feed({ ...still, timeMs: unit.timeMs });
    this.#connection?.skipToKeyFrame();
  }

  #connect(baseMs: number): void {
    const { ffmpeg, target, events } = this.#options;
    this.#dueAt = undefined;
    this.#made += 1;
    const connection: Connection = new Connection({
      ...{ ffmpeg, baseMs, guard: this.#guard, onKeyFrameNeeded: events.onKeyFrameNeeded },
      plan: {
        ...{ target, tracks: this.#tracks, wishes: this.#wishes, output: this.#output },
        outputOptions: this.#outputOptions,
        keyFrameInterval: this.#keyFrameInterval,
        goesOn: this.#made > 1,
        run: Date.now().toString(36),
      },
      onArrived: () => {
        // A file that is there is not yet with the web server.
        if (connection === this.#connection && this.#mirror === undefined) this.#arrived();
      },
      onEnd: (reason) => {
        if (connection === this.#connection) this.#lost(reason);
      },
    });
    this.#connection = connection;
  }

  /** The tracks or wishes are others: the connection cannot go on as it is. */
  #renew(): void {
    if (this.#over) return;
    const connection = this.#connection;
    if (connection === undefined) {
      this.#dueAt ??= performance.now();
      return;
    }
    this.#retire();
    this.#dueAt = performance.now();
    // A list that is closed is the end for players.
    const isList = ['hls', 'dash'].includes(this.#options.target.protocol);
    const ending = (isList ? connection.abort() : connection.end()).then(() => {
      this.#ending = undefined;
    });
    this.#ending = ending;
  }

  #retire(): void {
    const { bytes = 0, durationMs = 0, dropped = 0 } = this.#connection ?? {};
    this.#past.bytes += bytes;
    this.#past.durationMs += durationMs;
    this.#past.dropped += dropped;
    this.#connection = undefined;
  }

  #openMirror(): Mirror {
    return new Mirror({
      ...{ path: this.#output, target: this.#options.target },
      onDelivered: () => {
        this.#arrived();
      },
      onRefused: (reason) => {
        this.#failed(`The far end does not take the stream: ${reason}.`);
      },
    });
  }

  #arrived(): void {
    if (this.#over || !this.#outage.arrived(performance.now())) return;
    this.#options.log.info({}, 'live stream arrives');
    this.#options.events.onChange();
  }

  /** The connection is gone by itself. */
  #lost(reason: string): void {
    this.#retire();
    if (this.#over) return;
    this.#dueAt = performance.now() + backoff(this.#outage.failures, this.#options.target.retry);
    this.#failed(`The stream cannot be sent: ${this.#relay?.complaint ?? reason}.`);
  }

  #failed(sentence: string): void {
    if (this.#over) return;
    const message = this.#mask(sentence.replace(/\.\.$/, '.'));
    this.#outage.failed(message, performance.now());
    this.#options.log.warn({ reason: message }, 'live stream does not arrive');
    this.#options.events.onChange();
  }

  #check(): void {
    const now = performance.now();
    this.#connection?.check(now);
    this.#outage.check(now);
    if (this.#outage.isHopeless(now)) this.#giveUp();
  }

  #giveUp(): void {
    this.#over = true;
    clearInterval(this.#timer);
    this.#outage.giveUp();
    void this.#connection?.abort();
    this.#options.events.onOver('failed');
  }
}

/** FFmpeg would verify no certificates, and connect with what a name resolves to by then. */
async function relayFor({ destination, guarded }: LiveTarget): Promise<Relay | undefined> {
  const scheme = destination.slice(0, destination.indexOf(':')).toLowerCase();
  const isWanted = canBeRelayed(scheme) && (guarded || scheme.endsWith('s'));
  return isWanted ? await Relay.open(forbidsFor(guarded)) : undefined;
}

/** What a connection cannot follow when it changes. */
const shapeOf = ({ audio, video }: Tracks): string => `${audio?.codec ?? ''} ${video?.codec ?? ''}`;
