import type { Routes } from '../http/api.ts';
import { callerOf, requireSuper } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import { NodeList, RunningRoomList } from '../schemas/cluster.ts';

const tag = 'Cluster';
const errors = ['forbidden'] as const;

/** The processes of the cluster, for the super service, and what runs on them. */
export const clusterRoutes: Routes = async (api, { parts }) => {
  const nodes = operation({ tag, summary: 'Lists the processes of the cluster.', ok: NodeList, errors });
  api.get('/cluster/nodes', { schema: nodes }, async (request) => {
    requireSuper(request);
    return parts.cluster.nodes();
  });

  const rooms = operation({
    tag,
    summary:
      'Lists the rooms that run, as far as their agents answer; the super service sees those of others, too.',
    ok: RunningRoomList,
  });
  api.get('/cluster/rooms', { schema: rooms }, async (request) => {
    const { service, isSuper } = callerOf(request);
    const running = await parts.cluster.rooms();
    if (isSuper) return running;
    const stored = await Promise.all(running.map(({ room }) => parts.store.rooms.get(room)));
    return running.filter((_, index) => stored[index]?.service === service.id);
  });
};
