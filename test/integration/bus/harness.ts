import type { Bus, BusOptions } from '../../../common/bus/bus.ts';

/** A broker as the contract suite uses it, whatever is behind it. */
export interface BrokerHarness {
  /** Connects a bus; all are closed by `stop`. */
  connect(options?: Partial<BusOptions>): Promise<Bus>;
  /** Breaks the connection of one bus, which then connects again by itself. */
  sever(bus: Bus): void;
  /** Breaks all connections and lets none through until `recover`. */
  outage(): void;
  recover(): void;
  /** Delivers any text to whoever serves the address. */
  inject(address: string, text: string): Promise<void>;
  /** Delivers any text to the subscribers of a topic. */
  injectEvent(topic: string, text: string): Promise<void>;
  stop(): Promise<void>;
}

/** A promise and its end. */
export interface Gate<T = void> {
  promise: Promise<T>;
  open: (value: T) => void;
}

export function gate<T = void>(): Gate<T> {
  let open: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** Resolves when the bus has the state; at once when it has it now. */
export async function reaches(bus: Bus, state: Bus['state']): Promise<void> {
  if (bus.state === state) return;
  await nextState(bus, state);
}

/** Resolves when the bus gets the state from now on. */
export async function nextState(bus: Bus, state: Bus['state']): Promise<void> {
  const { promise, open } = gate();
  const stop = bus.onState((now) => {
    if (now === state) open();
  });
  await promise;
  stop();
}

/** Collects values and waits for their number. */
export class Collector<T> {
  readonly values: T[] = [];
  #wanted: { count: number; reached: Gate }[] = [];

  readonly add = (value: T): void => {
    this.values.push(value);
    for (const { count, reached } of this.#wanted) if (this.values.length >= count) reached.open();
  };

  async atLeast(count: number): Promise<T[]> {
    if (this.values.length < count) {
      const reached = gate();
      this.#wanted.push({ count, reached });
      await reached.promise;
    }
    return this.values;
  }
}

/** Repeats until it no longer fails with this code; for conditions that a broker reaches on its own. */
export async function untilNot<T>(code: string, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === code)) throw error;
    }
  }
}

/** Repeats until the answer is yes. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}
