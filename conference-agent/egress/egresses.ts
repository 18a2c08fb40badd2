import type { EgressRecord, Inventory, OutsideRecords } from '../../common/contract/cluster.ts';
import type { RoomContract } from '../../common/contract/conference.ts';
import type { EgressSpec, EgressTarget } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressId, MemberId, StreamId } from '../../common/contract/ids.ts';
import type { EgressChange, EgressMedia, ManagedEgress } from '../../common/contract/management.ts';
import type { EgressEndReason } from '../../common/contract/mixing.ts';
import type { Input } from '../../common/contract/rpc.ts';
import type { LeftRuns } from '../jobs/left-runs.ts';
import type { RoomCore } from '../room-core.ts';
import type { View } from '../views/view.ts';
import type { Views } from '../views/views.ts';
import { changed } from './egress-changes.ts';
import { findTracks, tracksOf } from './egress-tracks.ts';
import { noEgress, type EgressOrder, type ListedEgress } from './egress-order.ts';
import { Egress } from './egress.ts';

/** Those that are over and may be asked for once more, by a request that is repeated. */
const mostOver = 200;

export interface EgressesParts {
  left: LeftRuns;
  views: () => Views;
  onOver: (egress: Egress) => void;
  /** What members are to remember has changed. */
  onChanged: () => void;
  /** None keeps the room open any more, perhaps. */
  onIdle: () => void;
}

/** What somebody asks for. */
export interface EgressRequest {
  id: EgressId;
  target: EgressTarget;
  media: EgressMedia;
  keyFrameInterval?: number | undefined;
  origin: EgressSpec['origin'];
  /** Path of `media` in the request. */
  field: string;
}

/** The recordings and live streams out of a room. */
export class Egresses {
  readonly #core: RoomCore;
  readonly #parts: EgressesParts;
  /** Over, newest last. */
  readonly #over = new Map<EgressId, Egress>();
  /** Ids of those that were over, newest last, also under the owners before. */
  readonly #ended = new Set<EgressId>();
  #held = true;

  constructor(core: RoomCore, parts: EgressesParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** Those that are not over. */
  get #running() {
    return this.#core.state.egresses;
  }

  /** Whether the room has to stay open for them, though nobody is in it. */
  get keepOpen(): boolean {
    return [...this.#running.values()].some(({ order }) => order.origin.by === 'admin');
  }

  /** @throws PorticoError `egress_not_found` */
  get(id: EgressId): Egress {
    const egress = this.#running.get(id);
    if (egress === undefined) throw noEgress(id);
    return egress;
  }

  has(id: EgressId): boolean {
    return this.#running.has(id) || this.#over.has(id);
  }

  /** All that run, or those of a type. */
  list(type?: EgressTarget['type']): Egress[] {
    return [...this.#running.values()].filter(
      ({ order }) => type === undefined || order.target.type === type,
    );
  }

  /** One that is over, as management sees it; undefined: its files are finished, or nothing is known of it here. */
  unfinished(id: EgressId): ManagedEgress | undefined {
    const managed = this.#over.get(id)?.toManaged();
    if (managed === undefined || managed.state.status === 'ended') return undefined;
    const { state } = managed;
    // Its agent has not answered yet that it has ended it.
    return runs(state.status)
      ? { ...managed, state: { ...state, status: 'finalising', bitrate: 0 } }
      : managed;
  }

  /**
   * Begins a recording or live stream; resolves when an agent has taken it on. The same request again is the same one.
   * @throws PorticoError `stream_not_found`, `track_not_found`, `bad_request`, `resource_exhausted`; of `Mix.receive`
   */
  async start(wanted: EgressRequest): Promise<Egress> {
    const request = JSON.stringify([wanted.target, wanted.media]);
    const known = this.#running.get(wanted.id) ?? this.#over.get(wanted.id);
    if (known !== undefined) return await this.#again(known, request);
    this.#checkRoom();
    const egress = this.#add({
      id: wanted.id,
      target: wanted.target,
      tracks: findTracks(this.#core.state, wanted.media, wanted.field),
      keyFrameInterval: wanted.keyFrameInterval ?? keyFrameIntervalOf(wanted.target),
      origin: wanted.origin,
      startedAt: Date.now(),
      request,
    });
    try {
      await egress.start();
    } catch (error) {
      await egress.end('failed', { closed: true });
      throw error;
    }
    return egress;
  }

  async #again(known: Egress, request: string): Promise<Egress> {
    const { id, order } = known;
    if (order.request !== undefined && order.request !== request) {
      throw new PorticoError('bad_request', `the id '${id}' belongs to another recording or live stream`, {
        field: 'id',
      });
    }
    await known.taken;
    return known;
  }

  /** Begins one that is tried until an agent takes it, however long that takes. */
  insist(order: EgressOrder): Egress {
    const egress = this.#add(order);
    egress.run();
    return egress;
  }

  /**
   * Changes what one receives, all or nothing.
   * @throws PorticoError `egress_not_found`, `bad_request`, `stream_not_found`, `track_not_found`; of `Mix.receive`
   */
  async change(id: EgressId, changes: readonly EgressChange[]): Promise<Egress> {
    const egress = this.get(id);
    await egress.change(() => changed(this.#core.state, egress.current, changes));
    return egress;
  }

  /** Resolves when everything is written. @throws PorticoError `egress_not_found` */
  async finish(id: EgressId): Promise<ManagedEgress> {
    const egress = this.get(id);
    await egress.end('stopped');
    return egress.toManaged();
  }

  #checkRoom(): void {
    const { config, refusal } = this.#core;
    if (refusal !== undefined) throw refusal;
    const most = config.rooms.egresses;
    if (this.#running.size < most) return;
    throw new PorticoError(
      'resource_exhausted',
      `the room has as many recordings and live streams as it may: ${most}`,
    );
  }

  #add(order: EgressOrder): Egress {
    const egress: Egress = new Egress(this.#core, order, {
      left: this.#parts.left,
      views: this.#parts.views,
      onOver: () => {
        this.#isOver(egress);
      },
      onChanged: this.#parts.onChanged,
    });
    this.#running.set(order.id, egress);
    return egress;
  }

  #isOver(egress: Egress): void {
    this.#running.delete(egress.id);
    if (egress.begun) this.#remember(egress);
    this.#parts.onOver(egress);
    this.#parts.onChanged();
    this.#parts.onIdle();
  }

  #remember(egress: Egress): void {
    this.#over.set(egress.id, egress);
    const [oldest] = this.#over.keys();
    if (this.#over.size > mostOver && oldest !== undefined) this.#over.delete(oldest);
    this.#noteEnded(egress.id);
  }

  #noteEnded(id: EgressId): void {
    this.#ended.delete(id);
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (this.#ended.size > mostOver && oldest !== undefined) this.#ended.delete(oldest);
  }

  /** What members are to remember. */
  records(): Pick<OutsideRecords, 'egresses' | 'ended'> {
    return { egresses: this.list().flatMap(({ record }) => record ?? []), ended: [...this.#ended] };
  }

  /** What members remember from an owner before this one. Returns whether something of it was missing here. */
  recall({ egresses, ended }: Pick<OutsideRecords, 'egresses' | 'ended'>): boolean {
    for (const id of ended) {
      this.#noteEnded(id);
      void this.#running.get(id)?.end('stopped');
    }
    const missing = egresses.filter(({ spec }) => !this.#running.has(spec.id) && !this.#ended.has(spec.id));
    for (const record of missing) this.#recall(record);
    return missing.length > 0;
  }

  #recall(record: EgressRecord): void {
    const { spec } = record;
    const egress = this.#add({ ...spec, tracks: tracksOf(spec) });
    egress.recall(record);
    if (!this.#held) egress.run();
  }

  /** Adds what runs on a mixer agent. Returns whether something of this room was there. */
  merge({ member, egresses = [] }: Inventory): boolean {
    return egresses.map((listed) => this.#adopt(member, listed)).includes(true);
  }

  #adopt(agent: MemberId, listed: ListedEgress): boolean {
    const { spec } = listed;
    const known = this.#running.get(spec.id);
    // Its files are being finished there.
    if (!runs(listed.state.status)) return false;
    if (this.#ended.has(spec.id) || (known !== undefined && !isLater(listed, known))) {
      if (known?.isAt(agent) !== true) this.#closeAt(agent, spec.id);
      return false;
    }
    const egress = known ?? this.#add({ ...spec, tracks: tracksOf(spec) });
    egress.adopt(agent, listed);
    if (!this.#held) egress.run();
    return true;
  }

  #closeAt(agent: MemberId, id: EgressId): void {
    const close = () => this.#core.mixers.call(agent, 'egress.close', { id, reason: 'orphaned' });
    this.#parts.left.add({ key: `egress ${id}`, agent, close });
  }

  /** What members know has been taken in: from now on it is acted upon. */
  begin(): void {
    this.#held = false;
    for (const egress of this.list()) egress.run();
  }

  /** Report of a mixer agent. */
  report({ agent, state, reason }: Input<RoomContract, 'egressChanged'>): void {
    const egress = this.#running.get(state.id) ?? this.#over.get(state.id);
    if (egress !== undefined) egress.report(agent, state, reason);
    else if (reason === undefined && runs(state.status)) this.#closeAt(agent, state.id);
  }

  /** Something of a stream has changed. */
  streamChanged(stream: StreamId): void {
    for (const egress of this.#running.values()) if (egress.receives(stream)) egress.update();
  }

  /** The outputs of a view are received elsewhere now, or nowhere. */
  viewChanged({ stream }: View): void {
    this.streamChanged(stream);
  }

  /** Views or people have come or gone. */
  update(): void {
    for (const egress of this.list()) egress.update();
  }

  joined(): void {
    for (const egress of this.list()) egress.joined();
  }

  agentLost(agent: MemberId): void {
    for (const egress of [...this.list(), ...this.#over.values()]) egress.agentLost(agent);
  }

  /** Those that are not for an empty room end, or all; resolves when everything is written. */
  async end(reason: EgressEndReason, { all }: { all: boolean }): Promise<void> {
    const those = this.list().filter(({ order }) => all || order.origin.by !== 'admin');
    const ending = those.map((egress) => egress.end(reason));
    // Of a room that is over nothing can be told later.
    if (all) for (const egress of this.#over.values()) egress.progress.noteEnded();
    await Promise.all(ending);
  }

  /** Lets go; they run on. */
  stop(): void {
    for (const egress of this.list()) egress.stop();
  }
}

const runs = (status: ListedEgress['state']['status']): boolean =>
  status === 'connecting' || status === 'live' || status === 'retrying';

const isLater = ({ spec }: ListedEgress, known: Egress): boolean => spec.part > known.part;

/** Seconds between key frames that a target needs at least. */
function keyFrameIntervalOf(target: EgressTarget): number {
  if (target.type === 'recording') return 5;
  const segmented = target.protocol === 'hls' || target.protocol === 'dash';
  return segmented ? (target.segmentDuration ?? 2) : 2;
}
