import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { ClientInput, ClientMethod, ClientOutput } from '../../common/contract/client.ts';
import type { RoomContract } from '../../common/contract/conference.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { StreamId, SubscriptionId, type MemberId } from '../../common/contract/ids.ts';
import type { IceServer } from '../../common/contract/media.ts';
import type { Input, Output } from '../../common/contract/rpc.ts';
import type { AgentClient } from '../rooms/agent-client.ts';
import type { Attendee } from '../rooms/attendee.ts';
import type { Delivery } from '../rooms/delivery.ts';
import type { Presence } from '../rooms/presence.ts';
import type { RoomClient } from '../rooms/room-client.ts';
import type { Tickets } from '../tickets/tickets.ts';

/** Requests of a joined participant. */
export type RequestMethod = Exclude<ClientMethod, 'login' | 'relogin' | 'resync' | 'logout'>;

export interface RequestServices {
  portal: MemberId;
  rooms: RoomClient;
  agents: AgentClient;
  delivery: Delivery;
  presence: Presence;
  tickets: Tickets;
  iceServers: (attendee: Attendee) => IceServer[];
}

interface RequestContext extends RequestServices {
  attendee: Attendee;
}

type RequestTable = {
  [M in RequestMethod]: (context: RequestContext, request: ClientInput<M>) => Promise<ClientOutput<M>>;
};

/** Methods of the room that take a client's request as it is. */
type ForwardedMethod = {
  [M in keyof RoomContract]: Input<RoomContract, M> extends { request: unknown } ? M : never;
}[keyof RoomContract];

async function inRoom<M extends ForwardedMethod>(
  { rooms, portal, attendee }: RequestContext,
  method: M,
  request: Input<RoomContract, M>['request'],
): Promise<Output<RoomContract, M>['result']> {
  const by = { participant: attendee.id, portal };
  // The compiler does not see that `{ by, request }` is the input of every one of these methods.
  const params = { by, request } as z.input<RoomContract[M]['input']>;
  const answer = await rooms.call(attendee.room, method, params);
  return answer.result;
}

/**
 * Streams and subscriptions get their id here when the client chose none: a request that is repeated with the next
 * owner of the room then means the same stream (OWT 3.1: 32 hex digits).
 */
const newId = () => randomBytes(16).toString('hex');

/** @throws PorticoError `not_supported` for sessions negotiated with SDP. */
function requireNative({ transport }: { transport: { type: string } }): void {
  if (transport.type === 'mediasoup') return;
  throw new PorticoError('not_supported', `transport type '${transport.type}' is not offered`, {
    field: 'transport.type',
  });
}

/** A ticket of a new number; the older ones are good until the client is known to have this one. */
async function renewTicket(context: RequestContext): Promise<{ ticket: string }> {
  const { rooms, portal, attendee, tickets, presence } = context;
  if (!presence.keepsPlaces) throw new PorticoError('not_supported', 'this server keeps nobody’s place');
  const by = { participant: attendee.id, portal };
  const { result } = await rooms.call(attendee.room, 'renewTicket', { by });
  attendee.update(result);
  const { record } = attendee;
  if (record === undefined) throw new PorticoError('illegal_request', 'the participant has left');
  attendee.ticketProof.issue(record.generations.newest, attendee.cursor);
  return { ticket: tickets.mint(attendee.room, record) };
}

/** The room hears once that the client has its newest ticket; nobody waits for that. */
async function proveTicket({ rooms, portal, attendee }: RequestContext, generation: number): Promise<void> {
  const generations = attendee.record?.generations;
  if (generations === undefined || generations.oldest >= generations.newest) return;
  const by = { participant: attendee.id, portal };
  try {
    const { result } = await rooms.call(attendee.room, 'proveTicket', { by, generation });
    attendee.update(result);
  } catch {
    // The older tickets stay good until the next one is proven.
  }
}

/** Where each request goes: to the owner of the room, or past it to the agent that carries the participant's media. */
const table: RequestTable = {
  refreshReconnectionTicket: renewTicket,
  ack: (context, cursor) => {
    const { attendee, delivery } = context;
    delivery.acknowledge(attendee, cursor);
    const proven = attendee.ticketProof.by(cursor);
    if (proven !== undefined) void proveTicket(context, proven);
    return Promise.resolve({});
  },
  publish: async (context, request) => {
    requireNative(request);
    const id = request.id ?? StreamId.parse(newId());
    return await context.attendee.registrations.run(id, () => inRoom(context, 'publish', { ...request, id }));
  },
  unpublish: (context, request) => inRoom(context, 'unpublish', request),
  subscribe: async (context, request) => {
    requireNative(request);
    const id = request.id ?? SubscriptionId.parse(newId());
    return await context.attendee.registrations.run(id, () =>
      inRoom(context, 'subscribe', { ...request, id }),
    );
  },
  unsubscribe: (context, request) => inRoom(context, 'unsubscribe', request),
  'stream-control': (context, request) => inRoom(context, 'stream-control', request),
  'subscription-control': (context, request) => inRoom(context, 'subscription-control', request),
  'start-recording': (context, request) =>
    inRoom(context, 'start-recording', { ...request, requestId: request.requestId ?? newId() }),
  'control-recording': (context, request) => inRoom(context, 'control-recording', request),
  text: (context, request) => inRoom(context, 'text', { ...request, id: request.id ?? newId() }),
  drop: (context, request) => inRoom(context, 'drop', request),
  createWebRtcTransport: async (context, request) => {
    const { agent, ...made } = await inRoom(context, 'createWebRtcTransport', request);
    context.attendee.seatAt(agent);
    return { ...made, iceServers: context.iceServers(context.attendee) };
  },
  getRouterRtpCapabilities: ({ agents, attendee }, request) =>
    agents.call(attendee, 'getRouterRtpCapabilities', request),
  connectTransport: ({ agents, attendee }, request) => agents.call(attendee, 'connectTransport', request),
  produce: async ({ agents, attendee }, request) => {
    await attendee.registrations.settled(request.id);
    return await agents.call(attendee, 'produce', request);
  },
  consume: async ({ agents, attendee }, request) => {
    await attendee.registrations.settled(request.id);
    return await agents.call(attendee, 'consume', request);
  },
  resume: ({ agents, attendee }, request) => agents.call(attendee, 'resume', request),
  setLayers: ({ agents, attendee }, request) => agents.call(attendee, 'setLayers', request),
  restartIce: async ({ agents, attendee, iceServers }, request) => {
    const restarted = await agents.call(attendee, 'restartIce', request);
    return { ...restarted, iceServers: iceServers(attendee) };
  },
  getStats: ({ agents, attendee }, request) => agents.call(attendee, 'getStats', request),
};

/**
 * Carries out a validated request of a participant.
 * @throws PorticoError of the room or the agent.
 */
export function perform<M extends RequestMethod>(
  services: RequestServices,
  attendee: Attendee,
  method: M,
  request: ClientInput<M>,
): Promise<ClientOutput<M>> {
  return table[method]({ ...services, attendee }, request);
}
