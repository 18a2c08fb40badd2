import type { Bus, Service } from '../../common/bus/bus.ts';
import { serveContract } from '../../common/bus/contract.ts';
import { Owners } from '../../common/cluster/owners.ts';
import { memberContract, type Inventory } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { memberAddress, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import { managementContract, type ManagementContract } from '../../common/contract/management.ts';
import type { Output } from '../../common/contract/rpc.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Store } from '../store/store.ts';
import type { EventIntake } from '../webhooks/intake.ts';
import type { ServiceLookup } from './service-lookup.ts';

export interface ManagementServiceParts {
  bus: Pick<Bus, 'serve'>;
  /** This member. */
  self: MemberId;
  store: Pick<Store, 'rooms' | 'revocations'>;
  services: ServiceLookup;
  intake: EventIntake;
  log: Logger;
}

/** What the other members of the cluster ask the management API. */
export class ManagementService {
  readonly #parts: ManagementServiceParts;
  readonly #owners = new Owners();
  #service: Service | undefined;

  /** Serves the address of this process. */
  static async create(parts: ManagementServiceParts): Promise<ManagementService> {
    const management = new ManagementService(parts);
    const handler = serveContract(
      { ...memberContract, ...managementContract },
      {
        'room.inventory': ({ room }) => management.#inventory(room),
        'room.owner': ({ room, owner }) => {
          management.#owners.accept(room, owner);
          return {};
        },
        'room.remember': ({ room, owner }) => {
          management.#owners.accept(room, owner);
          return {};
        },
        'room.lookup': ({ room }) => management.#store('room.lookup', () => management.#lookup(room)),
        'service.key': ({ id }) =>
          management.#store('service.key', async () => ({
            key: (await parts.services.find(id))?.key ?? null,
          })),
        'events.report': (report) =>
          management.#store('events.report', async () => {
            await parts.intake.take(report);
            return {};
          }),
        'recording.ready': (news) =>
          management.#store('recording.ready', async () => {
            await parts.intake.ready(news);
            return {};
          }),
      },
    );
    management.#service = await parts.bus.serve(memberAddress(parts.self), handler);
    return management;
  }

  private constructor(parts: ManagementServiceParts) {
    this.#parts = parts;
  }

  async close(): Promise<void> {
    await this.#service?.close();
  }

  /** It holds nothing of rooms but who owns them. */
  #inventory(room: RoomId): Inventory {
    const nothing = { participants: [], seats: [], publications: [], subscriptions: [], usedTokens: [] };
    return { member: this.#parts.self, role: 'api', ...nothing, ...this.#owners.memory(room) };
  }

  async #lookup(room: RoomId): Promise<Output<ManagementContract, 'room.lookup'>> {
    const { store } = this.#parts;
    const [row, revocations] = await Promise.all([
      store.rooms.get(room),
      store.revocations.of(room, Date.now()),
    ]);
    if (row === undefined) return { stored: null, revocations };
    const { settings, version, service } = row;
    return { stored: { settings, version, service }, revocations };
  }

  /** A store that fails may work again a moment later, or at another member: callers must not take that for an answer. */
  async #store<T>(method: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PorticoError && error.code !== 'internal') throw error;
      this.#parts.log.error({ err: error, rpc: method }, 'the store failed');
      throw new PorticoError(
        'unavailable',
        'the store of the management API does not answer',
        {},
        { cause: error },
      );
    }
  }
}
