type Listener<T> = (event: T) => void;

/** What anybody may do with an object that reports events of the map `E` (name -> payload). */
export interface EventSource<E extends object> {
  /** Calls `listener` at each event; the returned function takes it away again. */
  on<N extends keyof E>(name: N, listener: Listener<E[N]>): () => void;
  once<N extends keyof E>(name: N, listener: Listener<E[N]>): () => void;
  off<N extends keyof E>(name: N, listener: Listener<E[N]>): void;
}

type Listeners<E extends object> = { [N in keyof E]?: Set<Listener<E[N]>> };

/** Typed events. A listener that throws does not keep the others from being called. */
export class Emitter<E extends object> implements EventSource<E> {
  #listeners: Listeners<E> = {};

  on<N extends keyof E>(name: N, listener: Listener<E[N]>): () => void {
    (this.#listeners[name] ??= new Set()).add(listener);
    return () => {
      this.off(name, listener);
    };
  }

  once<N extends keyof E>(name: N, listener: Listener<E[N]>): () => void {
    const off = this.on(name, (event) => {
      off();
      listener(event);
    });
    return off;
  }

  off<N extends keyof E>(name: N, listener: Listener<E[N]>): void {
    this.#listeners[name]?.delete(listener);
  }

  /** @internal */
  emit<N extends keyof E>(name: N, event: E[N]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        // Reported as an uncaught error of the page, where its author looks for it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** @internal */
  removeAllListeners(): void {
    this.#listeners = {};
  }
}
