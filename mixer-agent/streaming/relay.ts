import { once } from 'node:events';
import { connect, createServer, isIP, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { PorticoError } from '../../common/contract/errors.ts';
import { checkedLookup, checkLiteral, type Forbids } from './checked-lookup.ts';
import { networkWords } from './network-words.ts';

/** Ports that schemes stand for. */
const ports: Readonly<Record<string, number>> = { rtmp: 1935, rtmps: 443, rtsp: 554, rtsps: 322 };

interface Target {
  host: string;
  port: number;
  secure: boolean;
}

/** What FFmpeg is given instead of an address. */
export interface Relayed {
  /** Without `:`, of a connection without TLS. */
  scheme: string;
  url: string;
  /** Options that stand before the address. */
  options: string[];
}

/** Whether addresses of a scheme can be relayed. */
export const canBeRelayed = (scheme: string): boolean => Object.hasOwn(ports, scheme);

/**
 * A port on loopback through which FFmpeg reaches the far end of RTMP and RTSP. The name is resolved here, and each time
 * checked; for `rtmps` and `rtsps` TLS is made here, with certificates that are verified (by Node.js: `NODE_EXTRA_CA_CERTS`
 * names more authorities), which FFmpeg would not do.
 */
export class Relay {
  readonly #server: Server;
  readonly #forbids: Forbids;
  readonly #sockets = new Set<Socket>();
  #target: Target | undefined;
  #complaint: string | undefined;

  static async open(forbids: Forbids): Promise<Relay> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Relay(server, forbids);
  }

  private constructor(server: Server, forbids: Forbids) {
    this.#server = server;
    this.#forbids = forbids;
    server.on('connection', (client) => {
      this.#pass(client);
    });
  }

  /** Why the last connection came to nothing, as the end of a sentence. */
  get complaint(): string | undefined {
    return this.#complaint;
  }

  /** From now on it leads there. @param url of RTMP or RTSP */
  aim(url: string): Relayed {
    const { scheme = '', login = '', authority = '', rest = '' } = partsOf(url);
    const { host, port } = placeOf(authority, scheme);
    const plain = scheme.replace(/s$/, '');
    this.#target = { host, port, secure: plain !== scheme };
    this.#complaint = undefined;
    const own = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    const tcUrl = `${scheme}://${authority}/${applicationOf(rest)}`;
    return {
      scheme: plain,
      url: `${plain}://${login}${own}${rest}`,
      // Servers choose by the name in it.
      options: plain === 'rtmp' ? ['-rtmp_tcurl', tcUrl] : [],
    };
  }

  /** Ends all connections. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(client: Socket): void {
    client.on('error', () => undefined);
    const far = this.#reach();
    if (far === undefined) {
      client.destroy();
      return;
    }
    for (const socket of [client, far]) {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    }
    far.on('error', (error) => {
      this.#complaint = networkWords(error);
    });
    far.once('close', () => client.destroy());
    client.once('close', () => far.destroy());
    client.pipe(far).pipe(client);
  }

  #reach(): Socket | undefined {
    if (this.#target === undefined) return undefined;
    const { host, port, secure } = this.#target;
    try {
      checkLiteral(host, this.#forbids);
    } catch (error) {
      this.#complaint = PorticoError.from(error).message;
      return undefined;
    }
    const options = { host, port, lookup: checkedLookup(this.#forbids) };
    const far = secure
      ? connectSecurely({ ...options, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connect(options);
    return far.once(secure ? 'secureConnect' : 'connect', () => {
      this.#complaint = undefined;
    });
  }
}

const partsOf = (url: string): Partial<Record<string, string>> =>
  /^(?<scheme>[a-z]+):\/\/(?<login>[^/?#]*@)?(?<authority>[^/?#]*)(?<rest>.*)$/is.exec(url)?.groups ?? {};

function placeOf(authority: string, scheme: string): { host: string; port: number } {
  const [, v6, host = '', port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(authority) ?? [];
  return { host: v6 ?? host, port: Number(port ?? ports[scheme] ?? 0) };
}

/** What of a path FFmpeg takes for the application: the first part, and the second one when a third follows. */
function applicationOf(rest: string): string {
  const [path = ''] = rest.replace(/^\//, '').split('?');
  const parts = path.split('/');
  const second = parts[1] ?? '';
  return parts.length > 2 && !second.includes(':') ? `${parts[0] ?? ''}/${second}` : (parts[0] ?? '');
}
