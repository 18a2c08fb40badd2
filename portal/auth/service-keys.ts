import type { Bus, Service } from '../../common/bus/bus.ts';
import type { ApiMembers } from '../../common/cluster/api-members.ts';
import { signingKey, type KeyLookup, type SigningKey, type SigningKeys } from '../../common/auth/keys.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { ServiceChanged, serviceChangedTopic } from '../../common/contract/management.ts';
import type { Logger } from '../../common/observe/log.ts';

/** How long a key is taken for true, and that there is none, ms. */
const freshMs = 30_000;
const absentMs = 2_000;
/** Services remembered at most; those asked for longest ago are forgotten first. */
const mostKnown = 1_000;
/** Longer ids are nobody's. */
const longestId = 256;

interface Known {
  key: SigningKey | undefined;
  /** ms, monotonic. */
  until: number;
}

export interface ServiceKeysOptions {
  /** Keys of the configuration: nothing is asked for them. */
  own: SigningKeys;
  api: Pick<ApiMembers, 'ask' | 'present' | 'known'>;
  log: Logger;
  /** Clock, ms, monotonic. */
  now?: () => number;
}

/**
 * Keys that tokens are signed with: those of the configuration, and those of the services that the management API knows.
 * Each is asked for once and kept for a while; the management API tells when one changes.
 */
export class ServiceKeys implements KeyLookup {
  readonly #options: ServiceKeysOptions;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<SigningKey | undefined>>();
  /** Changes that were told. */
  #changes = 0;

  constructor(options: ServiceKeysOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Hears of changes until closed. */
  async listen(bus: Pick<Bus, 'subscribe'>): Promise<Service> {
    return await bus.subscribe(serviceChangedTopic, (event) => {
      const changed = ServiceChanged.safeParse(event);
      if (changed.success) this.drop(changed.data.id);
    });
  }

  /** @throws PorticoError `unavailable` when the management API does not answer and the key was not known before */
  async find(id: string): Promise<SigningKey | undefined> {
    const own = this.#options.own.get(id);
    if (own !== undefined || id.length > longestId) return own;
    const known = this.#known.get(id);
    if (known !== undefined && this.#now() < known.until) return known.key;
    let asking = this.#asking.get(id);
    if (asking === undefined) {
      asking = this.#ask(id).finally(() => {
        if (this.#asking.get(id) === asking) this.#asking.delete(id);
      });
      this.#asking.set(id, asking);
    }
    return await asking;
  }

  /** The service is gone or has another key: what is known of it is void, also an answer that is on its way. */
  drop(id: string): void {
    this.#changes += 1;
    this.#known.delete(id);
    this.#asking.delete(id);
  }

  async #ask(id: string): Promise<SigningKey | undefined> {
    const { api, log } = this.#options;
    // A deployment without one has no other keys than those of its configuration.
    if (!api.known) return undefined;
    const changes = this.#changes;
    try {
      const { key } = await api.ask('service.key', { id });
      const found = key === null ? undefined : signingKey(id, key);
      // It may have been read before the change that was told meanwhile.
      if (this.#changes === changes) this.#remember(id, found);
      return found;
    } catch (error) {
      const known = this.#known.get(id)?.key;
      log.warn(
        { service: id, known: known !== undefined, code: PorticoError.from(error).code },
        'key not read',
      );
      if (known !== undefined) return known;
      throw new PorticoError('unavailable', 'the keys of services cannot be read right now');
    }
  }

  #remember(id: string, key: SigningKey | undefined): void {
    this.#known.delete(id);
    this.#known.set(id, { key, until: this.#now() + (key === undefined ? absentMs : freshMs) });
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostKnown && oldest !== undefined) this.#known.delete(oldest);
  }
}
