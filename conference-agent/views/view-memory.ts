import type { ViewRecord, ViewRecords } from '../../common/contract/cluster.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { Views } from './views.ts';

/** Changes within this time are told together, ms. */
const togetherMs = 50;

export interface ViewMemoryOptions {
  views: Views;
  /** Revisions begin here: beyond those of the owners before. */
  epoch: number;
  /** Tells the members, or one that is new. */
  remember: (records: ViewRecords, member?: MemberId) => void;
}

/** What the views show is told to all members after each change, so that it survives this process. */
export class ViewMemory {
  readonly #options: ViewMemoryOptions;
  #revision: number;
  #told: ViewRecords | undefined;
  /** The newest that members remember from an owner before this one. */
  #found: ViewRecords | undefined;
  #used = -1;
  #timer: NodeJS.Timeout | undefined;
  #dirty = false;
  #begun = false;
  #stopped = false;

  constructor(options: ViewMemoryOptions) {
    this.#options = options;
    this.#revision = options.epoch;
  }

  /** What a member remembers. */
  offer(records: ViewRecords | undefined): void {
    if (records !== undefined && records.revision > (this.#found?.revision ?? -1)) this.#found = records;
  }

  /** The newest that was offered, unless it has been taken before. */
  take(): readonly ViewRecord[] {
    if (this.#found === undefined || this.#found.revision <= this.#used) return [];
    this.#used = this.#found.revision;
    return this.#found.views;
  }

  /** The room is about to make itself known. */
  begin(): void {
    this.#begun = true;
    this.#revision = Math.max(this.#revision, this.#used);
    if (this.#dirty) this.changed();
  }

  changed(): void {
    this.#dirty = true;
    if (!this.#begun || this.#timer !== undefined || this.#stopped) return;
    // What the same turn of the event loop changes is told together, too.
    queueMicrotask(() => {
      this.flush();
    });
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#dirty) this.changed();
    }, togetherMs);
  }

  /** Tells what is not told yet. */
  flush(): void {
    if (!this.#dirty || !this.#begun || this.#stopped) return;
    this.#dirty = false;
    this.#revision += 1;
    this.#told = {
      revision: this.#revision,
      views: [...this.#options.views].map(({ view }) => view.record()),
    };
    this.#options.remember(this.#told);
  }

  /** A member is new. */
  joined(member: MemberId): void {
    if (this.#told !== undefined && !this.#stopped) this.#options.remember(this.#told, member);
  }

  stop(): void {
    this.flush();
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
