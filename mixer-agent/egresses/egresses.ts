import type { Inventory, Owner } from '../../common/contract/cluster.ts';
import type { EgressSpec, EgressState } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressId, RoomId } from '../../common/contract/ids.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import { pause } from '../../common/lifecycle/wait.ts';
import type { Placed } from '../placement.ts';
import type { RoomTie } from '../room-ties.ts';
import { EgressHost } from './egress-host.ts';
import type { EgressParts } from './parts.ts';

/** When one that was refused may be asked again, ms. */
const retryAfterMs = 5_000;
/** How long files are finished when the agent stops, ms; what is not ready then the next start finishes. */
const farewellMs = 8_000;
/** How long the owners of rooms are waited for after that, ms. */
const reportMs = 1_000;

interface Running {
  readonly host: EgressHost;
  readonly tie: RoomTie;
  readonly place: Placed;
}

/** The recordings and live streams out that run on this agent. */
export class Egresses {
  readonly #parts: EgressParts;
  readonly #running = new Map<EgressId, Running>();
  #closing = false;

  constructor(parts: EgressParts) {
    this.#parts = parts;
    parts.recordings.on('full', (room, reason) => {
      for (const { host } of this.#running.values()) {
        if (host.spec.target.type !== 'recording') continue;
        if (room === undefined || host.spec.room === room) void host.close(reason);
      }
    });
  }

  /** @throws PorticoError `stale_owner`, `resource_exhausted`, `bad_request`, `unavailable`, `worker_lost`, `closing` */
  async apply(room: RoomId, owner: Owner, spec: EgressSpec): Promise<EgressState> {
    this.#parts.owners.accept(room, owner);
    if (this.#closing) throw new PorticoError('closing', 'this mixer agent is shutting down');
    const known = this.#running.get(spec.id)?.host;
    if (known !== undefined) return await known.apply(owner, spec);
    this.#admit();
    await this.#parts.placement.ready();
    // Another call may have been faster.
    const host = this.#running.get(spec.id)?.host ?? this.#make(owner, spec);
    return await host.apply(owner, spec);
  }

  /** @throws PorticoError `stale_owner` */
  async close(
    room: RoomId,
    owner: Owner,
    { id, reason }: { id: EgressId; reason: EgressEndReason },
  ): Promise<EgressState | null> {
    this.#parts.owners.accept(room, owner);
    const running = this.#running.get(id);
    return running === undefined ? null : await running.host.close(reason);
  }

  measure(room: RoomId): EgressState[] {
    return this.#of(room).map(({ state }) => state);
  }

  /** One of a room that runs here, or whose files are being finished. */
  find({ room, id }: { room: RoomId; id: EgressId }): Pick<EgressHost, 'spec' | 'state'> | undefined {
    const host = this.#running.get(id)?.host;
    return host?.spec.room === room ? { spec: host.spec, state: host.state } : undefined;
  }

  /** Those that are over are no part of it. */
  inventory(room: RoomId): NonNullable<Inventory['egresses']> {
    return this.#of(room)
      .filter((host) => !isOver(host))
      .map(({ spec, state }) => ({ spec, state }));
  }

  /** Their processes. */
  get pids(): number[] {
    return [...this.#running.values()].map(({ host }) => host.pid).filter((pid) => pid !== undefined);
  }

  /** Ends all in good order, and tells their owners. */
  async shutDown(): Promise<void> {
    this.#closing = true;
    const running = [...this.#running.values()];
    await Promise.all(running.map(({ host }) => host.close('shutdown')));
    await atMost(
      farewellMs,
      running.map(({ host }) => host.finished()),
    );
    await atMost(
      reportMs,
      running.map(({ tie }) => tie.reported()),
    );
  }

  /** @throws PorticoError `resource_exhausted` */
  #admit(): void {
    const limit = this.#parts.recording.per_agent;
    // Files of those that are over are finished one after the other: they must not be in the way of new ones.
    const active = [...this.#running.values()].filter(({ host }) => !isOver(host)).length;
    if (active < limit) return;
    this.#parts.metrics.refused.inc();
    throw new PorticoError(
      'resource_exhausted',
      `this mixer agent has ${limit} recordings and live streams already`,
      { retryAfterMs },
    );
  }

  #make(owner: Owner, spec: EgressSpec): EgressHost {
    const { placement, ties, self: agent, metrics } = this.#parts;
    const place = placement.place(spec.room);
    const host = new EgressHost({ parts: this.#parts, worker: place.worker, owner, spec });
    const tie = ties.tie(spec.room, {
      onOrphaned: () => void host.close('orphaned'),
      goesOn: () => !isOver(host),
    });
    this.#running.set(spec.id, { host, tie, place });
    const { type } = spec.target;
    metrics.running.inc({ type });
    let before = host.state;
    host
      .on('measured', (state) => {
        metrics.measured(type, state, before);
        before = state;
      })
      .on('changed', (state, reason) => {
        tie.report('egressChanged', { agent, state, ...(reason === undefined ? {} : { reason }) });
      });
    host.once('gone', () => {
      this.#running.delete(spec.id);
      metrics.running.dec({ type });
      tie.release();
      placement.leave(place);
    });
    return host;
  }

  #of(room: RoomId): EgressHost[] {
    return [...this.#running.values()].map(({ host }) => host).filter(({ spec }) => spec.room === room);
  }
}

const isOver = ({ state }: EgressHost): boolean => ['finalising', 'ended', 'failed'].includes(state.status);

async function atMost(ms: number, all: readonly Promise<void>[]): Promise<void> {
  const patience = new AbortController();
  await Promise.race([Promise.all(all), pause(ms, patience.signal)]);
  patience.abort();
}
