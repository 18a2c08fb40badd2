import type { MediaUnit, Sink, TrackDescription, Tracks } from './unit.ts';

/** How long a track that has to be encoded first may take before the others begin without it, ms. */
const patienceMs = 5_000;
/** What waits for it may take so much memory; then nothing waits any more. */
const maxWaitingBytes = 64 * 1024 * 1024;

type Kind = MediaUnit['kind'];

/** Brings tracks and units to a sink: all tracks of the beginning at once, though some take longer to be known. */
export class Assembly {
  readonly #sink: Sink;
  #expected: readonly Kind[] | undefined;
  #tracks: Tracks = {};
  #waiting: MediaUnit[] = [];
  #waitingBytes = 0;
  #began = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Nothing goes on before the tracks of these kinds are known. */
  expect(kinds: readonly Kind[]): void {
    this.#expected = kinds;
    this.#timer = setTimeout(() => {
      this.#begin();
    }, patienceMs);
  }

  track(track: TrackDescription): void {
    this.#tracks = { ...this.#tracks, [track.kind]: track };
    if (this.#began) this.#sink.begin(this.#tracks);
    else if (this.#expected?.every((kind) => this.#tracks[kind] !== undefined) === true) this.#begin();
  }

  unit(unit: MediaUnit): void {
    if (this.#began) this.#sink.push(unit);
    else {
      this.#waiting.push(unit);
      this.#waitingBytes += unit.data.length;
      if (this.#waitingBytes > maxWaitingBytes) this.#begin();
    }
  }

  /** Nothing more comes. */
  finish(): void {
    this.#begin();
    clearTimeout(this.#timer);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    if (this.#began || Object.keys(this.#tracks).length === 0) return;
    this.#began = true;
    this.#sink.begin(this.#tracks);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const unit of waiting) if (this.#tracks[unit.kind] !== undefined) this.#sink.push(unit);
  }
}
