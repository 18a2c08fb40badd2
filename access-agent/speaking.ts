import type { ParticipantId } from '../common/contract/ids.ts';

/** Somebody who was heard this long ago still counts as speaking, ms: a breath is not the end of a sentence. */
export const holdMs = 900;

export interface Speaker {
  id: ParticipantId;
  /** dBov: 0 loudest, -127 silent. */
  volume: number;
}

/** Who speaks, from measurements at intervals. Pure: time is given. */
export class Speaking {
  readonly #heard = new Map<ParticipantId, { at: number; volume: number }>();

  /** A measurement: all who are loud enough now. */
  measure(speakers: Speaker[], now: number): void {
    for (const { id, volume } of speakers) this.#heard.set(id, { at: now, volume });
  }

  /** Somebody stopped sending. */
  remove(id: ParticipantId): void {
    this.#heard.delete(id);
  }

  /** Those who speak at this moment, loudest first. */
  at(now: number): Speaker[] {
    for (const [id, { at }] of this.#heard) if (now - at >= holdMs) this.#heard.delete(id);
    return [...this.#heard]
      .map(([id, { volume }]) => ({ id, volume }))
      .sort((a, b) => b.volume - a.volume || (a.id < b.id ? -1 : 1));
  }
}
