import { Gauge, type Registry } from 'prom-client';
import type { Bus } from '../bus/bus.ts';
import type { Membership } from '../cluster/membership.ts';
import { Role } from '../contract/cluster.ts';

/** A service of this process, as far as the cluster's numbers go. */
export interface ClusterView {
  readonly role: Role;
  readonly bus: Pick<Bus, 'state'>;
  readonly membership: Pick<Membership, 'members'>;
}

/** Numbers about the bus and the other members, read when they are asked for. */
export function clusterMetrics(registry: Registry, views: () => readonly ClusterView[]): void {
  const registers = [registry];
  new Gauge({
    name: 'portico_bus_up',
    help: 'Whether the service is connected to the bus (1) or not (0).',
    labelNames: ['service'],
    registers,
    collect() {
      for (const { role, bus } of views()) this.set({ service: role }, bus.state === 'up' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'portico_members',
    help: 'Other members of the cluster that the service knows, by their role.',
    labelNames: ['service', 'role'],
    registers,
    collect() {
      for (const { role: service, membership } of views()) {
        for (const role of Role.options) this.set({ service, role }, membership.members(role).length);
      }
    },
  });
}
