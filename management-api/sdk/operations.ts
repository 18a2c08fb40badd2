import type { AuditEntry } from '../schemas/audit.ts';
import type { Node, RunningRoom } from '../schemas/cluster.ts';
import { entries } from './pages.ts';
import type { Transport } from './transport.ts';

/** What was changed through the API. */
export class AdminAudit {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Newest first. `service`: of another service; for the super service. */
  list(filter: { room?: string; service?: string } = {}): AsyncGenerator<AuditEntry, void, undefined> {
    return entries<AuditEntry>(this.#transport, { path: ['v1.1', 'audit'], query: { ...filter } });
  }
}

/** The cluster; for the super service. */
export class AdminCluster {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async nodes(): Promise<Node[]> {
    return (await this.#transport.json<Node[]>({ method: 'GET', path: ['v1.1', 'cluster', 'nodes'] })).data;
  }

  /** Rooms that run. */
  async rooms(): Promise<RunningRoom[]> {
    const path = ['v1.1', 'cluster', 'rooms'];
    return (await this.#transport.json<RunningRoom[]>({ method: 'GET', path })).data;
  }
}
