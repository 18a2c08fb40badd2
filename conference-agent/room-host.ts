import type { Claim } from '../common/bus/bus.ts';
import type { Owners } from '../common/cluster/owners.ts';
import { compareOwners } from '../common/cluster/owners.ts';
import type { RoomConfig } from '../common/config/schema.ts';
import type { Inventory, Owner } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { RoomId } from '../common/contract/ids.ts';
import { roomAddress } from '../common/contract/ids.ts';
import { pause } from '../common/lifecycle/wait.ts';
import type { ServiceContext } from '../common/service.ts';
import { Census } from './census.ts';
import { roomHandler } from './handlers.ts';
import { newestOwner, type Inventories } from './inventories.ts';
import type { ConferenceMetrics } from './metrics.ts';
import { Room } from './room.ts';
import type { UsedTokens } from './used-tokens.ts';

/** `empty`: nobody is in it · `lost`: somebody else owns it, or will · `shutdown`: this process ends. */
export type HostCloseReason = 'empty' | 'lost' | 'shutdown';

/** How long a room that is handed over finishes what runs, ms. */
const drainMs = 2_000;
/** How long a room that was just opened waits for whoever had it opened, ms. */
const firstGuestMs = 1_000;
/** How often an owner that lost its claim asks for it, and whether somebody else has it, ms. */
const reclaimMs = 50;
const surveyMs = 500;
/**
 * An owner that was cut off for longer gives the room up, ms: agents repeat their reports for 10 s, later only their
 * inventories tell what happened, and whoever opens the room asks for these.
 */
const longestAbsenceMs = 8_000;

export interface RoomHostOptions {
  context: ServiceContext;
  room: RoomId;
  roomConfig: RoomConfig;
  inventories: Inventories;
  owners: Owners;
  usedTokens: UsedTokens;
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

  get #closed(): boolean {
    return this.#closing !== undefined;
  }

  async #build(): Promise<void> {
    const { context, room: id, inventories, metrics } = this.#options;
    const { cluster } = context.config;
    const stopTimer = metrics.openSeconds.startTimer();
    const known = await this.#census.take(cluster.inventory_timeout_ms);
    if (this.#closed) throw new PorticoError('closing', 'this conference agent is shutting down');
    const room = this.#makeRoom(known);
    this.#room = room;
    metrics.rooms.inc();
    const found = known.map((inventory) => room.merge(inventory)).includes(true);
    this.#census.follow((inventory) => {
      this.#mergeLate(room, inventory);
    }, cluster.orphan_ms);
    inventories.announce(id, room.owner);
    await this.#claim.serve(roomHandler(room));
    this.#checkNewest(room);
    void this.#keepClaim(room);
    if (found) room.resynchronise();
    this.#closeWhenEmpty(Math.max(firstGuestMs, context.config.rooms.empty_close_ms));
    metrics.roomsOpened.inc({ kind: found ? 'takeover' : 'new' });
    stopTimer();
    const participants = room.state.participants.size;
    context.log.info({ room: id, epoch: room.owner.epoch, takeover: found, participants }, 'room opened');
  }

  #makeRoom(known: readonly Inventory[]): Room {
    const { context, room: id, owners, roomConfig, usedTokens, metrics } = this.#options;
    const { bus, membership, prober, config, log } = context;
    const highest = Math.max(newestOwner(known)?.epoch ?? 0, owners.get(id)?.epoch ?? 0);
    const owner = { epoch: Math.max(Date.now(), highest + 1), id: membership.id };
    owners.accept(id, owner);
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
      metrics,
      log,
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
    if (room.merge(inventory)) room.resynchronise();
  }

  /** @throws PorticoError `stale_owner` when a newer owner made itself known while the room was being opened. */
  #checkNewest(room: Room): void {
    this.#options.owners.accept(this.#options.room, room.owner);
  }

  /** The claim ends with a broken connection: take it back before somebody else does, or give the room up. */
  async #keepClaim(room: Room): Promise<void> {
    while (!this.#closed) {
      if ((await this.#claim.ended) === 'released') return;
      const claim = await this.#reclaim();
      if (claim === undefined) {
        await this.close('lost');
        return;
      }
      this.#claim = claim;
      try {
        await claim.serve(roomHandler(room));
        this.#options.context.log.info({ room: this.#options.room }, 'room claimed again');
      } catch {
        // The connection broke again: this claim has ended, too.
      }
    }
  }

  /** Our own ghost may hold the name for some heartbeats; or somebody has taken over. */
  async #reclaim(): Promise<Claim | undefined> {
    const { context, room } = this.#options;
    const patience = 3 * context.config.bus.heartbeat_s * 1000;
    const lostAt = performance.now();
    let takenAt: number | undefined;
    let surveyAt = 0;
    while (!this.#closed && performance.now() - lostAt < longestAbsenceMs) {
      try {
        const claim = await context.bus.claim(roomAddress(room));
        if (!this.#closed && (await this.#stillNewest()) && !this.#closed) return claim;
        await claim.release();
        return undefined;
      } catch (error) {
        const { code } = PorticoError.from(error);
        if (code === 'closing') return undefined;
        const now = performance.now();
        if (code === 'taken') takenAt ??= now;
        if (takenAt !== undefined && now - takenAt > patience) return undefined;
        if (code === 'taken' && now >= surveyAt) {
          if (!(await this.#stillNewest())) return undefined;
          surveyAt = performance.now() + surveyMs;
        }
        await pause(reclaimMs);
      }
    }
    return undefined;
  }

  /** Whether nobody has owned the room while our connection was broken. */
  async #stillNewest(): Promise<boolean> {
    const { context, room, inventories } = this.#options;
    const known = await new Census(room, inventories).take(context.config.cluster.inventory_timeout_ms);
    const newest = newestOwner(known);
    return newest === undefined || compareOwners(this.owner, newest) >= 0;
  }

  #closeWhenEmpty(afterMs = this.#options.context.config.rooms.empty_close_ms): void {
    if (this.#room?.empty !== true || this.#closed || this.#emptyTimer !== undefined) return;
    this.#emptyTimer = setTimeout(() => {
      this.#emptyTimer = undefined;
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
      this.#room.stop();
      metrics.rooms.dec();
    }
    context.log.info({ room: id, why }, 'room closed');
    onClosed(why, this.#closing ?? Promise.resolve());
  }
}
