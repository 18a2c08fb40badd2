import type { Membership } from '../../common/cluster/membership.ts';
import type { Config } from '../../common/config/schema.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { ClusterView } from '../live/cluster-view.ts';
import type { LiveRooms } from '../live/live-rooms.ts';
import type { Pushes } from '../live/pushes.ts';
import type { ServiceDirectory } from '../services/directory.ts';
import type { RoomAccess } from '../services/room-access.ts';
import type { Store } from '../store/store.ts';

/** What the routes work with. */
export interface ApiParts {
  readonly config: Config;
  readonly log: Logger;
  readonly store: Store;
  readonly membership: Membership;
  readonly directory: ServiceDirectory;
  readonly rooms: RoomAccess;
  readonly live: LiveRooms;
  readonly cluster: ClusterView;
  readonly pushes: Pushes;
  /** Something waits for a webhook: the deliverer looks at once. */
  readonly wakeWebhooks: () => void;
  readonly version: string;
}
