import type { Journal } from './record/journal.ts';

/** One that changes its source more often has a note of the first times. */
const maxNotes = 1_000;

/** Which tracks an egress has shown, and from when on. */
export class Sources {
  readonly #notes: Journal['sources'] = [];
  readonly #current: { audio: string | undefined; video: string | undefined } = {
    audio: undefined,
    video: undefined,
  };

  get all(): Journal['sources'] {
    return this.#notes;
  }

  set(tracks: { audio: string | undefined; video: string | undefined }): void {
    for (const kind of ['audio', 'video'] as const) {
      const track = tracks[kind];
      if (track === this.#current[kind]) continue;
      this.#current[kind] = track;
      if (track !== undefined && this.#notes.length < maxNotes) {
        this.#notes.push({ kind, track, from: Date.now() });
      }
    }
  }
}
