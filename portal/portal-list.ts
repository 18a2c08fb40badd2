import type { Membership } from '../common/cluster/membership.ts';
import type { LogEntry } from '../common/contract/log.ts';

export interface PortalListOptions {
  membership: Pick<Membership, 'members' | 'on' | 'off'>;
  /** URL of this portal. */
  own: string;
  /** Tells all clients of this portal. */
  tell: (event: LogEntry['event']) => void;
}

/** Portals start and end in groups (an upgrade): clients are told once the list has settled, ms. */
const settleMs = 500;

/** The portals of the deployment, as clients are told: those that take new connections. */
export class PortalList {
  readonly #options: PortalListOptions;
  #own: string;
  #told: string;
  #timer: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(options: PortalListOptions) {
    this.#options = options;
    this.#own = options.own;
    this.#told = JSON.stringify(this.others);
    for (const event of ['joined', 'changed', 'left'] as const) options.membership.on(event, this.#changed);
  }

  /** The URL is known for sure only when the portal listens. */
  set own(url: string) {
    this.#own = url;
  }

  /** All portals, this one first. */
  get all(): string[] {
    return this.#draining ? this.others : [...new Set([this.#own, ...this.others])];
  }

  get others(): string[] {
    const open = this.#options.membership.members('portal').filter(({ draining }) => !draining);
    return [...new Set(open.flatMap(({ url }) => url ?? []))].sort();
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** This portal is about to end: clients are told to go to another one. */
  drain(): void {
    this.#draining = true;
    this.close();
    const portals = this.others;
    if (portals.length > 0) this.#options.tell({ name: 'portals', data: { portals, move: true } });
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const event of ['joined', 'changed', 'left'] as const)
      this.#options.membership.off(event, this.#changed);
  }

  readonly #changed = (): void => {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const now = JSON.stringify(this.others);
      if (now === this.#told) return;
      this.#told = now;
      this.#options.tell({ name: 'portals', data: { portals: this.all, move: false } });
    }, settleMs).unref();
  };
}
