import type { Service } from '../../../../common/bus/bus.ts';
import { serveContract } from '../../../../common/bus/contract.ts';
import { LocalBus, type LocalBroker } from '../../../../common/bus/local-bus.ts';
import { Membership } from '../../../../common/cluster/membership.ts';
import { memberContract, type Role } from '../../../../common/contract/cluster.ts';
import { conferenceContract } from '../../../../common/contract/conference.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { memberAddress, roomAddress, RoomId, type ParticipantId } from '../../../../common/contract/ids.ts';
import {
  agentAdminContract,
  roomAdminContract,
  type AgentAdminContract,
  type ManagedParticipant,
  type ManagedSubscription,
} from '../../../../common/contract/management.ts';
import type { ForwardStreamInfo, StreamInfo } from '../../../../common/contract/media.ts';
import type { Input } from '../../../../common/contract/rpc.ts';
import { silentLogger } from '../../../../common/observe/log.ts';
import { ScriptedEgresses } from './scripted-egresses.ts';
import { noView, ScriptedView } from './scripted-views.ts';

/** A process of the cluster on a bus of its own. */
export class ScriptedNode {
  readonly bus: LocalBus;
  readonly membership: Membership;
  readonly #served: Service[] = [];

  private constructor(bus: LocalBus, membership: Membership) {
    this.bus = bus;
    this.membership = membership;
  }

  static async start(
    broker: LocalBroker,
    role: Role,
    { url, load = 0 }: { url?: string; load?: number } = {},
  ): Promise<ScriptedNode> {
    const bus = await LocalBus.connect(broker, { name: role });
    const membership = await Membership.create({
      bus,
      role,
      log: silentLogger,
      heartbeatMs: 200,
      missedHeartbeats: 50,
      load: () => load,
      ...(url === undefined ? {} : { url }),
    });
    return new ScriptedNode(bus, membership);
  }

  async serve(handler: Parameters<LocalBus['serve']>[1], address?: string): Promise<Service> {
    const service = await this.bus.serve(address ?? memberAddress(this.membership.id), handler);
    this.#served.push(service);
    return service;
  }

  async close(): Promise<void> {
    for (const service of this.#served) await service.close();
    await this.membership.close();
    await this.bus.close();
  }
}

/** A portal that knows of as many participants in each room as it is told. */
export async function startPortal(
  broker: LocalBroker,
  { url, load }: { url: string; load?: number },
  inside: () => readonly { room: string }[] = () => [],
): Promise<ScriptedNode> {
  const node = await ScriptedNode.start(broker, 'portal', { url, ...(load === undefined ? {} : { load }) });
  await node.serve(async (params) => {
    const { room } = params as { room: string };
    const participants = inside().filter((one) => one.room === room);
    return {
      ...{ member: node.membership.id, role: 'portal', seats: [], publications: [], subscriptions: [] },
      usedTokens: [],
      participants: participants.map(() => record),
    };
  });
  await node.membership.announce();
  return node;
}

const record = {
  ...{ id: 'p1', user: 'ann', role: 'presenter', permission: {}, joinedAt: 1, token: 't1' },
  protocol: 'portico-1',
  generations: { oldest: 1, newest: 1 },
};

type Configured = Input<AgentAdminContract, 'room.configure'>;
type Revoked = Input<AgentAdminContract, 'tokens.revoke'>;

/** A conference agent that notes what it is told, and owns rooms with what is put into them. */
export class ScriptedAgent {
  readonly node: ScriptedNode;
  readonly configured: Configured[] = [];
  readonly deleted: string[] = [];
  readonly revoked: Revoked['revocations'] = [];
  readonly rooms = new Map<string, ScriptedRoom>();
  /** How many further calls are left without an answer. */
  deafFor = 0;
  /** What rooms have in them that are opened by others; absent: nothing. */
  readonly asleep = new Map<string, Partial<RoomContent>>();

  private constructor(node: ScriptedNode) {
    this.node = node;
  }

  static async start(broker: LocalBroker): Promise<ScriptedAgent> {
    const agent = new ScriptedAgent(await ScriptedNode.start(broker, 'conference'));
    const contract = {
      ...agentAdminContract,
      'room.open': conferenceContract['room.open'],
      'room.inventory': memberContract['room.inventory'],
    };
    const handler = serveContract(contract, {
      'room.open': async ({ room }) => {
        if (agent.rooms.has(room)) throw new PorticoError('taken', 'it is open');
        await agent.own(room, agent.asleep.get(room));
        return { owner: { id: agent.node.membership.id, epoch: 1 } };
      },
      'room.inventory': () => ({
        ...{ member: agent.node.membership.id, role: 'conference' as const, participants: [], seats: [] },
        ...{ publications: [], subscriptions: [], usedTokens: [] },
      }),
      'rooms.list': () => ({ rooms: [...agent.rooms.values()].map((room) => room.summary(agent)) }),
      'room.configure': async (params) => {
        await agent.#listen();
        agent.configured.push(params);
        return { hosted: agent.rooms.has(params.room) };
      },
      'room.delete': async ({ room }) => {
        await agent.#listen();
        agent.deleted.push(room);
        return { hosted: agent.rooms.has(room) };
      },
      'tokens.revoke': async ({ revocations }) => {
        await agent.#listen();
        agent.revoked.push(...revocations);
        return { dropped: 1 };
      },
    });
    await agent.node.serve(handler);
    await agent.node.membership.announce();
    return agent;
  }

  /** Begins to own a room. */
  async own(room: string, content: Partial<RoomContent> = {}): Promise<ScriptedRoom> {
    const owned = new ScriptedRoom(room, content);
    this.rooms.set(room, owned);
    owned.service = await this.node.serve(owned.handler, roomAddress(owned.id));
    return owned;
  }

  async disown(room: string): Promise<void> {
    await this.rooms.get(room)?.service?.close();
    this.rooms.delete(room);
  }

  async close(): Promise<void> {
    await this.node.close();
  }

  async #listen(): Promise<void> {
    if (this.deafFor === 0) return;
    this.deafFor -= 1;
    throw new PorticoError('unavailable', 'deaf');
  }
}

interface RoomContent {
  participants: ManagedParticipant[];
  streams: { info: StreamInfo; agent?: string }[];
  subscriptions: ManagedSubscription[];
  /** Labels of its views. */
  views: string[];
}

/** The owner of a room as management sees it. */
export class ScriptedRoom {
  readonly id: RoomId;
  readonly participants: ManagedParticipant[];
  readonly streams: { info: StreamInfo; agent?: string }[];
  readonly subscriptions: ManagedSubscription[];
  readonly views: ScriptedView[];
  readonly egresses: ScriptedEgresses;
  service: Service | undefined;

  constructor(
    room: string,
    { participants = [], streams = [], subscriptions = [], views = [] }: Partial<RoomContent>,
  ) {
    this.id = RoomId.parse(room);
    this.participants = participants;
    this.streams = streams;
    this.subscriptions = subscriptions;
    this.views = views.map((label) => new ScriptedView(room, label));
    this.egresses = new ScriptedEgresses(() => [...this.streams, ...this.#mixed()].map(({ info }) => info));
  }

  summary({ node }: ScriptedAgent) {
    return {
      room: this.id,
      since: 1,
      owner: node.membership.id,
      participants: this.participants.length,
      streams: this.streams.length,
      subscriptions: this.subscriptions.length,
    };
  }

  readonly handler: Parameters<LocalBus['serve']>[1] = (params, context) =>
    serveContract(roomAdminContract, {
      'admin.participants': () => ({ participants: this.participants }),
      'admin.permit': ({ id, changes }) => {
        const participant = this.#participant(id);
        for (const { action, kind, value } of changes) {
          participant.permission[action] = { ...participant.permission[action], [kind]: value };
        }
        return { participant };
      },
      'admin.drop': ({ id }) => {
        this.participants.splice(this.participants.indexOf(this.#participant(id)), 1);
        return {};
      },
      'admin.streams': () => ({ streams: [...this.streams, ...this.#mixed()] as never }),
      'admin.control': ({ id, kinds, operation }) => {
        const stream = this.#stream(id);
        for (const track of stream.media.tracks) {
          if (kinds.includes(track.type)) track.status = operation === 'play' ? 'active' : 'inactive';
        }
        return { stream };
      },
      'admin.mix': ({ id, view: label, operation }) => {
        const stream = this.#stream(id) as ForwardStreamInfo;
        this.#view((view) => view.label === label)[operation](stream);
        return { stream };
      },
      'admin.layout': ({ id, change }) => {
        const view = this.#view(({ stream }) => stream.id === id);
        view.change(change);
        return { stream: view.stream };
      },
      'admin.views': () => ({
        views: this.views.map(({ stream, agent, inputs }) => ({
          stream,
          ...(agent === undefined ? {} : { agent }),
          inputs: [...inputs],
        })),
      }),
      'admin.egress.start': (params) => ({ egress: this.egresses.start(params) }),
      'admin.egress.change': ({ id, changes }) => ({ egress: this.egresses.change(id, changes) }),
      'admin.egress.stop': ({ id }) => ({ egress: this.egresses.stop(id) }),
      'admin.egresses': ({ type }) => ({
        egresses: this.egresses.egresses.filter(({ target }) => type === undefined || target.type === type),
      }),
      'admin.ingress.start': ({ spec }) => ({ ingress: this.egresses.fetch(spec) }),
      'admin.ingresses': () => ({ ingresses: this.egresses.ingresses }),
      'admin.unpublish': ({ id }) => {
        if (this.egresses.unpublish(id)) return {};
        const stream = this.#stream(id);
        this.streams.splice(
          this.streams.findIndex(({ info }) => info === stream),
          1,
        );
        return {};
      },
      'admin.subscriptions': () => ({ subscriptions: this.subscriptions }),
    })(params, context);

  #participant(id: ParticipantId): ManagedParticipant {
    const found = this.participants.find((participant) => participant.id === id);
    if (found === undefined) throw new PorticoError('participant_not_found', 'Participant not found');
    return found;
  }

  #mixed(): { info: StreamInfo; agent?: string }[] {
    return this.views.map(({ stream, agent }) => ({
      info: stream,
      ...(agent === undefined ? {} : { agent }),
    }));
  }

  #view(isIt: (view: ScriptedView) => boolean): ScriptedView {
    const found = this.views.find(isIt);
    if (found === undefined) throw noView();
    return found;
  }

  #stream(id: string): StreamInfo {
    const found = this.streams.find(({ info }) => info.id === id);
    if (found === undefined) throw new PorticoError('stream_not_found', 'Stream not found');
    return found.info;
  }
}
