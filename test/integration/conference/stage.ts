import type { z } from 'zod';
import { Caller } from '../../../common/bus/contract.ts';
import type { ClientContract, ClientInput } from '../../../common/contract/client.ts';
import {
  agentAdminContract,
  roomAdminContract,
  type AgentAdminContract,
  type RoomAdminContract,
} from '../../../common/contract/management.ts';
import type { Output } from '../../../common/contract/rpc.ts';
import {
  memberAddress,
  roomAddress,
  StreamId,
  SubscriptionId,
  type RoomId,
} from '../../../common/contract/ids.ts';
import type { ForwardStreamInfo, Kind, StreamInfo } from '../../../common/contract/media.ts';
import type { LogEntry } from '../../../common/contract/log.ts';
import type { ConferenceAgent } from '../../../conference-agent/conference-agent.ts';
import type {
  Guest,
  ScriptedAccess,
  ScriptedJoin,
  ScriptedMixer,
  ScriptedPortal,
} from '../../support/scripted-agents.ts';
import type { ScriptedApi } from '../../support/scripted-api.ts';
import { until } from '../../support/until.ts';
import { newRoom, type Process, type TestCluster } from './cluster.ts';

type Event = LogEntry['event'];
type EventOf<N extends Event['name']> = Extract<Event, { name: N }>;

export interface StageOptions {
  conferences?: number;
  accesses?: number;
  portals?: number;
  mixers?: number;
  /** Processes of the management API. */
  apis?: number;
}

export const streamId = (id: string): StreamId => StreamId.parse(id);
export const subscriptionId = (id: string): SubscriptionId => SubscriptionId.parse(id);

type Media = ClientInput<'publish'>['media'];
export const microphone: Media['tracks'][number] = { type: 'audio', source: 'mic' };
export const camera: Media['tracks'][number] = { type: 'video', source: 'camera' };
export const transport = { type: 'mediasoup' as const };

/** A room in a cluster, and what people do in it. */
export class Stage {
  readonly room: RoomId = newRoom();
  readonly cluster: TestCluster;
  readonly conferences: Process<ConferenceAgent>[];
  readonly accesses: Process<ScriptedAccess>[];
  readonly portals: Process<ScriptedPortal>[];
  readonly mixers: Process<ScriptedMixer>[];
  readonly apis: Process<ScriptedApi>[];

  static async set(cluster: TestCluster, options: StageOptions = {}): Promise<Stage> {
    const { conferences = 1, accesses = 1, portals = 1, mixers = 0, apis = 0 } = options;
    const times = <T>(n: number, start: () => Promise<T>) => Promise.all(Array.from({ length: n }, start));
    const [owners, agents, doors, stores, desks] = await Promise.all([
      times(conferences, () => cluster.conference()),
      times(accesses, () => cluster.access()),
      times(portals, () => cluster.portal()),
      times(apis, () => cluster.api()),
      times(mixers, () => cluster.mixer()),
    ]);
    await cluster.acquainted(...owners, ...agents, ...doors, ...stores, ...desks);
    return new Stage(cluster, { owners, agents, doors, stores, desks });
  }

  private constructor(
    cluster: TestCluster,
    processes: {
      owners: Process<ConferenceAgent>[];
      agents: Process<ScriptedAccess>[];
      doors: Process<ScriptedPortal>[];
      stores: Process<ScriptedApi>[];
      desks: Process<ScriptedMixer>[];
    },
  ) {
    this.cluster = cluster;
    this.conferences = processes.owners;
    this.accesses = processes.agents;
    this.portals = processes.doors;
    this.mixers = processes.desks;
    this.apis = processes.stores;
  }

  /** The first process of the management API. */
  get api(): ScriptedApi {
    return at(this.apis, 0).service;
  }

  /** Asks the owner of the room in the name of the management API. */
  admin<M extends keyof RoomAdminContract>(
    method: M,
    params: z.input<RoomAdminContract[M]['input']>,
  ): Promise<Output<RoomAdminContract, M>> {
    const { bus } = at(this.portals, 0).context;
    return new Caller(bus, roomAdminContract).call(roomAddress(this.room), method, params);
  }

  /** Asks a conference agent in the name of the management API. */
  manage<M extends keyof AgentAdminContract>(
    method: M,
    params: z.input<AgentAdminContract[M]['input']>,
    conference = 0,
  ): Promise<Output<AgentAdminContract, M>> {
    const { bus } = at(this.portals, 0).context;
    const { id } = at(this.conferences, conference).context.membership;
    return new Caller(bus, agentAdminContract).call(memberAddress(id), method, params);
  }

  get access(): ScriptedAccess {
    return this.accessAt(0);
  }

  accessAt(index: number): ScriptedAccess {
    return at(this.accesses, index).service;
  }

  /** The first mixer agent. */
  get mixer(): ScriptedMixer {
    return at(this.mixers, 0).service;
  }

  portalAt(index: number): ScriptedPortal {
    return at(this.portals, index).service;
  }

  /** The agent that a participant sits at. */
  accessOf({ joined }: Guest): Process<ScriptedAccess> {
    return must(this.accesses.find(({ service }) => service.id === joined.record.agent));
  }

  /** The conference agent that owns the room, as a participant's portal knows it. */
  ownerOf({ portal }: Guest): Process<ConferenceAgent> {
    const id = portal.owners.get(this.room)?.id;
    return must(this.conferences.find(({ context }) => context.membership.id === id));
  }

  join(join: ScriptedJoin = {}, portal = 0): Promise<Guest> {
    return this.portalAt(portal).join(this.room, join);
  }

  /** Publishes and produces; resolves when the owner has seen all tracks. */
  async publish(guest: Guest, id: string, tracks = [microphone, camera]): Promise<StreamId> {
    await this.register(guest, id, tracks);
    await this.holderOf(id).produce(this.room, streamId(id));
    return streamId(id);
  }

  /** Publishes without producing. */
  register({ portal, id: participant }: Guest, id: string, tracks = [microphone, camera]) {
    const request = { id: streamId(id), media: { tracks }, transport };
    return portal.request(this.room, participant, 'publish', request);
  }

  /** The agent that holds the grant of a stream. */
  holderOf(id: string): ScriptedAccess {
    const holds = ({ service }: Process<ScriptedAccess>) => service.publications.has(streamId(id));
    return must(this.accesses.find(holds)).service;
  }

  subscribe(
    { portal, id: participant }: Guest,
    from: string,
    id: string,
    kinds: Kind[] = ['audio', 'video'],
  ) {
    const tracks = kinds.map((type) => ({ type, from: streamId(from) }));
    const request = { id: subscriptionId(id), media: { tracks }, transport };
    return portal.request(this.room, participant, 'subscribe', request);
  }

  control({ portal, id: participant }: Guest, request: z.input<ClientContract['stream-control']['input']>) {
    return portal.request(this.room, participant, 'stream-control', request);
  }

  say({ portal, id: participant }: Guest, request: ClientInput<'text'>) {
    return portal.request(this.room, participant, 'text', request);
  }

  leave({ portal, id }: Guest): Promise<void> {
    return portal.leave(this.room, id);
  }

  /** Waits for a notification of one participant. */
  hears<N extends Event['name']>(
    guest: Guest,
    name: N,
    matches: (data: EventOf<N>['data']) => boolean = () => true,
  ): Promise<EventOf<N>['data']> {
    const what = `a participant hears ${name} ${matches.toString()}`;
    return until<unknown>(() => heard(guest, name).find(matches), { what }) as Promise<EventOf<N>['data']>;
  }

  /** What a newcomer is told of the room. */
  async look() {
    const guest = await this.join({ user: 'onlooker', role: 'viewer', transports: [] });
    await this.leave(guest);
    return guest.joined.room;
  }
}

/** What people send; the views of the room are left out. */
export const published = ({ streams }: { streams: readonly StreamInfo[] }): ForwardStreamInfo[] =>
  streams.filter((stream) => stream.type === 'forward');

/** Notifications of one kind that a participant has received, in order. */
export function heard<N extends Event['name']>({ portal, id }: Guest, name: N): EventOf<N>['data'][] {
  const events = portal.heard(id).filter((event) => event.name === name);
  return events.map(({ data }) => data as EventOf<N>['data']);
}

export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('this must exist');
  return value;
}

function at<T>(list: readonly T[], index: number): T {
  return must(list[index]);
}

/** The code that a promise fails with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
  return 'ok';
}
