import { chooseLayers } from './layers.ts';
import { watchTile } from './tile-watch.ts';
import { Debounce } from './timing.ts';
import type { Choice, Tile } from './layers.ts';
import type { RemoteTrack } from './types.ts';

export interface ViewingOptions {
  /** The video that is shown; undefined when there is none. */
  track: () => Pick<RemoteTrack, 'layers' | 'parameters'> | undefined;
  onChoice: (choice: Choice) => void;
  /** Replaced in tests. */
  watch?: (element: HTMLVideoElement, onChange: (tile: Tile) => void) => () => void;
}

/** While a window is dragged larger its tiles change with every frame, ms. */
const settleMs = 200;
/** Out of sight for a moment only (scrolling, another layout) does not count, ms. */
const hideMs = 1000;

/** Watches the tiles in which a video is shown and decides what of it needs to be received. */
export class Viewing {
  readonly #options: ViewingOptions;
  readonly #tiles = new Map<HTMLVideoElement, Tile>();
  readonly #debounce = new Debounce(() => {
    this.refresh();
  });
  /** Video that was never attached is shown by the application's own means: nothing is known of it. */
  #used = false;
  #paused = false;

  constructor(options: ViewingOptions) {
    this.#options = options;
  }

  add(element: HTMLVideoElement): () => void {
    const watch = this.#options.watch ?? watchTile;
    const first = !this.#used;
    this.#used = true;
    const stop = watch(element, (tile) => {
      this.#tiles.set(element, tile);
      this.#changed();
    });
    if (first) this.refresh();
    return () => {
      stop();
      this.#tiles.delete(element);
      this.#changed();
    };
  }

  /** Decides now. */
  refresh(): void {
    this.#debounce.cancel();
    const track = this.#options.track();
    if (!this.#used || track === undefined) return;
    const choice = chooseLayers(track, [...this.#tiles.values()]);
    this.#paused = choice.paused;
    this.#options.onChoice(choice);
  }

  close(): void {
    this.#debounce.cancel();
    this.#used = false;
  }

  #changed(): void {
    const track = this.#options.track();
    if (!this.#used || track === undefined) return;
    const { paused } = chooseLayers(track, [...this.#tiles.values()]);
    // Whoever looks again must not wait.
    if (this.#paused && !paused) this.refresh();
    else this.#debounce.trigger(paused ? hideMs : settleMs);
  }
}
