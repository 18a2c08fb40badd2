import type { Action } from './actions.ts';
import { reduce } from './reducer.ts';
import { initialState } from './types.ts';
import type { AppState } from './types.ts';

export type Dispatch = (action: Action) => void;

/** Holds the state and tells listeners after each change. */
export class Store {
  #state: AppState;
  readonly #listeners = new Set<() => void>();

  constructor(state: AppState = initialState) {
    this.#state = state;
  }

  get state(): AppState {
    return this.#state;
  }

  readonly dispatch: Dispatch = (action) => {
    const next = reduce(this.#state, action);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener();
  };

  /** @returns a function that ends the subscription */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
