import type { Config } from '../common/config/schema.ts';
import { mediaPorts } from './engines.ts';
import { isLoopback } from './network.ts';

/** A port that this configuration opens, and who must be able to reach it. */
export interface PortUse {
  /** `44400-44401`, or `any free`. */
  readonly ports: string;
  readonly transport: 'TCP' | 'UDP' | 'UDP, TCP';
  readonly address: string;
  readonly use: string;
  /** `clients`: open it in the firewall · `operators`: do not · `cluster`: for the other machines of the deployment. */
  readonly reachedBy: 'clients' | 'operators' | 'cluster' | 'this machine';
}

function range(ports: readonly number[]): string {
  const [first] = ports;
  const last = ports.at(-1);
  if (first === undefined || last === undefined) return 'any free';
  return first === last ? String(first) : `${first}-${last}`;
}

/** All ports of a deployment with this configuration. */
export function portsOf(config: Config): PortUse[] {
  const { server, management, observe, access } = config;
  const outside = (host: string, whom: PortUse['reachedBy']) => (isLoopback(host) ? 'this machine' : whom);
  const mediaAddress = access.listen_ip === '' ? server.host : access.listen_ip;
  const uses: PortUse[] = [
    {
      ports: server.port === 0 ? 'any free' : String(server.port),
      transport: 'TCP',
      address: server.host,
      use: management.port === null ? 'page, SDK, signalling, management API' : 'page, SDK, signalling',
      reachedBy: outside(server.host, 'clients'),
    },
    {
      ports: range(mediaPorts(config)),
      transport: 'UDP, TCP',
      address: mediaAddress,
      use: 'media',
      reachedBy: outside(mediaAddress, 'clients'),
    },
  ];
  if (management.port !== null) {
    const address = management.host === '' ? server.host : management.host;
    uses.push({
      ports: management.port === 0 ? 'any free' : String(management.port),
      transport: 'TCP',
      address,
      use: 'management API',
      reachedBy: outside(address, 'operators'),
    });
  }
  if (observe.port !== null) {
    uses.push({
      ports: observe.port === 0 ? 'any free' : String(observe.port),
      transport: 'TCP',
      address: observe.host,
      use: 'health and metrics',
      reachedBy: outside(observe.host, 'operators'),
    });
  }
  uses.push({
    ports: range(access.pipe_ports),
    transport: 'UDP',
    address: access.pipe_ip,
    use: 'media between agents',
    reachedBy: outside(access.pipe_ip, 'cluster'),
  });
  return uses;
}
