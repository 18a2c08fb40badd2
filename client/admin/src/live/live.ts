import type { Node, RunningRoom } from '../../../../management-api/schemas/cluster.ts';
import { Failure } from '../api/failure.ts';
import type { Management } from '../api/management.ts';
import { SeriesBook } from '../model/series.ts';
import { pauseAfter, Poller } from './poller.ts';
import type { Link } from './poller.ts';

/** What every view shares. */
export interface Cluster {
  /** Undefined: shown to the super service only. */
  nodes: Node[] | undefined;
  rooms: RunningRoom[];
}

/** What the view that is open asks the server in each look. */
export interface Task {
  load: (signal: AbortSignal) => Promise<void>;
  /** The server is there and refuses. */
  fail: (failure: Failure) => void;
}

export interface LiveOptions {
  api: Management;
  isVisible: () => boolean;
  /** The server does not take our proof any more. */
  onRefused: () => void;
}

/** The picture of the server that this page keeps. */
export class Live {
  readonly api: Management;
  readonly series = new SeriesBook();
  #link: Link = { state: 'connecting' };
  #cluster: Cluster | undefined;
  #isSuper = true;
  #task: Task | undefined;
  readonly #onRefused: () => void;
  readonly #poller: Poller;
  readonly #listeners = new Set<() => void>();

  constructor({ api, isVisible, onRefused }: LiveOptions) {
    this.api = api;
    this.#onRefused = onRefused;
    this.#poller = new Poller({
      look: (signal) => this.#look(signal),
      isVisible,
      onLink: (link) => {
        this.#link = link;
        this.#tell();
      },
      pause: (failures, error) =>
        Math.max(pauseAfter(failures), error instanceof Failure ? (error.retryAfterMs ?? 0) : 0),
    });
  }

  get link(): Link {
    return this.#link;
  }

  get cluster(): Cluster | undefined {
    return this.#cluster;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Looks now: something was changed, or the page has become visible. */
  refresh = (): void => {
    this.#poller.nudge();
  };

  /** A view opens. @returns what ends it */
  show(task: Task): () => void {
    this.#task = task;
    this.#poller.restart();
    return () => {
      if (this.#task === task) this.#task = undefined;
    };
  }

  close(): void {
    this.#poller.close();
  }

  async #look(signal: AbortSignal): Promise<void> {
    try {
      await this.#lookAtCluster(signal);
      await this.#lookForView(signal);
    } catch (error) {
      if (error instanceof Failure && error.status === 401 && !signal.aborted) this.#onRefused();
      throw error;
    }
  }

  async #lookAtCluster(signal: AbortSignal): Promise<void> {
    const nodes = this.#isSuper ? await this.#nodes(signal) : undefined;
    const rooms = await this.api.runningRooms(signal);
    const now = Date.now();
    for (const { id, load } of nodes ?? []) this.series.push(`load ${id}`, load, now);
    this.series.forget(now);
    this.#cluster = { nodes, rooms };
    this.#tell();
  }

  async #nodes(signal: AbortSignal): Promise<Node[] | undefined> {
    try {
      return await this.api.nodes(signal);
    } catch (error) {
      if (!(error instanceof Failure) || error.status !== 403) throw error;
      this.#isSuper = false;
      return undefined;
    }
  }

  async #lookForView(signal: AbortSignal): Promise<void> {
    const task = this.#task;
    try {
      await task?.load(signal);
    } catch (error) {
      const isAnswer = error instanceof Failure && !error.lost && ![401, 429].includes(error.status);
      if (!isAnswer || signal.aborted) throw error;
      task?.fail(error);
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
