import type { Wish } from './carriage.ts';
import type { MediaUnit, Stage, StageEvents, TrackDescription } from './unit.ts';

export interface BranchOptions {
  /** What has to become of a track; undefined: nothing. */
  wishFor: (track: TrackDescription) => Wish | undefined;
  createStage: (wish: Wish, events: StageEvents) => Stage;
  events: StageEvents;
}

/** The way of one track from the timeline on: as it is, or encoded anew, which may change on the way. */
export class Branch {
  readonly #options: BranchOptions;
  #track: TrackDescription | undefined;
  #wish: string | undefined;
  #stage: Stage | undefined;
  #needsKey = false;

  constructor(options: BranchOptions) {
    this.#options = options;
  }

  track(track: TrackDescription): void {
    this.#track = track;
    this.#steer(track);
    if (this.#stage === undefined) this.#options.events.onTrack(track);
    else this.#stage.begin(track);
  }

  unit(unit: MediaUnit): void {
    if (this.#needsKey && !unit.key) return;
    this.#needsKey = false;
    if (this.#stage === undefined) this.#options.events.onUnit(unit);
    else this.#stage.push(unit);
  }

  /** What has to become of the track may be something else now. */
  reconsider(): void {
    const track = this.#track;
    if (track === undefined || JSON.stringify(this.#options.wishFor(track)) === this.#wish) return;
    this.track(track);
    this.#needsKey = true;
    this.#options.events.onKeyFrameNeeded();
  }

  async close(): Promise<void> {
    await this.#stage?.close();
  }

  #steer(track: TrackDescription): void {
    const wish = this.#options.wishFor(track);
    const name = JSON.stringify(wish);
    if (name === this.#wish) return;
    this.#wish = name;
    void this.#stage?.close();
    this.#stage = wish === undefined ? undefined : this.#open(wish);
  }

  /** What one of before still has to say is not heard: the other has begun. */
  #open(wish: Wish): Stage {
    const { createStage, events } = this.#options;
    const holder: { stage?: Stage } = {};
    const heard = <A extends unknown[]>(act: (...args: A) => void) => {
      return (...args: A): void => {
        if (holder.stage === undefined || holder.stage === this.#stage) act(...args);
      };
    };
    holder.stage = createStage(wish, {
      onTrack: heard(events.onTrack),
      onUnit: heard(events.onUnit),
      onKeyFrameNeeded: heard(events.onKeyFrameNeeded),
      onFailed: heard(events.onFailed),
    });
    return holder.stage;
  }
}
