import type { Inventory, Owner } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomId, StreamId } from '../../common/contract/ids.ts';
import type { IngressSpec, IngressState } from '../../common/contract/ingress.ts';
import { pause } from '../../common/lifecycle/wait.ts';
import type { RoomTie } from '../room-ties.ts';
import { IngressHost } from './ingress-host.ts';
import type { IngressParts } from './parts.ts';

/** How long the owners of rooms are waited for when the agent stops, ms. */
const farewellMs = 1_000;

interface Running {
  readonly host: IngressHost;
  readonly tie: RoomTie;
}

/** The streams that this agent fetches into rooms. */
export class Ingresses {
  readonly #parts: IngressParts;
  /** By room and stream. */
  readonly #running = new Map<string, Running>();
  #closing = false;

  constructor(parts: IngressParts) {
    this.#parts = parts;
  }

  /** @throws PorticoError `stale_owner`, `resource_exhausted`, `bad_request`, `unavailable`, `worker_lost`, `closing` */
  async apply(room: RoomId, owner: Owner, spec: IngressSpec): Promise<IngressState> {
    this.#parts.owners.accept(room, owner);
    if (this.#closing) throw new PorticoError('closing', 'this mixer agent is shutting down');
    const key = keyOf(room, spec.stream);
    const known = this.#running.get(key)?.host;
    if (known !== undefined) return await known.apply(owner, spec);
    return await this.#make(room, owner, spec).apply(owner, spec);
  }

  /** @throws PorticoError `stale_owner` */
  async close(room: RoomId, owner: Owner, stream: StreamId): Promise<void> {
    this.#parts.owners.accept(room, owner);
    await this.#running.get(keyOf(room, stream))?.host.close('closed');
  }

  inventory(room: RoomId): NonNullable<Inventory['ingresses']> {
    return this.#hosts.filter((host) => host.room === room).map(({ spec, state }) => ({ spec, state }));
  }

  /** How many are fetched. */
  get count(): number {
    return this.#running.size;
  }

  /** Their processes. */
  get pids(): number[] {
    return this.#hosts.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** Tells the owners that all end here, so that they go on elsewhere, and ends them. */
  async shutDown(): Promise<void> {
    this.#closing = true;
    const running = [...this.#running.values()];
    const gone = Promise.all(running.map(({ host }) => host.close('shutdown')));
    const patience = new AbortController();
    const heard = Promise.all(running.map(({ tie }) => tie.reported()));
    await Promise.race([heard, pause(farewellMs, patience.signal)]);
    patience.abort();
    await gone;
  }

  get #hosts(): IngressHost[] {
    return [...this.#running.values()].map(({ host }) => host);
  }

  #make(room: RoomId, owner: Owner, spec: IngressSpec): IngressHost {
    const { ties, self: agent, metrics } = this.#parts;
    const host = new IngressHost({ parts: this.#parts, room, owner, spec });
    const tie = ties.tie(room, { onOrphaned: () => void host.close('orphaned'), goesOn: () => true });
    this.#running.set(keyOf(room, spec.stream), { host, tie });
    metrics.running.inc();
    host
      .on('changed', (state) => {
        tie.report('ingressChanged', { agent, state });
      })
      .once('closed', () => {
        this.#running.delete(keyOf(room, spec.stream));
        metrics.running.dec();
        tie.release();
      });
    return host;
  }
}

const keyOf = (room: RoomId, stream: StreamId): string => `${room}/${stream}`;
