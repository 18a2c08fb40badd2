import type { SigningKeys } from '../common/auth/keys.ts';
import { Owners } from '../common/cluster/owners.ts';
import type { ParticipantId } from '../common/contract/ids.ts';
import type { ServiceContext } from '../common/service.ts';
import { iceServers } from './ice-servers.ts';
import { LoginLimit, RequestLimit } from './limits.ts';
import { PortalMetrics } from './metrics.ts';
import { AgentClient } from './rooms/agent-client.ts';
import { Delivery } from './rooms/delivery.ts';
import { Departures } from './rooms/departures.ts';
import { RoomClient } from './rooms/room-client.ts';
import { Roster } from './rooms/roster.ts';
import { Takeover } from './rooms/takeover.ts';
import { Logins } from './signalling/login.ts';
import type { SessionServices } from './signalling/session.ts';
import type { Outlet } from './signalling/wire.ts';

/** The parts of a portal that outlive its connections. */
export interface Parts {
  roster: Roster;
  owners: Owners;
  delivery: Delivery;
  departures: Departures;
  takeover: Takeover;
  /** What each session works with. */
  session: SessionServices;
}

/** Puts the parts of a portal together. */
export function assemble(context: ServiceContext, keys: SigningKeys, outlet: Outlet): Parts {
  const { bus, membership, prober, config, log } = context;
  const portal = membership.id;
  const metrics = new PortalMetrics(context.metrics);
  const owners = new Owners();
  const roster = new Roster();
  roster.on('forgotten', (room) => {
    owners.forget(room);
  });
  const rooms = new RoomClient({ bus, membership, owners, metrics, log });
  const departures = new Departures({ rooms, portal, log });
  const delivery = new Delivery({ roster, owners, outlet, metrics });
  const takeover = new Takeover({ bus, membership, prober, rooms, roster, log });
  const iceServersOf = (participant: ParticipantId) => iceServers(config.ice, participant);
  const session: SessionServices = {
    portal,
    rooms,
    agents: new AgentClient({ bus, portal, timeoutMs: config.bus.call_timeout_ms }),
    iceServers: ({ id }) => iceServersOf(id),
    loginTimeoutMs: config.portal.login_timeout_ms,
    logins: new Logins({
      portal,
      keys,
      rooms,
      roster,
      departures,
      limit: new LoginLimit({ perMinute: config.portal.logins_per_minute }),
      iceServers: iceServersOf,
    }),
    roster,
    delivery,
    departures,
    limit: new RequestLimit({
      perSecond: config.portal.requests_per_second,
      burst: config.portal.request_burst,
    }),
    metrics,
    log,
  };
  return { roster, owners, delivery, departures, takeover, session };
}
