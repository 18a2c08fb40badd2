import type { Claim } from '../common/bus/bus.ts';
import type { Owners } from '../common/cluster/owners.ts';
import { compareOwners } from '../common/cluster/owners.ts';
import type { Inventory, Owner } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, RoomId } from '../common/contract/ids.ts';
import { roomAddress } from '../common/contract/ids.ts';
import type { RoomSummary } from '../common/contract/management.ts';
import type { StoredRoom } from '../common/contract/room-settings.ts';
import type { ApiMembers } from '../common/cluster/api-members.ts';
import type { ServiceContext } from '../common/service.ts';
import { Census } from './census.ts';
import { roomHandler } from './handlers.ts';
import { newestOwner, type Inventories, type RoomNote } from './inventories.ts';
import { managedRoom } from './management/managed.ts';
import type { Revocations } from './management/revocations.ts';
import { RoomEvents } from './management/room-events.ts';
import type { RoomRules } from './management/room-rules.ts';
import type { Settings } from './management/settings.ts';
import type { ConferenceMetrics } from './metrics.ts';
import { keepClaim } from './reclaim.ts';
import { Room } from './room.ts';
import type { UsedTokens } from './used-tokens.ts';

/** `empty`: nobody is in it · `deleted` from the store · `lost`: somebody else owns it, or will · `shutdown`: this process ends. */
export type HostCloseReason = 'empty' | 'deleted' | 'lost' | 'shutdown';

/** What that means for those who are told of the room. */
const ends = { empty: 'over', deleted: 'over', lost: 'lost', shutdown: 'handed over' } as const;

/** How long a room that is handed over finishes what runs, ms. */
const drainMs = 2_000;
/** How long a room that ends keeps its address until the management API has heard of it, ms. */
const tellMs = 300;
/** How long a room that was just opened waits for whoever had it opened, ms. */
const firstGuestMs = 1_000;
export interface RoomHostOptions {
  context: ServiceContext;
  room: RoomId;
  settings: Settings;
  inventories: Inventories;
  owners: Owners;
  usedTokens: UsedTokens;
  revocations: Revocations;
  api: ApiMembers;
  /** Those who still have something to tell the management API, also of rooms that are closed. */
  reporting: Set<RoomEvents>;
  metrics: ConferenceMetrics;
  /** The room is no longer answered for; `released`: its address is free. */
  onClosed: (why: HostCloseReason, released: Promise<void>) => void;
}

/**
 * Holds a room: claims its address, puts it together, serves it, keeps the claim over a broken connection and lets go
 * when the room is empty or somebody newer owns it. Opening is the same for a new room and for one whose owner died.
 */
export class RoomHost {
  readonly #options: RoomHostOptions;
  readonly #census: Census;
  readonly #since = Date.now();
  #claim: Claim;
  #room: Room | undefined;
  #emptyTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** @throws PorticoError `taken` when another process owns the room. */
  static async open(options: RoomHostOptions): Promise<RoomHost> {
    const claim = await options.context.bus.claim(roomAddress(options.room));
    const host = new RoomHost(options, claim);
    try {
      await host.#build();
      return host;
    } catch (error) {
      await host.close('lost');
      throw error;
    }
  }

  private constructor(options: RoomHostOptions, claim: Claim) {
    this.#options = options;
    this.#claim = claim;
    this.#census = new Census(options.room, options.inventories);
  }

  get owner(): Owner {
    if (this.#room === undefined) throw new PorticoError('closing', 'the room is not open');
    return this.#room.owner;
  }

  /** In a line; undefined while it is being opened or closed. */
  get summary(): RoomSummary | undefined {
    const room = this.#room;
    if (room === undefined || this.#closed) return undefined;
    return { ...managedRoom(room.state), since: this.#since, owner: room.owner.id };
  }

  /** The store has other settings now: they are in effect when this resolves. Older ones than those are ignored. */
  async configure(stored: StoredRoom): Promise<void> {
    const room = this.#room;
    const version = room?.rules.stored?.version ?? 0;
    if (room === undefined || this.#closed || stored.version <= version) return;
    const { context, settings } = this.#options;
    const configured = room.configure(settings.of(stored));
    this.#announce(room);
    context.log.info({ room: room.id, version: stored.version }, 'room configured');
    await configured;
  }

  /** The room was deleted: everybody is sent away. Resolves when its address is free. */
  async remove(): Promise<void> {
    await this.#room?.evict();
    await this.close('deleted');
  }

  /** Removes those whose token was revoked. Returns how many. */
  async expelRevoked(): Promise<number> {
    return (await this.#room?.departures.expelRevoked()) ?? 0;
  }

  /** Tells all members who owns the room, and what the store says of it. */
  #announce({ id, owner, rules }: Room): void {
    const { owners, inventories } = this.#options;
    owners.announced(id, owner, rules.stored);
    inventories.announce(id, owner, rules.stored);
  }

  get #closed(): boolean {
    return this.#closing !== undefined;
  }

  async #build(): Promise<void> {
    const { context, room: id, owners, settings, revocations, metrics } = this.#options;
    const { cluster } = context.config;
    const stopTimer = metrics.openSeconds.startTimer();
    const [known, looked] = await Promise.all([
      this.#census.take(cluster.inventory_timeout_ms),
      settings.look(id),
    ]);
    if (this.#closed) throw new PorticoError('closing', 'this conference agent is shutting down');
    const own = { owner: owners.get(id), stored: owners.stored(id) };
    const rules = settings.decide(id, looked, [...known, own]);
    revocations.add(looked?.revocations ?? []);
    const room = this.#makeRoom(known, rules);
    this.#room = room;
    metrics.rooms.inc();
    const remembered = room.recall(owners.memory(id));
    const found = known.map((inventory) => room.merge(inventory)).includes(true) || remembered;
    this.#census.follow((inventory) => {
      this.#mergeLate(room, inventory);
    }, cluster.orphan_ms);
    room.begin(found);
    this.#announce(room);
    await this.#claim.serve(roomHandler(room));
    this.#checkNewest(room);
    void this.#keepClaim(room);
    if (found) room.resynchronise();
    if (found) this.#catchUp(room);
    this.#closeWhenEmpty(Math.max(firstGuestMs, context.config.rooms.empty_close_ms));
    metrics.roomsOpened.inc({ kind: found ? 'takeover' : 'new' });
    stopTimer();
    const participants = room.state.participants.size;
    context.log.info({ room: id, epoch: room.owner.epoch, takeover: found, participants }, 'room opened');
  }

  /** What management decided while nobody owned the room. */
  #catchUp(room: Room): void {
    const caughtUp = [room.departures.expelRevoked()];
    if (room.rules.stored !== undefined) caughtUp.push(room.permitting.follow().then(() => 0));
    Promise.all(caughtUp).catch((error: unknown) => {
      const { code } = PorticoError.from(error);
      this.#options.context.log.warn({ room: room.id, code }, 'decisions of management not in effect');
    });
  }

  #makeRoom(known: readonly Inventory[], roomConfig: RoomRules): Room {
    const { context, room: id, owners, usedTokens, revocations, api, reporting, metrics } = this.#options;
    const { bus, membership, prober, config, log } = context;
    const highest = Math.max(newestOwner(known)?.epoch ?? 0, owners.get(id)?.epoch ?? 0);
    const owner = { epoch: Math.max(Date.now(), highest + 1), id: membership.id };
    owners.accept(id, owner);
    const events = new RoomEvents({ room: id, owner, api, log, onStopped: () => reporting.delete(events) });
    reporting.add(events);
    return new Room({
      id,
      owner,
      seq: Math.max(0, ...known.map(({ seq }) => seq ?? 0)),
      roomConfig,
      config,
      bus,
      membership,
      prober,
      census: this.#census,
      usedTokens,
      revocations,
      events,
      metrics,
      log,
      remember: (memory, member) => {
        this.#remember({ room: id, owner, ...memory }, member);
      },
      onEmpty: () => {
        clearTimeout(this.#emptyTimer);
        this.#emptyTimer = undefined;
        this.#closeWhenEmpty();
      },
      onIdle: () => {
        this.#closeWhenEmpty();
      },
      onStale: () => void this.close('lost'),
    });
  }

  /** Has all members, or one that is new, remember something. */
  #remember(note: RoomNote, member?: MemberId): void {
    const { owners, inventories } = this.#options;
    // A newer owner has its own word to say.
    if (compareOwners(owners.get(note.room) ?? note.owner, note.owner) > 0) return;
    owners.remember(note.room, note.owner, note);
    inventories.remember(note, member);
  }

  /** A member that answered late, or was found late. */
  #mergeLate(room: Room, inventory: Inventory): void {
    const { owners, room: id, context } = this.#options;
    const { owner } = inventory;
    if (owner !== undefined && compareOwners(owner, room.owner) > 0) {
      // It refuses everything we say. The next opening of the room goes beyond what it has seen.
      context.log.warn({ room: id, peer: inventory.member, owner }, 'room has a newer owner');
      if (compareOwners(owner, owners.get(id) ?? owner) >= 0) owners.accept(id, owner);
      void this.close('lost');
      return;
    }
    if (!room.merge(inventory)) return;
    room.resynchronise();
    this.#catchUp(room);
  }

  /** @throws PorticoError `stale_owner` when a newer owner made itself known while the room was being opened. */
  #checkNewest(room: Room): void {
    this.#options.owners.accept(this.#options.room, room.owner);
  }

  /** The claim ends with a broken connection: take it back before somebody else does, or give the room up. */
  async #keepClaim(room: Room): Promise<void> {
    const kept = await keepClaim(this.#claim, {
      ...this.#options,
      owner: room.owner,
      isClosed: () => this.#closed,
      serve: async (claim) => {
        this.#claim = claim;
        await claim.serve(roomHandler(room));
      },
    });
    if (!kept) await this.close('lost');
  }

  #closeWhenEmpty(afterMs = this.#options.context.config.rooms.empty_close_ms): void {
    if (this.#room?.deserted !== true || this.#closed || this.#emptyTimer !== undefined) return;
    this.#emptyTimer = setTimeout(() => {
      this.#emptyTimer = undefined;
      this.#room?.leftAlone();
      if (this.#room?.empty === true) void this.close('empty');
    }, afterMs);
  }

  /**
   * Lets the room go; resolves when its address is free. Participants and media are untouched: whoever opens it next
   * finds them. What waits in the address, and what comes until it is free, fails at once as `unavailable`.
   */
  async close(why: HostCloseReason): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.resolve().then(() => this.#close(why));
      if (why !== 'shutdown') this.#letGo(why);
    }
    await this.#closing;
  }

  async #close(why: HostCloseReason): Promise<void> {
    const { context, room: id } = this.#options;
    if (why === 'shutdown') {
      await this.#room?.drain(drainMs);
      this.#letGo(why);
    }
    // Whoever opens the room next is newer: what this owner says after that is not heard.
    if (why !== 'lost') await this.#room?.events.told(tellMs);
    await this.#claim.release().catch((error: unknown) => {
      context.log.debug({ room: id, code: PorticoError.from(error).code }, 'claim not released');
    });
  }

  /** From now on nothing is answered or done in the name of the room. */
  #letGo(why: HostCloseReason): void {
    const { context, room: id, metrics, onClosed } = this.#options;
    clearTimeout(this.#emptyTimer);
    this.#census.stop();
    if (this.#room !== undefined) {
      if (ends[why] === 'over') void this.#room.outside.end();
      if (ends[why] === 'over') void this.#room.mixing.end();
      this.#room.events.end(ends[why]);
      this.#room.stop();
      metrics.rooms.dec();
    }
    context.log.info({ room: id, why }, 'room closed');
    onClosed(why, this.#closing ?? Promise.resolve());
  }
}
