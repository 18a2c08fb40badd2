import type { KeyObject } from 'node:crypto';
import type { SigningKeys } from '../common/auth/keys.ts';
import { ApiMembers } from '../common/cluster/api-members.ts';
import { Owners } from '../common/cluster/owners.ts';
import type { ParticipantId } from '../common/contract/ids.ts';
import type { ServiceContext } from '../common/service.ts';
import { ServiceKeys } from './auth/service-keys.ts';
import { iceServers } from './ice-servers.ts';
import { LoginLimit, RequestLimit } from './limits.ts';
import { PortalMetrics, type Kept } from './metrics.ts';
import { PortalList } from './portal-list.ts';
import { publicUrl } from './public-url.ts';
import { AgentClient } from './rooms/agent-client.ts';
import { CatchUp } from './rooms/catch-up.ts';
import { Delivery } from './rooms/delivery.ts';
import { Departures } from './rooms/departures.ts';
import { Intake } from './rooms/intake.ts';
import { Presence } from './rooms/presence.ts';
import { RoomClient } from './rooms/room-client.ts';
import { Roster } from './rooms/roster.ts';
import { Takeover } from './rooms/takeover.ts';
import { Logins } from './signalling/login.ts';
import { Relogins } from './signalling/relogin.ts';
import { Resyncs } from './signalling/resync.ts';
import type { SessionServices } from './signalling/session-services.ts';
import type { Outlet } from './signalling/wire.ts';
import { Tickets } from './tickets/tickets.ts';

export interface Secrets {
  /** Keys that tokens may be signed with. */
  keys: SigningKeys;
  /** Key of reconnection tickets, the same for all portals of a deployment. */
  ticketKey: KeyObject;
}

/** The parts of a portal that outlive its connections. */
export interface Parts {
  roster: Roster;
  owners: Owners;
  rooms: RoomClient;
  intake: Intake;
  delivery: Delivery;
  departures: Departures;
  presence: Presence;
  takeover: Takeover;
  portals: PortalList;
  api: ApiMembers;
  serviceKeys: ServiceKeys;
  /** What each session works with. */
  session: SessionServices;
}

/** Entries are kept longer than anybody is waited for: a lost connection is noticed late, ms. */
const logGraceMs = 60_000;

/** Puts the parts of a portal together. */
export function assemble(context: ServiceContext, { keys, ticketKey }: Secrets, outlet: Outlet): Parts {
  const { bus, membership, prober, config, log } = context;
  const { window_ms: windowMs, ticket_lifetime_s, log_entries, log_bytes } = config.reconnection;
  const portal = membership.id;
  const owners = new Owners();
  const roster = new Roster({ entries: log_entries, bytes: log_bytes, ageMs: windowMs + logGraceMs });
  const metrics = new PortalMetrics(context.metrics, () => keptBy(roster));
  const rooms = new RoomClient({ bus, membership, owners, metrics, log });
  roster.on('forgotten', (room) => {
    owners.forget(room);
    rooms.forget(room);
  });
  const api = new ApiMembers(context);
  const serviceKeys = new ServiceKeys({ own: keys, api, log });
  const departures = new Departures({ rooms, portal, log });
  const presence = new Presence({ roster, departures, windowMs, log });
  const delivery = new Delivery({ roster, outlet, metrics });
  const intake = new Intake({
    bus,
    portal,
    roster,
    owners,
    rooms,
    pass: (record, stamped) => {
      delivery.pass(record, stamped);
    },
    maxWaiting: log_entries,
    log,
  });
  const takeover = new Takeover({ bus, membership, prober, rooms, roster, log });
  const portals = new PortalList({
    membership,
    own: publicUrl(config.server),
    tell: (event) => {
      delivery.tellAll(event);
    },
  });
  const iceServersOf = (participant: ParticipantId) => iceServers(config.ice, participant);
  const catchUp = new CatchUp({ portal, roster, rooms });
  const entering = {
    portal,
    rooms,
    roster,
    departures,
    delivery,
    presence,
    portals,
    tickets: new Tickets({ key: ticketKey, lifetimeMs: ticket_lifetime_s * 1000 }),
    limit: new LoginLimit({ perMinute: config.portal.logins_per_minute }),
    iceServers: iceServersOf,
  };
  const session: SessionServices = {
    ...entering,
    agents: new AgentClient({ bus, portal, timeoutMs: config.bus.call_timeout_ms }),
    iceServers: ({ id }) => iceServersOf(id),
    loginTimeoutMs: config.portal.login_timeout_ms,
    logins: new Logins({ ...entering, keys: serviceKeys }),
    relogins: new Relogins({ ...entering, catchUp }),
    resyncs: new Resyncs({ catchUp, delivery }),
    limit: new RequestLimit({
      perSecond: config.portal.requests_per_second,
      burst: config.portal.request_burst,
    }),
    metrics,
    log,
  };
  return {
    roster,
    owners,
    rooms,
    intake,
    delivery,
    departures,
    presence,
    takeover,
    portals,
    api,
    serviceKeys,
    session,
  };
}

function keptBy(roster: Roster): Kept {
  const kept = { entries: 0, bytes: 0, away: 0 };
  for (const { feed, attendees } of roster.rooms()) {
    kept.entries += feed.tail.size;
    kept.bytes += feed.tail.bytes;
    for (const { connection, backlog } of attendees.values()) {
      if (connection === undefined) kept.away += 1;
      kept.entries += backlog.length;
      for (const stamped of backlog) kept.bytes += JSON.stringify(stamped.entry).length;
    }
  }
  return kept;
}
