import type { ServiceContext } from '../common/service.ts';
import { ManagementService } from './bus/management-service.ts';
import type { ApiParts } from './http/parts.ts';
import { ClusterView } from './live/cluster-view.ts';
import { LiveRooms } from './live/live-rooms.ts';
import { Pushes } from './live/pushes.ts';
import type { ManagementOptions } from './management-api.ts';
import { ServiceDirectory } from './services/directory.ts';
import { RoomAccess } from './services/room-access.ts';
import { openStore } from './store/open.ts';
import { storeOptions } from './store/options.ts';
import type { Store } from './store/store.ts';
import { Deliverer } from './webhooks/deliverer.ts';
import { EventIntake } from './webhooks/intake.ts';
import { WebhookMetrics } from './webhooks/metrics.ts';

/** The parts of the management API. */
export interface Parts {
  /** What routes work with. */
  api: ApiParts;
  deliverer: Deliverer;
  /** What others ask it over the bus. */
  service: ManagementService;
}

type Options = Pick<ManagementOptions, 'keys' | 'dataDir' | 'version'>;

/** Opens the store and puts the parts together. */
export async function assemble(context: ServiceContext, options: Options): Promise<Parts> {
  const store = await openStore(await storeOptions(context.config.database, options.dataDir));
  try {
    return await withStore(context, store, options);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function withStore(context: ServiceContext, store: Store, { keys, version }: Options): Promise<Parts> {
  const { bus, membership, config, log } = context;
  const { management } = config;
  const directory = await ServiceDirectory.create({
    statics: keys.list(),
    superService: management.super_service,
    services: store.services,
    bus,
    log,
  });
  const deliverer = new Deliverer({
    store,
    services: directory,
    settings: {
      timeoutMs: management.webhook_timeout_ms,
      attempts: management.webhook_attempts,
      backoffMs: management.webhook_backoff_ms,
      backoffMaxMs: management.webhook_backoff_max_ms,
    },
    metrics: new WebhookMetrics(context.metrics, () => store.deliveries.waiting()),
    log,
  });
  const wakeWebhooks = () => {
    deliverer.wake();
  };
  const superService = directory.superId === '' ? undefined : directory.superId;
  const intake = new EventIntake({ store, superService, onNews: wakeWebhooks });
  const service = await ManagementService.create({
    bus,
    self: membership.id,
    store,
    services: directory,
    intake,
    log,
  });
  const api: ApiParts = {
    config,
    log,
    store,
    membership,
    directory,
    rooms: new RoomAccess(store.rooms),
    live: new LiveRooms({ bus, membership }),
    cluster: new ClusterView({ bus, membership, log }),
    pushes: new Pushes({ bus, membership, log }),
    wakeWebhooks,
    version,
  };
  return { api, deliverer, service };
}

/** Nothing new is taken, then what runs ends, then the store is closed. */
export async function closeParts({ api, deliverer, service }: Parts): Promise<void> {
  await service.close();
  api.pushes.close();
  await deliverer.close();
  await api.directory.close();
  await api.store.close();
}
