import type { Conference, LayoutEntry } from '../../../sdk/index.ts';
import { explain } from '../explain.ts';
import { remember } from '../media/storage.ts';
import { mixingOf, mixOf } from '../state/mix-selectors.ts';
import type { Store } from '../state/store.ts';
import type { MixView, StageMode } from '../state/types.ts';
import type { MixControls } from './controls.ts';
import type { Receiver } from './receiver.ts';

export interface MixingParts {
  conference: Conference;
  receiver: Receiver;
}

/** The mixed view: whether and what of it is shown here, and what it shows. */
export class Mixing {
  readonly #store: Store;
  readonly #parts: () => MixingParts | undefined;

  /** @param parts of the running call, if there is one */
  constructor(store: Store, parts: () => MixingParts | undefined) {
    this.#store = store;
    this.#parts = parts;
  }

  readonly setStage = (stage: StageMode): void => {
    remember('stage', stage);
    this.#store.dispatch({ type: 'stage', stage });
    this.#show();
  };

  readonly chooseView = (label: string): void => {
    this.#store.dispatch({ type: 'view', label });
    this.#show();
  };

  readonly setSelfView = (on: boolean): void => {
    remember('self-view', on ? '1' : '0');
    this.#store.dispatch({ type: 'self-view', on });
  };

  readonly retry = (): void => {
    const mix = mixOf(this.#store.state);
    if (mix) this.#parts()?.receiver.retry(mix.id);
  };

  readonly chooseLayout: MixControls['chooseLayout'] = (choice) => {
    this.#try(async (conference, { label }) => {
      const layout = conference.layout(label);
      await layout.followSpeaker(choice === 'speaker');
      await layout.setTemplate(choice === 'grid' ? 'fluid' : 'lecture');
    });
  };

  readonly setLayout = (entries: readonly LayoutEntry[]): void => {
    this.#try(async (conference, { label }) => {
      const layout = conference.layout(label);
      await layout.followSpeaker(false);
      await layout.setLayout(entries);
    });
  };

  readonly setMixed = (owner: string, mixed: boolean): void => {
    const streams = mixingOf(this.#store.state, owner)?.streams ?? [];
    this.#try(async (conference, { label }) => {
      await Promise.all(streams.map((id) => setMixed(conference, id, label, mixed)));
    });
  };

  readonly makePrimary = (owner: string): void => {
    const primary = mixingOf(this.#store.state, owner)?.primary ?? null;
    if (primary === null) return;
    this.#try(async (conference, { label }) => {
      const layout = conference.layout(label);
      // Else whoever speaks next would take the place at once.
      await layout.followSpeaker(false);
      await layout.setPrimary(primary);
    });
  };

  /** Receives what is to be shown; asking for it once more is asking again for what failed. */
  #show(): void {
    this.retry();
    this.#parts()?.receiver.sync();
  }

  /** Does something to the view that is looked at; a failure is told in a sentence. */
  #try(work: (conference: Conference, mix: MixView) => Promise<void>): void {
    const parts = this.#parts();
    const mix = mixOf(this.#store.state);
    if (!parts || !mix) return;
    work(parts.conference, mix).catch((error: unknown) => {
      this.#store.dispatch({ type: 'toast', tone: 'error', text: explain(error) });
    });
  }
}

/** One's own streams know for themselves where they are to be shown, also when they are published again. */
const setMixed = async (conference: Conference, id: string, label: string, mixed: boolean): Promise<void> => {
  const own = conference.publications.get(id);
  if (own) await (mixed ? own.mix(label) : own.unmix(label));
  else await (mixed ? conference.mix(id, label) : conference.unmix(id, label));
};
