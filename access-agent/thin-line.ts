/** Shares of the bitrate of the main layer that a line must carry. */
const share = {
  /** Less at all: hardly a picture comes through. */
  collapsed: 0.45,
  /** Less for a moment: the receiver starves. */
  starving: 0.6,
  /** Less for some time: it does not get better by itself. */
  short: 0.9,
  /** More for some time: the main layer fits again. */
  enough: 1.05,
};

/** How long each must last, ms. */
const lasting = {
  nothing: 800,
  starving: 800,
  short: 5_000,
  enough: 6_000,
  /** After the main layer was tried again, until nothing smaller is needed any more. */
  trial: 5_000,
};

/** A line that gets thin again within this after a trial was not good enough, ms. */
const relapseMs = 30_000;
/** Then it must be good for twice as long as before, at most so long, ms. */
const longestMs = 60_000;

/** What is known of a receiver and its line. */
export interface LineLook {
  /** ms, monotonic. */
  readonly now: number;
  /** What the line carries, bit/s. */
  readonly estimate: number;
  /** What the main layer takes, bit/s. */
  readonly main: number;
  /** The layer that flows; undefined: none, though one should. */
  readonly shows: 'low' | 'main' | undefined;
}

/** `wide`: the main layer. `thin`: the low one. `trying`: the main one, while the low one is kept at hand. */
type State = 'wide' | 'thin' | 'trying';

/**
 * Whether a line is too thin for the main layer of a stream. Slow to change its mind, and slower each time that it was
 * wrong: an estimate falls within a second and takes many to rise, and each change is a key frame.
 */
export class ThinLine {
  #state: State;
  /** Since when the looks say so. */
  readonly #since = new Map<keyof typeof lasting, number>();
  #patience = lasting.enough;
  /** When the main layer was tried last. */
  #triedAt = -Infinity;
  #shows: LineLook['shows'];

  /** @param thin known to be so from the beginning */
  constructor(thin = false) {
    this.#state = thin ? 'thin' : 'wide';
  }

  /** The low layer is wanted: it has to be made. */
  get wantsLow(): boolean {
    // The router may have chosen it by itself while it was made for somebody else.
    return this.#state !== 'wide' || this.#shows === 'low';
  }

  /** Nothing speaks against the main layer. */
  get isWide(): boolean {
    return this.#state === 'wide' && this.#since.size === 0;
  }

  /** The layer to receive, as far as the line allows. */
  get prefers(): 'low' | 'main' {
    return this.#state === 'thin' ? 'low' : 'main';
  }

  /** Another layer flows, or none. */
  set shows(shows: LineLook['shows']) {
    this.#shows = shows;
  }

  look({ now, estimate, main, shows }: LineLook): void {
    this.#shows = shows;
    const starves =
      estimate < main * share.collapsed ||
      this.#lasts('nothing', now, shows === undefined) ||
      this.#lasts('starving', now, estimate < main * share.starving) ||
      this.#lasts('short', now, estimate < main * share.short);
    const enough = this.#lasts('enough', now, estimate > main * share.enough, this.#patience);
    const trial = this.#lasts('trial', now, this.#state === 'trying' && shows === 'main');
    if (this.#state !== 'thin') {
      if (starves) this.#narrow(now);
      else if (trial) this.#enter('wide');
    } else if (enough) {
      this.#triedAt = now;
      this.#enter('trying');
    }
  }

  /** Nothing flows any more; what is known of the line stays. */
  pause(): void {
    this.#since.clear();
    this.#shows = undefined;
  }

  #narrow(now: number): void {
    const relapsed = now - this.#triedAt < relapseMs;
    this.#patience = relapsed ? Math.min(longestMs, this.#patience * 2) : lasting.enough;
    this.#enter('thin');
  }

  #enter(state: State): void {
    this.#state = state;
    this.#since.clear();
  }

  #lasts(what: keyof typeof lasting, now: number, is: boolean, ms = lasting[what]): boolean {
    if (!is) {
      this.#since.delete(what);
      return false;
    }
    const since = this.#since.get(what) ?? now;
    this.#since.set(what, since);
    return now - since >= ms;
  }
}
