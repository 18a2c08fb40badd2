import type { RoomState } from '../room-state.ts';
import type { Wish } from '../views/demand.ts';
import { mainOutput } from '../views/variants.ts';
import type { View } from '../views/view.ts';
import type { Views } from '../views/views.ts';
import { commonSound, type EgressTracks } from './egress-tracks.ts';

interface Kept {
  view: View;
  wish: string;
  release: () => void;
}

/** Mixed outputs that a recording or live stream receives: they are made for it, wherever their mix runs. */
export class Leases {
  readonly #state: RoomState;
  readonly #views: () => Views;
  readonly #kept = new Map<View, Kept>();

  constructor(state: RoomState, views: () => Views) {
    this.#state = state;
    this.#views = views;
  }

  /**
   * Waits until mixed tracks can be received, which may have to be made first. They stay until they are released.
   * @throws PorticoError of `Mix.receive`
   */
  async receive(tracks: EgressTracks): Promise<() => void> {
    const releases: (() => void)[] = [];
    const release = () => {
      for (const one of releases) one();
    };
    try {
      for (const [view, wish] of this.#wishes(tracks)) {
        const live = this.#views().find(view.label);
        if (live?.view !== view) throw this.#state.noStream(view.stream);
        releases.push((await live.mix.receive(wish)).release);
      }
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** From now on these are kept, and no others. */
  keep(tracks: EgressTracks): void {
    const wishes = this.#wishes(tracks);
    for (const [view, wish] of wishes) {
      const text = JSON.stringify(wish);
      const kept = this.#kept.get(view);
      const live = this.#views().find(view.label);
      if (kept?.wish === text || live?.view !== view) continue;
      const release = live.mix.keep(wish);
      kept?.release();
      this.#kept.set(view, { view, wish: text, release });
    }
    for (const { view, release } of this.#kept.values()) {
      if (wishes.has(view) && this.#views().find(view.label)?.view === view) continue;
      this.#kept.delete(view);
      release();
    }
  }

  release(): void {
    this.keep({});
  }

  /** One for each view: sound and picture of the same mix belong together. */
  #wishes({ audio, video }: EgressTracks): Map<View, Wish> {
    const wishes = new Map<View, Wish>();
    const wishFor = (view: View): Wish => {
      const wish: Wish = wishes.get(view) ?? {};
      wishes.set(view, wish);
      return wish;
    };
    const heard = audio === undefined ? undefined : this.#state.viewOf(audio.stream);
    if (heard !== undefined) wishFor(heard).audio = commonSound;
    const seen = video === undefined ? undefined : this.#state.viewOf(video.stream);
    if (seen?.video !== undefined) wishFor(seen).video = mainOutput(seen.video);
    return wishes;
  }
}
