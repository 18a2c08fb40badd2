import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server, type Socket } from 'socket.io';
import type { Config } from '../../common/config/schema.ts';
import { clientAddress } from '../../common/http/client-address.ts';
import type { Link } from './session-services.ts';
import type { ClientEvents, Outgoing, Outlet, PortalEvents } from './wire.ts';

type NoEvents = Record<string, never>;
type PortalServer = Server<ClientEvents, PortalEvents, NoEvents>;
type PortalSocket = Socket<ClientEvents, PortalEvents, NoEvents>;

/** How long a closed connection that polls is given to fetch what is left, ms. */
const pollCloseMs = 2_000;

/** What a connection's events are for. */
export interface Receiver {
  receive(event: string, args: readonly unknown[]): Promise<void>;
  signOfLife(): void;
  disconnected(): void;
}

export interface SocketServerOptions {
  http: HttpServer | HttpsServer;
  portal: Config['portal'];
  /** Origins that may connect; "*" is any. */
  cors: readonly string[];
  /** Reverse proxies in front whose word on addresses is believed. */
  trustedProxies: number;
  /** A new connection: who takes its events. */
  onConnection: (link: Link) => Receiver;
}

/** Most that waits for a client that does not read, bytes. */
const maxBacklogBytes = 4 * 1_048_576;

/** Whether a page of this origin may connect: WebSocket knows no CORS, so the server checks itself. */
function allowsOrigin(cors: readonly string[], { headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const { origin, host } = headers;
  if (origin === undefined || cors.includes('*') || cors.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Socket.IO, and nothing but Socket.IO: connections become links, their events go to receivers. */
export class SocketServer implements Outlet {
  readonly #io: PortalServer;
  #accepting = true;

  constructor({ http, portal, cors, trustedProxies, onConnection }: SocketServerOptions) {
    this.#io = new Server(http, {
      allowEIO3: true,
      maxHttpBufferSize: portal.max_message_bytes,
      pingInterval: portal.ping_interval_ms,
      pingTimeout: portal.ping_timeout_ms,
      connectTimeout: portal.login_timeout_ms,
      // Engine.IO 3 clients poll with credentials, for which "*" is no answer: the origin is reflected.
      cors: { origin: cors.includes('*') ? true : [...cors], credentials: true },
      allowRequest: (request, decide) => {
        decide(null, this.#accepting && allowsOrigin(cors, request));
      },
    });
    this.#io.on('connection', (socket) => {
      attach(socket, { onConnection, trustedProxies });
    });
    this.#io.engine.on('connection', ({ transport }: { transport: object }) => {
      // Engine.IO waits half a minute for one more poll of a client that was closed, and keeps the process alive for it.
      if ('closeTimeout' in transport) Reflect.set(transport, 'closeTimeout', pollCloseMs);
    });
  }

  /** Sends one event to many connections; Socket.IO encodes it once for all. */
  send(connections: readonly string[], { name, args }: Outgoing): void {
    if (connections.length === 0) return;
    this.#io.to([...connections]).emit(name, ...(args as []));
  }

  /** New connections are refused from now on. */
  refuse(): void {
    this.#accepting = false;
  }

  /** Closes all connections and the HTTP server. */
  async close(): Promise<void> {
    this.refuse();
    await this.#io.close();
  }
}

/**
 * Cuts a connection whose client does not read what it is sent. Engine.IO 4 notices by itself, as its ping goes
 * unanswered; an Engine.IO 3 client pings by itself and could let its queue grow for ever.
 */
function limitBacklog({ conn }: PortalSocket): void {
  let bytes = 0;
  conn.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
    bytes += data?.length ?? 0;
    // Not from within the sending, which goes through many connections.
    if (bytes > maxBacklogBytes)
      setImmediate(() => {
        conn.close(true);
      });
  });
  conn.on('drain', () => {
    bytes = 0;
  });
}

function attach(
  socket: PortalSocket,
  { onConnection, trustedProxies }: Pick<SocketServerOptions, 'onConnection' | 'trustedProxies'>,
): void {
  limitBacklog(socket);
  const { handshake } = socket;
  const receiver = onConnection({
    id: socket.id,
    address: clientAddress(handshake.address, handshake.headers['x-forwarded-for'], trustedProxies),
    emit: ({ name, args }) => socket.emit(name, ...(args as [])),
    close: () => socket.disconnect(true),
    // Without a farewell of Socket.IO: a client that was said goodbye to does not connect again.
    cut: () => {
      socket.conn.close();
    },
  });
  socket.conn.on('heartbeat', () => {
    receiver.signOfLife();
  });
  socket.onAny((event: unknown, ...args: unknown[]) => {
    void receiver.receive(String(event), args);
  });
  socket.on('disconnect', () => {
    receiver.disconnected();
  });
}
