import type { ParticipantId, StreamId } from '../../common/contract/ids.ts';
import type { RoomState } from '../room-state.ts';
import type { View } from './view.ts';

/** How long whoever moved to the first region stays there at least, ms. */
const holdMs = 1_500;

export interface ActiveInputParts {
  /** Another one speaks. */
  onChanged: (view: View) => void;
  /** The layout has changed with it. */
  onMoved: (view: View) => void;
}

/**
 * Whose stream is the active input of a view (OWT 10.5): the one who speaks, until somebody else does. Where the view says so
 * it moves to the first region, but not so fast that nobody could look.
 */
export class ActiveInput {
  readonly #state: RoomState;
  readonly #view: View;
  readonly #parts: ActiveInputParts;
  #movedAt = -holdMs;
  #timer: NodeJS.Timeout | undefined;

  constructor(state: RoomState, view: View, parts: ActiveInputParts) {
    this.#state = state;
    this.#view = view;
    this.#parts = parts;
  }

  /** @param speakers those who speak, the one who counts most first */
  heard(speakers: readonly ParticipantId[]): void {
    const view = this.#view;
    if (!view.settings.audio.vad) return;
    const stream = this.#audible(speakers);
    if (stream === undefined || stream === view.activeInput) return;
    view.activeInput = stream;
    this.#parts.onChanged(view);
    this.follow();
  }

  /** Moves the active input to the first region, where the view is to do that. */
  follow(): void {
    if (this.#timer !== undefined) return;
    const waitMs = this.#movedAt + holdMs - performance.now();
    if (waitMs <= 0) this.#move();
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#move();
      }, waitMs);
    }
  }

  /** What is mixed of the first speaker who can be heard in this view. */
  #audible(speakers: readonly ParticipantId[]): StreamId | undefined {
    const mixed = [...this.#view.mixed].flatMap((id) => this.#state.streams.get(id) ?? []);
    const heard = mixed.filter((stream) => stream.track('audio')?.paused === false);
    for (const speaker of speakers) {
      const stream = heard.find(({ owner, state }) => owner === speaker && state === 'active');
      if (stream !== undefined) return stream.id;
    }
    return undefined;
  }

  #move(): void {
    const { activeInput, followsSpeaker, layout, video } = this.#view;
    if (!followsSpeaker || video === undefined || activeInput === undefined) return;
    const shown = this.#view.requireLayout();
    if (!shown.has(activeInput) || layout[0]?.stream === activeInput) return;
    shown.primary(activeInput);
    this.#movedAt = performance.now();
    this.#parts.onMoved(this.#view);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
