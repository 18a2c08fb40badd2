import { randomBytes } from 'node:crypto';
import { signingKey, type SigningKey } from '../../common/auth/keys.ts';
import type { Bus, Service as Running } from '../../common/bus/bus.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId } from '../../common/contract/ids.ts';
import { ServiceChanged, serviceChangedTopic } from '../../common/contract/management.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Services } from '../store/store.ts';
import { TimedCache } from './timed-cache.ts';

/** A service and what its tokens are signed with. */
export interface KnownService {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly signing: SigningKey;
  /** It stands in the configuration and cannot be changed. */
  readonly isStatic: boolean;
  /** ms since 1970; unknown of static ones. */
  readonly createdAt?: number;
}

export interface DirectoryOptions {
  /** Services of the configuration, or the one made in the data folder. */
  statics: readonly { id: string; key: string }[];
  /** [management] super_service; empty: the first of `statics`. */
  superService: string;
  services: Services;
  bus: Bus;
  log: Logger;
}

/** How long an entry of the store is believed: another process may change it, and says so on the bus. */
const cacheMs = 2_000;
const cacheSize = 5_000;

const madeUpKey = (): string => randomBytes(32).toString('hex');

const noService = (id: string) => new PorticoError('service_not_found', `service '${id}' not found`);

/** Visible ASCII; those of the configuration may be anything of that. */
const possibleId = /^[\x20-\x7e]{1,256}$/;

const known = (
  service: { id: string; name: string; key: string; createdAt?: number },
  isStatic: boolean,
): KnownService => ({ ...service, signing: signingKey(service.id, service.key), isStatic });

/** All services: those of the configuration and those of the store. */
export class ServiceDirectory {
  readonly superId: string;
  readonly #statics: ReadonlyMap<string, KnownService>;
  readonly #options: DirectoryOptions;
  readonly #cache: TimedCache<string, KnownService | undefined>;
  #subscription: Running | undefined;

  private constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#statics = new Map(options.statics.map(({ id, key }) => [id, known({ id, name: id, key }, true)]));
    this.superId = options.superService === '' ? (options.statics[0]?.id ?? '') : options.superService;
    this.#cache = new TimedCache(cacheMs, cacheSize, (id) => this.#load(id));
  }

  /** Also listens to what other processes change. */
  static async create(options: DirectoryOptions): Promise<ServiceDirectory> {
    const directory = new ServiceDirectory(options);
    directory.#subscription = await options.bus.subscribe(serviceChangedTopic, (event) => {
      const changed = ServiceChanged.safeParse(event);
      if (changed.success) directory.#cache.forget(changed.data.id);
    });
    return directory;
  }

  async find(id: string): Promise<KnownService | undefined> {
    // Ids come from whoever calls: what cannot be one is looked for nowhere.
    if (!possibleId.test(id)) return undefined;
    return this.#statics.get(id) ?? (await this.#cache.get(id));
  }

  /** Static ones first. */
  async list(): Promise<KnownService[]> {
    const stored = await this.#options.services.list();
    const others = stored.filter(({ id }) => !this.#statics.has(id));
    return [...this.#statics.values(), ...others.map((service) => known(service, false))];
  }

  /**
   * @param service without `id` or `key`: they are made up
   * @throws PorticoError `service_exists`
   */
  async create({ name, id, key }: { name: string; id?: string; key?: string }): Promise<KnownService> {
    const wanted = id ?? randomBytes(12).toString('hex');
    if (this.#statics.has(wanted)) {
      throw new PorticoError('service_exists', `service '${wanted}' stands in the configuration`, {
        field: 'id',
      });
    }
    const made = await this.#options.services.create({ id: wanted, name, key: key ?? madeUpKey() });
    await this.#changed(made.id);
    return known(made, false);
  }

  /**
   * Another key: signatures and tokens made with the old one are no good any more.
   * @throws PorticoError `service_not_found`, `forbidden` for one of the configuration
   */
  async rotate(id: string, key = madeUpKey()): Promise<KnownService> {
    this.#requireStored(id);
    const changed = await this.#options.services.setKey(id, key);
    if (changed === undefined) throw noService(id);
    await this.#changed(id);
    return known(changed, false);
  }

  /**
   * @returns the rooms that went with it
   * @throws PorticoError `service_not_found`, `forbidden` for one of the configuration
   */
  async delete(id: string): Promise<RoomId[]> {
    this.#requireStored(id);
    const rooms = await this.#options.services.delete(id);
    if (rooms === undefined) throw noService(id);
    await this.#changed(id);
    return rooms;
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  #requireStored(id: string): void {
    if (!this.#statics.has(id)) return;
    throw new PorticoError('forbidden', `service '${id}' stands in the configuration: change it there`);
  }

  async #load(id: string): Promise<KnownService | undefined> {
    const stored = await this.#options.services.get(id);
    return stored === undefined ? undefined : known(stored, false);
  }

  /** Others believe what they have for a while; whoever does not hear this notices then. */
  async #changed(id: string): Promise<void> {
    this.#cache.forget(id);
    const { bus, log } = this.#options;
    try {
      await bus.publish(serviceChangedTopic, { id });
    } catch (error) {
      log.warn({ err: error, target: id }, 'change of a service not announced');
    }
  }
}
