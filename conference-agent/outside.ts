import type { Bus } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import { isSomething, type Inventory, type OutsideRecords, type Role } from '../common/contract/cluster.ts';
import type { EgressState } from '../common/contract/egress.ts';
import { memberAddress, type EgressId, type MemberId } from '../common/contract/ids.ts';
import type { ManagedEgress } from '../common/contract/management.ts';
import { mixerContract, type MixerContract } from '../common/contract/mixing.ts';
import { AutoRecord } from './egress/auto-record.ts';
import type { Egress } from './egress/egress.ts';
import { Egresses } from './egress/egresses.ts';
import { Recordings } from './egress/recordings.ts';
import { Ingresses } from './ingress/ingresses.ts';
import type { LeftRuns } from './jobs/left-runs.ts';
import { Memory } from './memory.ts';
import type { Publishing } from './publishing.ts';
import type { RoomCore } from './room-core.ts';
import type { Views } from './views/views.ts';

/** How long agents may take to say how recordings do, ms. */
const measureMs = 1_000;

export interface OutsideParts {
  bus: Bus;
  left: LeftRuns;
  publishing: Publishing;
  views: () => Views;
  /** Something that kept the room open is over. */
  onIdle: () => void;
  /** Tells the members, or one that is new, what is recorded, sent and fetched. */
  remember: (records: OutsideRecords, member?: MemberId) => void;
}

/** What of a room goes elsewhere than to participants, or comes from elsewhere: recordings, live streams out and in. */
export class Outside {
  readonly egresses: Egresses;
  readonly ingresses: Ingresses;
  /** What participants do with recordings. */
  readonly recordings: Recordings;
  readonly #core: RoomCore;
  readonly #left: LeftRuns;
  readonly #auto: AutoRecord;
  readonly #mixers: Caller<MixerContract>;
  readonly #memory: Memory<OutsideRecords>;
  #begun = false;

  constructor(core: RoomCore, { bus, left, publishing, views, onIdle, remember }: OutsideParts) {
    this.#core = core;
    this.#left = left;
    this.#mixers = new Caller(bus, mixerContract);
    const onChanged = () => {
      this.#memory.changed();
    };
    this.egresses = new Egresses(core, {
      left: this.#left,
      views,
      onChanged,
      onOver: (egress) => {
        this.#auto.ended(egress);
      },
      onIdle,
    });
    this.ingresses = new Ingresses(core, { left: this.#left, publishing, onChanged, onOver: onIdle });
    this.recordings = new Recordings(core.state, this.egresses);
    this.#auto = new AutoRecord(core, this.egresses);
    this.#memory = new Memory<OutsideRecords>({
      look: () => ({ ...this.egresses.records(), ingresses: this.ingresses.records() }),
      epoch: core.owner.epoch,
      // Whoever is told that it is recorded may count on it.
      togetherMs: 0,
      remember,
    });
  }

  /** Whether the room has to stay open for it, though nobody is in it. */
  get keepsOpen(): boolean {
    return this.egresses.keepOpen || this.ingresses.keepOpen;
  }

  /** What a member, or this process, remembers. Returns whether something of it is to go on. */
  recall(records: OutsideRecords | undefined): boolean {
    this.#memory.offer(records);
    if (this.#begun) return this.#restore();
    const { found } = this.#memory;
    return found !== undefined && isSomething(found);
  }

  /** Adds what a member knows. Returns whether something of this room was there. */
  merge(inventory: Inventory): boolean {
    const fetched = this.ingresses.merge(inventory);
    const sent = this.egresses.merge(inventory);
    // What is found running counts before what is only remembered.
    return this.recall(inventory.outside) || sent || fetched;
  }

  /** Returns whether something was missing here. */
  #restore(): boolean {
    const records = this.#memory.take();
    if (records === undefined) return false;
    const fetched = this.ingresses.recall(records.ingresses);
    const sent = this.egresses.recall(records);
    this.#memory.changed();
    return fetched || sent;
  }

  /** What members know has been taken in. @param takeover somebody had the room before */
  begin(takeover: boolean): void {
    this.#begun = true;
    this.#restore();
    this.#memory.begin();
    this.ingresses.begin();
    this.egresses.begin();
    this.#auto.begin(takeover);
  }

  /** Somebody has come or gone, or the room has other settings. */
  changed(): void {
    this.egresses.update();
    this.#auto.check();
  }

  /** A member is there, perhaps again. */
  joined(agent: MemberId, role: Role): void {
    if (role !== 'api') this.#memory.joined(agent);
    if (role !== 'mixer') return;
    this.#left.joined(agent);
    this.egresses.joined();
    this.ingresses.joined();
  }

  agentLost(agent: MemberId): void {
    this.egresses.agentLost(agent);
    this.ingresses.agentLost(agent);
  }

  /** Recordings and live streams with how they do right now, as far as their agents answer in time. */
  async measure(egresses: readonly Egress[]): Promise<ManagedEgress[]> {
    const agents = new Set(egresses.flatMap(({ agent }) => agent ?? []));
    const states = await Promise.all([...agents].map((agent) => this.#measureAt(agent)));
    const newest = new Map<EgressId, EgressState>();
    for (const state of states.flat()) newest.set(state.id, state);
    for (const egress of egresses) {
      const state = newest.get(egress.id);
      if (state !== undefined && egress.agent !== undefined) egress.report(egress.agent, state);
    }
    return egresses.map((egress) => egress.toManaged());
  }

  async #measureAt(agent: MemberId): Promise<EgressState[]> {
    const { id: room } = this.#core.state;
    const options = { timeoutMs: measureMs };
    try {
      const answer = await this.#mixers.call(memberAddress(agent), 'egress.measure', { room }, options);
      return answer.egresses;
    } catch {
      return [];
    }
  }

  /** Nobody is in the room any more: what was begun for those who were in it ends. */
  leftAlone(): void {
    this.#auto.leftAlone();
    void this.egresses.end('room_closed', { all: false });
  }

  /** The room is over: resolves when nothing of it runs. */
  async end(): Promise<void> {
    await Promise.all([this.egresses.end('room_closed', { all: true }), this.ingresses.end('room_closed')]);
  }

  /** Members hear of the last changes now. */
  flush(): void {
    this.#memory.flush();
  }

  /** Lets go: everything runs on. */
  stop(): void {
    this.#memory.stop();
    this.#auto.stop();
    this.#left.stop();
    this.egresses.stop();
    this.ingresses.stop();
  }
}
