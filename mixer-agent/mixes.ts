import { Caller } from '../common/bus/contract.ts';
import { Owners } from '../common/cluster/owners.ts';
import { OwnerReports } from '../common/cluster/owner-reports.ts';
import type { Inventory, Owner } from '../common/contract/cluster.ts';
import { roomContract } from '../common/contract/conference.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { roomAddress, type RoomId } from '../common/contract/ids.ts';
import type { MixSpec, MixState } from '../common/contract/mix.ts';
import type { MixMeasure } from '../common/contract/mixing.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import { pause } from '../common/lifecycle/wait.ts';
import { formatNames, isListed, routerFormats } from '../common/media/formats.ts';
import type { MediaWorker } from '../common/media/media-worker.ts';
import type { WorkerPool } from '../common/media/worker-pool.ts';
import { Load } from './load.ts';
import { MixHost } from './mix-host.ts';
import type { MixParts } from './parts.ts';

/** How long a mix waits for a worker that is being replaced, ms. */
const workerWaitMs = 3_000;
/** How long the owners of rooms are waited for when the agent stops, ms. */
const farewellMs = 1_000;
/** A room that nobody has owned for so long will not come back, ms. */
const orphanMs = 30_000;
/** When one that was refused may be asked again, ms. */
const retryAfterMs = 5_000;

/** What mixes can be sent in. */
const mixFormats = routerFormats.video.filter(({ codec }) => codec === 'vp8' || codec === 'h264');

interface Room {
  readonly hosts: Map<string, MixHost>;
  readonly reports: OwnerReports;
  readonly unwatch: () => void;
}

/** The mixes that run on this agent. */
export class Mixes {
  readonly owners = new Owners();
  readonly load: Load;
  readonly #parts: MixParts;
  readonly #workers: WorkerPool;
  readonly #rooms = new Map<RoomId, Room>();
  #closing = false;

  constructor(parts: MixParts, workers: WorkerPool) {
    this.#parts = parts;
    this.#workers = workers;
    this.load = new Load(() => this.#hosts());
  }

  /**
   * @throws PorticoError `stale_owner`, `resource_exhausted`, `codec_unsupported`, `unavailable`, `worker_lost`, `closing`
   */
  async apply(room: RoomId, owner: Owner, spec: MixSpec): Promise<MixState> {
    this.owners.accept(room, owner);
    requireCodec(spec);
    if (this.#closing) throw new PorticoError('closing', 'this mixer agent is shutting down');
    const known = this.#rooms.get(room)?.hosts.get(spec.view);
    if (known !== undefined) return await known.apply(owner, spec);
    this.#admit();
    await this.#workers.available(workerWaitMs);
    // Another call may have been faster.
    const host = this.#rooms.get(room)?.hosts.get(spec.view) ?? this.#make(room, owner, spec);
    return await host.apply(owner, spec);
  }

  /** @throws PorticoError `stale_owner` */
  async close(room: RoomId, owner: Owner, view: string): Promise<void> {
    this.owners.accept(room, owner);
    await this.#rooms.get(room)?.hosts.get(view)?.close('closed');
  }

  measure(room: RoomId): MixMeasure[] {
    const hosts = [...(this.#rooms.get(room)?.hosts.values() ?? [])];
    return hosts.map((host) => host.measure()).filter((measure) => measure !== undefined);
  }

  inventory(room: RoomId): NonNullable<Inventory['mixes']> {
    const hosts = [...(this.#rooms.get(room)?.hosts.values() ?? [])];
    return hosts.map((host) => host.inventory()).filter((mix) => mix !== undefined);
  }

  /** Processes of the mixes. */
  get pids(): number[] {
    return [...this.#hosts()].map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** Tells the owners that everything ends here, gives them a moment to go elsewhere, and ends it. */
  async shutDown(): Promise<void> {
    this.#closing = true;
    this.load.stop();
    const rooms = [...this.#rooms];
    for (const [id, { hosts }] of rooms)
      for (const host of hosts.values()) this.#report(id, host, 'shutdown');
    const heard = Promise.all(rooms.map(([, { reports }]) => reports.idle()));
    const patience = new AbortController();
    await Promise.race([heard, pause(farewellMs, patience.signal)]);
    patience.abort();
    await Promise.all([...this.#hosts()].map((host) => host.close('shutdown')));
  }

  /**
   * The first mix is always taken: what else is busy on a machine without mixes does not get less by refusing.
   * @throws PorticoError `resource_exhausted`
   */
  #admit(): void {
    const limit = this.#parts.config.max_load;
    const alone = this.#hosts().next().done === true;
    if (alone || this.load.value <= limit) return;
    this.#parts.metrics.refused.inc();
    const percent = Math.round(this.load.value * 100);
    throw new PorticoError(
      'resource_exhausted',
      `this mixer agent is busy: ${percent} % of its CPU are in use`,
      {
        retryAfterMs,
      },
    );
  }

  #make(id: RoomId, owner: Owner, spec: MixSpec): MixHost {
    const host = new MixHost({ parts: this.#parts, room: id, worker: this.#place(id), owner, spec });
    const room = this.#rooms.get(id) ?? this.#openRoom(id);
    room.hosts.set(spec.view, host);
    host.once('closed', (reason) => {
      room.hosts.delete(spec.view);
      if (reason === 'worker_died') this.#report(id, host, reason);
      if (room.hosts.size > 0) return;
      room.unwatch();
      this.#rooms.delete(id);
    });
    return host;
  }

  #openRoom(id: RoomId): Room {
    const { prober, log } = this.#parts;
    const hosts = new Map<string, MixHost>();
    const unwatch = prober.watch(
      roomAddress(id),
      () => {
        for (const host of hosts.values()) void host.close('orphaned');
      },
      orphanMs,
    );
    const room = { hosts, reports: new OwnerReports(id, log), unwatch };
    this.#rooms.set(id, room);
    return room;
  }

  /** Where the room is already, because inputs of several views come there once; else where the fewest mixes are. */
  #place(room: RoomId): MediaWorker {
    const count = (worker: MediaWorker) => [...this.#hosts()].filter((host) => host.worker === worker).length;
    const [there] = this.#rooms.get(room)?.hosts.values() ?? [];
    const workers = this.#workers.workers.toSorted((a, b) => count(a) - count(b) || a.index - b.index);
    const worker = workers.find((candidate) => candidate === there?.worker) ?? workers[0];
    if (worker === undefined) throw new PorticoError('resource_exhausted', 'no media worker runs right now');
    return worker;
  }

  #report(id: RoomId, { spec: { view } }: MixHost, reason: SessionEndReason): void {
    const { bus, self, metrics } = this.#parts;
    metrics.ended.inc({ reason });
    const owner = new Caller(bus, roomContract);
    const params = { agent: self, view, reason };
    this.#rooms
      .get(id)
      ?.reports.report('mixEnded', (options) => owner.call(roomAddress(id), 'mixEnded', params, options));
  }

  *#hosts(): Generator<MixHost, undefined> {
    for (const { hosts } of this.#rooms.values()) yield* hosts.values();
    return undefined;
  }
}

/** @throws PorticoError `codec_unsupported` */
function requireCodec({ view, video }: MixSpec): void {
  if (video === undefined || isListed(video.format, mixFormats)) return;
  const { codec, profile } = video.format;
  const asked = formatNames([profile === undefined ? { codec } : { codec, profile }]);
  const sentence = `view '${view}' cannot be sent as ${asked}; mixes are sent as ${formatNames(mixFormats)}`;
  throw new PorticoError('codec_unsupported', sentence, { field: 'spec.video.format' });
}
