import { performance } from 'node:perf_hooks';
import type { Service } from '../common/bus/bus.ts';
import { Caller, serveContract } from '../common/bus/contract.ts';
import { ApiMembers } from '../common/cluster/api-members.ts';
import { Owners } from '../common/cluster/owners.ts';
import { memberContract, type Inventory, type Owner } from '../common/contract/cluster.ts';
import { conferenceContract } from '../common/contract/conference.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { RoomId } from '../common/contract/ids.ts';
import { memberAddress } from '../common/contract/ids.ts';
import { agentAdminContract } from '../common/contract/management.ts';
import type { StoredRoom } from '../common/contract/room-settings.ts';
import type { RunningService, ServiceContext } from '../common/service.ts';
import { Heirs } from './heirs.ts';
import { Inventories } from './inventories.ts';
import { agentAdminHandlers } from './management/agent-admin.ts';
import { Revocations } from './management/revocations.ts';
import type { RoomEvents } from './management/room-events.ts';
import { Settings } from './management/settings.ts';
import { conferenceMetrics, type ConferenceMetrics } from './metrics.ts';
import { RoomHost } from './room-host.ts';
import { UsedTokens } from './used-tokens.ts';

/** How often expired tokens are forgotten, ms. */
const sweepMs = 60_000;

/** Owns rooms: opens them on request and answers for those it owns. */
export class ConferenceAgent implements RunningService {
  readonly #context: ServiceContext;
  readonly #inventories: Inventories;
  readonly #metrics: ConferenceMetrics;
  readonly #owners = new Owners();
  readonly #rooms = new Map<RoomId, RoomHost>();
  readonly #opening = new Map<RoomId, Promise<RoomHost>>();
  /** Rooms whose address is about to be free. */
  readonly #leaving = new Map<RoomId, Promise<void>>();
  /** Used tokens of rooms, also of those that closed, until they expire. */
  readonly #usedTokens = new Map<RoomId, UsedTokens>();
  readonly #revocations = new Revocations();
  readonly #api: ApiMembers;
  readonly #reporting = new Set<RoomEvents>();
  readonly #settings: Settings;
  readonly #heirs: Heirs;
  readonly #sweeper: NodeJS.Timeout;
  #service: Service | undefined;
  #idle = performance.eventLoopUtilization();
  #closing: Promise<void> | undefined;

  static async create(context: ServiceContext): Promise<ConferenceAgent> {
    const agent = new ConferenceAgent(context);
    const contract = { ...memberContract, ...conferenceContract, ...agentAdminContract };
    const handler = serveContract(contract, {
      'room.inventory': ({ room }) => agent.#inventory(room),
      'room.owner': ({ room, owner, stored }) => {
        agent.#succeeded(room, owner, stored);
        return {};
      },
      'room.remember': ({ room, owner, ...memory }) => {
        agent.#owners.remember(room, owner, memory);
        return {};
      },
      'room.open': async ({ room }) => ({ owner: await agent.open(room) }),
      'room.tokens': ({ room, usedTokens }) => {
        for (const token of usedTokens) agent.#tokensOf(room).add(token);
        return {};
      },
      ...agent.#adminHandlers(),
    });
    try {
      agent.#service = await context.bus.serve(memberAddress(context.membership.id), handler);
    } catch (error) {
      clearInterval(agent.#sweeper);
      agent.#heirs.close();
      agent.#api.close();
      throw error;
    }
    return agent;
  }

  private constructor(context: ServiceContext) {
    this.#context = context;
    this.#inventories = new Inventories(context.bus, context.membership, context.log);
    this.#metrics = conferenceMetrics(context.metrics);
    this.#api = new ApiMembers(context);
    this.#settings = new Settings(context.config, this.#api, context.log);
    this.#heirs = new Heirs({ ...context, owners: this.#owners, open: (room) => this.open(room) });
    this.#sweeper = setInterval(() => {
      this.#forgetExpired();
    }, sweepMs);
  }

  /** Part of the time since the last look in which the process was busy. */
  get load(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#idle);
    this.#idle = now;
    return utilization;
  }

  /**
   * Opens a room here, or finds that it is.
   * @throws PorticoError `taken` when another process owns it, `room_not_found`, `closing`.
   */
  async open(room: RoomId): Promise<Owner> {
    if (this.#closing !== undefined) {
      throw new PorticoError('closing', 'this conference agent is shutting down');
    }
    const running = this.#rooms.get(room);
    if (running !== undefined) return running.owner;
    let opening = this.#opening.get(room);
    if (opening === undefined) {
      opening = this.#host(room).finally(() => this.#opening.delete(room));
      this.#opening.set(room, opening);
    }
    return (await opening).owner;
  }

  async #host(room: RoomId): Promise<RoomHost> {
    // Just given up here: its address is free in a moment.
    await this.#leaving.get(room);
    let ended = false;
    const host: RoomHost = await RoomHost.open({
      context: this.#context,
      room,
      settings: this.#settings,
      inventories: this.#inventories,
      owners: this.#owners,
      usedTokens: this.#tokensOf(room),
      revocations: this.#revocations,
      api: this.#api,
      reporting: this.#reporting,
      metrics: this.#metrics,
      onClosed: (_why, released) => {
        ended = true;
        this.#rooms.delete(room);
        this.#leave(room, released);
      },
    });
    if (!ended) this.#rooms.set(room, host);
    return host;
  }

  #leave(room: RoomId, released: Promise<void>): void {
    const gone = Promise.all([released, this.#handTokensOver(room)]).then(() => {
      if (this.#leaving.get(room) === gone) this.#leaving.delete(room);
    });
    this.#leaving.set(room, gone);
  }

  #adminHandlers(): ReturnType<typeof agentAdminHandlers> {
    const running = () => [...this.#rooms.values()];
    const opened = (opening: Promise<RoomHost>) => opening.catch(() => undefined);
    return agentAdminHandlers({
      running,
      coming: async () => {
        await Promise.all([...this.#opening.values()].map(opened));
        return running();
      },
      find: async (room) => {
        const opening = this.#opening.get(room);
        if (opening !== undefined) await opened(opening);
        return this.#rooms.get(room);
      },
      revocations: this.#revocations,
      forget: (room) => {
        this.#forget(room);
      },
    });
  }

  #forget(room: RoomId): void {
    const owner = this.#owners.get(room);
    if (owner === undefined) return;
    this.#owners.announced(room, owner, undefined);
    this.#inventories.announce(room, owner);
  }

  #tokensOf(room: RoomId): UsedTokens {
    let tokens = this.#usedTokens.get(room);
    if (tokens === undefined) {
      tokens = new UsedTokens();
      this.#usedTokens.set(room, tokens);
    }
    return tokens;
  }

  /** Whoever opens the room next must know which tokens were used, wherever that is. Never rejects. */
  async #handTokensOver(room: RoomId): Promise<void> {
    const { bus, membership, log } = this.#context;
    const usedTokens = this.#tokensOf(room).list();
    const owner = this.#owners.get(room);
    if (usedTokens.length === 0 || owner === undefined) return;
    const caller = new Caller(bus, conferenceContract);
    const sent = membership.members('conference').map(async ({ id }) => {
      try {
        await caller.send(memberAddress(id), 'room.tokens', { room, owner, usedTokens });
      } catch (error) {
        log.warn({ room, peer: id, code: PorticoError.from(error).code }, 'used tokens not handed over');
      }
    });
    await Promise.all(sent);
  }

  #forgetExpired(): void {
    for (const [room, tokens] of this.#usedTokens) {
      if (tokens.list().length === 0 && !this.#rooms.has(room) && !this.#opening.has(room)) {
        this.#usedTokens.delete(room);
      }
    }
  }

  #inventory(room: RoomId): Inventory {
    const { id, role } = this.#context.membership;
    const nothing = { participants: [], seats: [], publications: [], subscriptions: [] };
    const usedTokens = this.#usedTokens.get(room)?.list() ?? [];
    return {
      member: id,
      role,
      ...nothing,
      usedTokens,
      ...this.#owners.memory(room),
    };
  }

  /** Somebody else owns the room now; if it was ours, we were thought dead. */
  #succeeded(room: RoomId, owner: Owner, stored: StoredRoom | undefined): void {
    this.#owners.announced(room, owner, stored);
    const host = this.#rooms.get(room);
    if (host !== undefined && owner.id !== this.#context.membership.id) void host.close('lost');
  }

  /** Lets all rooms go: their participants stay, another conference agent takes them over. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Its own address is served to the end: whoever takes a room over asks for the used tokens. */
  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#heirs.close();
    await Promise.allSettled(this.#opening.values());
    await Promise.all([...this.#rooms.values()].map((host) => host.close('shutdown')));
    await Promise.all(this.#leaving.values());
    for (const events of this.#reporting) events.stop();
    await this.#service?.close();
    this.#api.close();
  }
}
