import type { MemberId } from '../common/contract/ids.ts';

/** Changes within this time are usually told together, ms. */
const usualTogetherMs = 50;

export interface MemoryOptions<R> {
  /** How things are now, in the words that members remember. */
  look: () => Omit<R, 'revision'>;
  /** Revisions begin here: beyond those of the owners before. */
  epoch: number;
  /** Changes within this time are told together, ms; 0: each at once. */
  togetherMs?: number;
  /** Tells the members, or one that is new. */
  remember: (records: R, member?: MemberId) => void;
}

/** Something of a room that is told to all members after each change, so that it survives this process. */
export class Memory<R extends { revision: number }> {
  readonly #options: MemoryOptions<R>;
  #revision: number;
  #told: R | undefined;
  /** The same without its number, to tell whether anything has changed. */
  #text: string | undefined;
  /** The newest that members remember from an owner before this one. */
  #found: R | undefined;
  #used = -1;
  #timer: NodeJS.Timeout | undefined;
  #dirty = false;
  #begun = false;
  #stopped = false;

  constructor(options: MemoryOptions<R>) {
    this.#options = options;
    this.#revision = options.epoch;
  }

  /** What a member remembers. */
  offer(records: R | undefined): void {
    if (records !== undefined && records.revision > (this.#found?.revision ?? -1)) this.#found = records;
  }

  /** The newest that was offered. */
  get found(): R | undefined {
    return this.#found;
  }

  /** The newest that was offered, unless it has been taken before. */
  take(): R | undefined {
    if (this.#found === undefined || this.#found.revision <= this.#used) return undefined;
    this.#used = this.#found.revision;
    return this.#found;
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
    const { togetherMs = usualTogetherMs } = this.#options;
    if (togetherMs === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#dirty) this.changed();
    }, togetherMs);
  }

  /** Tells what is not told yet. */
  flush(): void {
    if (!this.#dirty || !this.#begun || this.#stopped) return;
    this.#dirty = false;
    const now = this.#options.look();
    const text = JSON.stringify(now);
    if (text === this.#text) return;
    this.#text = text;
    this.#revision += 1;
    this.#told = { ...now, revision: this.#revision } as R;
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
