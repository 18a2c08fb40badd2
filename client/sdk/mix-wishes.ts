import { toClientError } from './errors.ts';
import { SingleRun } from './single-run.ts';
import type { PorticoClientError } from './errors.ts';

type Operation = 'mix' | 'unmix';

export interface MixWishesOptions {
  request: (operation: Operation, view: string) => Promise<unknown>;
  /** It is in other views than before. */
  onChange: () => void;
  /** Nobody waits for the answer who could be told. */
  onFailure: (view: string, error: PorticoClientError) => void;
}

/**
 * The views in which a publication is to be shown, and those in which the room shows it. The difference is requested, one
 * thing at a time. What others change becomes the wish: a stream that a moderator took out does not come back by itself,
 * but one that the room has forgotten altogether does.
 */
export class MixWishes {
  readonly #options: MixWishesOptions;
  readonly #wanted: Set<string>;
  #told: ReadonlySet<string> = new Set();
  /** Views that it was taken out of since they were last asked for. */
  readonly #left = new Set<string>();
  /** Whether the room has the stream. */
  #open = false;
  readonly #awaited = new Map<string, PorticoClientError | undefined>();
  readonly #telling = new SingleRun(() => this.#next());

  constructor(views: Iterable<string>, options: MixWishesOptions) {
    this.#wanted = new Set(views);
    this.#options = options;
  }

  /** Views that show it, by label. */
  get views(): string[] {
    return [...this.#told];
  }

  /** Resolves when the room has agreed, or at once while it does not have the stream. */
  async want(view: string, shown: boolean): Promise<void> {
    if (shown) this.#wanted.add(view);
    else this.#wanted.delete(view);
    this.#awaited.set(view, undefined);
    await this.#telling.run();
    const error = this.#awaited.get(view);
    this.#awaited.delete(view);
    if (error !== undefined) throw error;
  }

  /** The room has the stream. */
  online(): void {
    this.#open = true;
    void this.#telling.run();
  }

  /** The room shows it in these views. */
  told(views: readonly string[]): void {
    const now = new Set(views);
    for (const view of now) if (!this.#told.has(view)) this.#wanted.add(view);
    for (const view of this.#told) {
      if (now.has(view)) continue;
      this.#wanted.delete(view);
      this.#left.add(view);
    }
    this.#set(now);
    this.online();
  }

  /** The room does not have the stream any more. */
  forgotten(): void {
    this.#open = false;
    this.#set(new Set());
  }

  #next(): Promise<void> | undefined {
    if (!this.#open) return undefined;
    for (const view of this.#wanted) if (!this.#told.has(view)) return this.#tell('mix', view);
    for (const view of this.#told) if (!this.#wanted.has(view)) return this.#tell('unmix', view);
    return undefined;
  }

  async #tell(operation: Operation, view: string): Promise<void> {
    this.#left.delete(view);
    try {
      await this.#options.request(operation, view);
      const now = new Set(this.#told);
      // News may overtake the answer.
      if (operation === 'mix' && !this.#left.has(view)) now.add(view);
      else now.delete(view);
      this.#set(now);
    } catch (thrown) {
      this.#failed(operation, view, toClientError(thrown));
    }
  }

  #failed(operation: Operation, view: string, error: PorticoClientError): void {
    if (error.code === 'stream_not_found') {
      // Not there yet, or gone for a moment: it is asked for again when the room announces the stream.
      this.#open = false;
      return;
    }
    if (operation === 'mix') this.#wanted.delete(view);
    else this.#wanted.add(view);
    if (this.#awaited.has(view)) this.#awaited.set(view, error);
    else this.#options.onFailure(view, error);
  }

  #set(views: ReadonlySet<string>): void {
    const same = views.size === this.#told.size && [...views].every((view) => this.#told.has(view));
    this.#told = views;
    if (!same) this.#options.onChange();
  }
}
