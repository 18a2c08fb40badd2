import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Service } from '../common/bus/bus.ts';
import { within } from '../common/lifecycle/wait.ts';
import type { RunningService, ServiceContext } from '../common/service.ts';
import { checkIce } from './ice-servers.ts';
import { listen } from '../common/http/listen.ts';
import type { PageFolders } from './http/pages.ts';
import { loadTls } from '../common/http/tls.ts';
import { createWeb, type Web } from './http/web.ts';
import { drain } from './drain.ts';
import { assemble, type Parts, type Secrets } from './parts.ts';
import { publicUrl } from './public-url.ts';
import { serveMember } from './rooms/member-service.ts';
import { SessionSet } from './signalling/session-set.ts';
import type { Link } from './signalling/session-services.ts';
import { Session } from './signalling/session.ts';
import { SocketServer } from './signalling/socket-server.ts';

export interface PortalOptions extends Secrets {
  /** The sample app gets its tokens here. */
  devMode: boolean;
  /** Adds routes to the portal's port before it listens: health, metrics. */
  registerRoutes?: (fastify: FastifyInstance) => void | Promise<void>;
  /** Folders of the built client; default: client/dist. */
  pages?: PageFolders;
}

const builtPages: PageFolders = {
  app: fileURLToPath(new URL('../client/dist/app', import.meta.url)),
  sdk: fileURLToPath(new URL('../client/dist/sdk', import.meta.url)),
};

/** How long a closing portal waits for rooms to learn that its participants are away, ms. */
const farewellMs = 2_000;
const sweepMs = 60_000;

/**
 * Signalling of clients: connections, tokens, requests to rooms and agents, notifications. Holds no state of a room but
 * what lets the room be rebuilt.
 */
export class Portal implements RunningService {
  /** Where clients reach it. */
  readonly url: string;
  /** Port it listens on. */
  readonly port: number;
  readonly #web: Web;
  readonly #sockets: SocketServer;
  readonly #context: ServiceContext;
  readonly #parts: Parts;
  /** What it serves and hears on the bus. */
  readonly #services: readonly Service[];
  readonly #sessions: SessionSet;
  readonly #sweeper: NodeJS.Timeout;
  #closing: Promise<void> | undefined;

  /** @throws Error when the port, the certificate or the key cannot be used; the sentence says which and why. */
  static async create(context: ServiceContext, options: PortalOptions): Promise<Portal> {
    checkIce(context.config.ice);
    const web = await openWeb(context, options);
    const sessions = new SessionSet();
    const sockets: SocketServer = new SocketServer({
      http: web.server,
      portal: context.config.portal,
      cors: context.config.server.cors,
      trustedProxies: context.config.server.trusted_proxies,
      onConnection: (link) => openSession(link, parts, sessions),
    });
    const parts = assemble(context, options, sockets);
    const { bus, membership, log } = context;
    const service = await serveMember({
      ...parts,
      bus,
      portal: membership.id,
      isDraining: () => parts.portals.draining,
      maxMessageBytes: context.config.bus.max_message_bytes,
      log,
    });
    const changes = await parts.serviceKeys.listen(bus);
    try {
      const port = await listen(web.server, context.config.server);
      return new Portal({ context, port, web, sockets, parts, services: [service, changes], sessions });
    } catch (error) {
      closeParts(parts);
      await Promise.all([service.close(), changes.close()]);
      await web.fastify.close();
      throw error;
    }
  }

  private constructor(made: {
    context: ServiceContext;
    port: number;
    web: Web;
    sockets: SocketServer;
    parts: Parts;
    services: readonly Service[];
    sessions: SessionSet;
  }) {
    const { context, port, parts } = made;
    this.port = port;
    this.url = publicUrl(context.config.server, port);
    parts.portals.own = this.url;
    this.#context = context;
    this.#web = made.web;
    this.#sockets = made.sockets;
    this.#parts = parts;
    this.#services = made.services;
    this.#sessions = made.sessions;
    this.#sweeper = setInterval(() => {
      parts.presence.sweep();
      parts.roster.sweep();
    }, sweepMs);
    context.log.info({ url: this.url, port }, 'portal listens');
  }

  get httpServer(): Server | SecureServer {
    return this.#web.server;
  }

  /** Sends clients to other portals, tells rooms who is away, then stops. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#sockets.refuse();
    const { membership, config } = this.#context;
    await membership.drain();
    await drain(this.#sessions, this.#parts.portals, { limitMs: config.portal.drain_ms, farewellMs });
    closeParts(this.#parts);
    await Promise.all(this.#sessions.all().map((session) => session.shutdown(farewellMs)));
    // Those who left just before; their rooms find out when this portal says goodbye if this takes too long.
    await within(this.#parts.departures.settled(), farewellMs, () => new Error('time is up')).catch(() => {});
    await Promise.all(this.#services.map((service) => service.close()));
    const closed = this.#sockets.close();
    this.#web.server.closeAllConnections();
    await closed;
    await this.#web.fastify.close();
  }
}

async function openWeb({ config, log }: ServiceContext, options: PortalOptions): Promise<Web> {
  const tls = await loadTls(config.server);
  const key = options.devMode ? options.keys.own : undefined;
  const hosts = [new URL(publicUrl(config.server)).hostname];
  return await createWeb({
    tls,
    pages: options.pages ?? builtPages,
    sampleTokens: key === undefined ? undefined : { key, secure: tls !== undefined, hosts },
    registerRoutes: options.registerRoutes,
    log,
  });
}

function closeParts({ takeover, intake, delivery, portals, api }: Parts): void {
  for (const part of [takeover, intake, delivery, portals, api]) part.close();
}

function openSession(link: Link, parts: Parts, sessions: SessionSet) {
  const session = new Session(link, parts.session);
  sessions.add(session);
  return {
    receive: (event: string, args: readonly unknown[]) => session.receive(event, args),
    signOfLife: () => {
      session.signOfLife();
    },
    disconnected: () => {
      sessions.delete(session);
      session.disconnected();
    },
  };
}
