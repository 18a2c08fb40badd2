import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { MemberId, RoomId } from '../../../../../common/contract/ids.ts';
import type { NumberedEvent, RoomEvent } from '../../../../../common/contract/management.ts';
import { RoomSettings } from '../../../../../common/contract/room-settings.ts';
import { silentLogger } from '../../../../../common/observe/log.ts';
import { openStore } from '../../../../../management-api/store/open.ts';
import type { Store, Webhook } from '../../../../../management-api/store/store.ts';
import { Deliverer, type DeliverySettings } from '../../../../../management-api/webhooks/deliverer.ts';
import { EventIntake, type EventReport } from '../../../../../management-api/webhooks/intake.ts';
import { WebhookMetrics } from '../../../../../management-api/webhooks/metrics.ts';
import { sharedPostgres } from '../../../../support/postgres.ts';
import { participant } from '../../../../unit/webhooks/fixtures.ts';

export const key = 'a-secret-of-at-least-thirty-two-characters';
export const shop = { id: 'shop', name: 'Shop', key };
export const boss = { id: 'boss', name: 'Boss', key: `${key}-of-the-boss` };

/** Services that are found in tests. */
export const services = {
  find: async (id: string) => [shop, boss].find((service) => service.id === id),
};

export const settings: DeliverySettings = { timeoutMs: 1_000, attempts: 5, backoffMs: 20, backoffMaxMs: 200 };

export const storeSecret = 'the secret of a store, 32 characters long';

let webhooks = 0;

/** A real store, and what works on it in one process. */
export class Desk {
  readonly registry = new Registry();
  /** Of the store. */
  readonly url: string;
  readonly store: Store;
  readonly intake: EventIntake;
  readonly #folder: string;
  readonly #deliverers: Deliverer[] = [];
  readonly #seqs = new Map<string, number>();

  static async open(engine: 'sqlite' | 'postgres' = 'sqlite'): Promise<Desk> {
    const folder = await mkdtemp(join(tmpdir(), 'portico-webhooks-'));
    const url =
      engine === 'sqlite' ? join(folder, 'store.db') : await (await sharedPostgres()).createDatabase();
    const store = await openStore({ url, secret: storeSecret, pool: 2 });
    return new Desk(folder, url, store);
  }

  private constructor(folder: string, url: string, store: Store) {
    this.#folder = folder;
    this.url = url;
    this.store = store;
    this.intake = new EventIntake({
      store,
      superService: boss.id,
      onNews: () => {
        for (const deliverer of this.#deliverers) deliverer.wake();
      },
    });
  }

  /** Begins to deliver; each one has what a process has. */
  deliver(change: Partial<DeliverySettings> = {}): Deliverer {
    const registry = this.#deliverers.length === 0 ? this.registry : new Registry();
    const deliverer = new Deliverer({
      store: this.store,
      services,
      settings: { ...settings, ...change },
      metrics: new WebhookMetrics(registry, () => this.store.deliveries.waiting()),
      log: silentLogger,
    });
    this.#deliverers.push(deliverer);
    return deliverer;
  }

  /** A room of the store. */
  async room(name: string, service = shop.id): Promise<RoomId> {
    const id = RoomId.parse(name);
    await this.store.rooms.create({ id, service, settings: RoomSettings.parse({ name }) });
    return id;
  }

  async webhook(url: string, change: Partial<Webhook> = {}): Promise<Webhook> {
    webhooks += 1;
    return await this.store.webhooks.create({
      id: `hook-${webhooks}`,
      service: shop.id,
      url,
      events: [],
      enabled: true,
      ...change,
    });
  }

  /** The next events of a room, as its owner reports them. */
  async happen(room: string, ...events: RoomEvent[]): Promise<EventReport> {
    const first = (this.#seqs.get(room) ?? 0) + 1;
    this.#seqs.set(room, first + events.length - 1);
    const report: EventReport = {
      room: RoomId.parse(room),
      owner: { epoch: 1, id: MemberId.parse('conference-1') },
      events: events.map((event, index): NumberedEvent => ({ seq: first + index, at: Date.now(), event })),
    };
    await this.intake.take(report);
    return report;
  }

  /** Stops delivering, as a process that ends. */
  async stop(): Promise<void> {
    await Promise.all(this.#deliverers.splice(0).map((deliverer) => deliverer.close()));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.store.close();
    await rm(this.#folder, { recursive: true });
  }
}

export const started: RoomEvent = { type: 'room_started' };
export const ended: RoomEvent = { type: 'room_ended' };
export const joined = (id: string) =>
  ({ type: 'participant_joined', participant: participant(id) }) satisfies RoomEvent;
export const left = (id: string) =>
  ({ type: 'participant_left', participant: participant(id), reason: 'left' }) satisfies RoomEvent;
