import { readFile } from 'node:fs/promises';
import type { Options, SocketOptions } from 'amqplib';
import { PorticoError } from '../contract/errors.ts';

/** Where the broker is and how to get in, read from its URL. */
export interface RabbitTarget {
  connect: Options.Connect;
  tls: { ca?: string; cert?: string; key?: string; verify: boolean; serverName?: string };
  /** The URL without the password, for logs. */
  shown: string;
}

/** Query parameters of a URL; the names are those of RabbitMQ's own clients. */
const parameters = ['cacertfile', 'certfile', 'keyfile', 'verify', 'server_name_indication'] as const;

/**
 * Reads `amqp[s]://user:password@host:port/vhost`. For amqps these parameters may follow: `cacertfile`, `certfile`,
 * `keyfile` (paths of PEM files), `verify` (`verify_peer`, the default, or `verify_none`), `server_name_indication`.
 * @throws PorticoError `bad_request` that says what is wrong, without the password
 */
export function parseRabbitUrl(text: string): RabbitTarget {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'amqp:' && url.protocol !== 'amqps:')) {
    throw new PorticoError('bad_request', 'the URL of the bus must begin with amqp:// or amqps://');
  }
  const query = readQuery(url.searchParams);
  const protocol = url.protocol.slice(0, -1);
  const port = Number(url.port === '' ? (protocol === 'amqps' ? 5671 : 5672) : url.port);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const anonymous = url.username === '' && url.password === '';
  return {
    connect: {
      protocol,
      hostname,
      port,
      username: anonymous ? 'guest' : decodeURIComponent(url.username),
      password: anonymous ? 'guest' : decodeURIComponent(url.password),
      vhost: url.pathname.slice(1), // amqplib decodes it; empty means `/`
    },
    tls: {
      verify: query.get('verify') !== 'verify_none',
      ...(query.has('cacertfile') && { ca: query.get('cacertfile') ?? '' }),
      ...(query.has('certfile') && { cert: query.get('certfile') ?? '' }),
      ...(query.has('keyfile') && { key: query.get('keyfile') ?? '' }),
      ...(query.has('server_name_indication') && { serverName: query.get('server_name_indication') ?? '' }),
    },
    shown: `${protocol}://${url.host}${url.pathname}`,
  };
}

function readQuery(query: URLSearchParams): Map<string, string> {
  const known: readonly string[] = parameters;
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const text = `the URL of the bus has an unknown parameter '${unknown}'; known are ${known.join(', ')}`;
    throw new PorticoError('bad_request', text);
  }
  const verify = query.get('verify') ?? 'verify_peer';
  if (verify !== 'verify_peer' && verify !== 'verify_none') {
    throw new PorticoError(
      'bad_request',
      "'verify' in the URL of the bus must be verify_peer or verify_none",
    );
  }
  return new Map(query);
}

/** Socket options of a connection attempt; certificates are read anew each time, for they are renewed. */
export async function socketOptions({ connect, tls }: RabbitTarget): Promise<SocketOptions> {
  if (connect.protocol !== 'amqps') return {};
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(readIfGiven));
  return {
    rejectUnauthorized: tls.verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
}

async function readIfGiven(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : await readFile(path);
}
