import type { EncodedPicture, OpusPacket } from '../../mix/media.ts';
import { opusTrack } from '../headers/describe.ts';
import type { MediaUnit, TrackDescription } from '../unit.ts';
import { type Gap, Gaps } from './gaps.ts';
import { PictureLine } from './picture-line.ts';
import { SoundLine } from './sound-line.ts';

/** How long the first key frame is waited for before sound begins alone, ms. */
const patienceMs = 4_000;
/** Sound that waits for it: so many packets, the newest. */
const maxWaiting = 1_000;
/** What is released late for want of CPU still finds its place, ms. */
const marginMs = 200;

export interface TimelineEvents {
  /** Time 0 is known; these tracks are told at once. */
  begin(kinds: readonly ('audio' | 'video')[]): void;
  /** Told before the first unit of a track, and whenever its codec changes. */
  track(track: TrackDescription): void;
  unit(unit: MediaUnit): void;
}

/** What is to be expected of a track, `silent`: nothing, for the moment; undefined: there is none. */
export type Expected = { track: string; silent: boolean } | undefined;

export interface TimelineOptions {
  /** Longest time from capture to release, ms. */
  maxDelayMs: number;
  /** ms of `performance.now()`. */
  now: number;
  events: TimelineEvents;
}

/**
 * One clock for all that is recorded or sent, whatever happens to its sources: time 0 is the first of what came. Media
 * are placed by the time of their capture on the clock of this process; nothing ever goes back.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #gaps = new Gaps();
  readonly #sound: SoundLine;
  readonly #pictures: PictureLine;
  readonly #expected: { audio: Expected; video: Expected } = { audio: undefined, video: undefined };
  #waiting: OpusPacket[] = [];
  /** Time 0, ms of `performance.now()`. */
  #zero: number | undefined;
  #hasSound = false;

  constructor(options: TimelineOptions) {
    this.#options = options;
    const { events } = options;
    const emit = (unit: MediaUnit) => {
      events.unit(unit);
    };
    this.#sound = new SoundLine(emit, this.#gaps);
    this.#pictures = new PictureLine(events, this.#gaps);
  }

  /** Time 0 by `performance.now()`; undefined: nothing has come. */
  get zero(): number | undefined {
    return this.#zero;
  }

  get gaps(): readonly Gap[] {
    return this.#gaps.all;
  }

  /** Pictures that came and could not be used. */
  get leftOut(): number {
    return this.#pictures.leftOut;
  }

  /** Pictures can come, and none can be used without a key frame. */
  get needsKey(): boolean {
    return this.#expected.video?.silent === false && this.#pictures.needsKey;
  }

  set({ audio, video }: { audio: Expected; video: Expected }): void {
    const before = { ...this.#expected };
    this.#expected.audio = audio;
    this.#expected.video = video;
    if (audio?.track !== before.audio?.track) this.#sound.newSource();
    if (video?.track !== before.video?.track || video?.silent === true) this.#pictures.cut();
  }

  sound(packet: OpusPacket): void {
    if (this.#expected.audio?.silent !== false) return;
    if (this.#zero !== undefined) {
      if (this.#hasSound) this.#sound.push(packet, packet.captureMs - this.#zero);
      return;
    }
    this.#waiting.push(packet);
    if (this.#waiting.length > maxWaiting) this.#waiting.shift();
  }

  picture(picture: EncodedPicture): void {
    if (this.#expected.video?.silent !== false) return;
    if (this.#zero === undefined) {
      if (!picture.key) return;
      this.#begin(picture.captureMs, true);
    }
    this.#pictures.push(picture, picture.captureMs - (this.#zero ?? 0));
  }

  /** To be called often, after what is due was given. @param now ms of `performance.now()` */
  advance(now: number): void {
    if (this.#zero === undefined && this.#mayBegin(now)) this.#begin(this.#options.now, false);
    const settled = now - this.#options.maxDelayMs - marginMs;
    // Sound that is asked for later begins then: all that time as silence would stand behind what is written already.
    if (this.#zero !== undefined) this.#addSound(Math.max(0, settled - this.#zero));
    this.#fill(settled);
  }

  /** All that came was given: up to now there is sound, or silence. */
  finish(now: number): void {
    if (this.#zero === undefined && this.#expected.audio !== undefined) this.#begin(this.#options.now, false);
    this.#fill(now);
  }

  #fill(at: number): void {
    if (this.#zero !== undefined && this.#hasSound) this.#sound.advance(at - this.#zero);
  }

  /** Whether sound begins without waiting for a picture. */
  #mayBegin(now: number): boolean {
    const { audio, video } = this.#expected;
    if (audio === undefined) return false;
    return video?.silent !== false || now - this.#options.now > patienceMs;
  }

  /** @param at What comes first then, unless there is sound that came before. */
  #begin(at: number, withPicture: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const zero = Math.min(at, waiting[0]?.captureMs ?? at);
    this.#zero = zero;
    const hasSound = this.#expected.audio !== undefined;
    this.#options.events.begin([
      ...(hasSound ? ['audio' as const] : []),
      ...(withPicture ? ['video' as const] : []),
    ]);
    this.#addSound(0);
    for (const packet of waiting) this.#sound.push(packet, packet.captureMs - zero);
  }

  #addSound(startMs: number): void {
    if (this.#hasSound || this.#expected.audio === undefined) return;
    this.#hasSound = true;
    this.#sound.startAt(startMs);
    this.#options.events.track(opusTrack);
  }
}
