import type { Server } from 'node:http';
import { fastify, type FastifyInstance } from 'fastify';
import type { SigningKeys } from '../common/auth/keys.ts';
import { listen } from '../common/http/listen.ts';
import { createWebServer, loadTls } from '../common/http/tls.ts';
import type { RunningService, ServiceContext } from '../common/service.ts';
import { serveAdminPage } from './http/admin-page.ts';
import { registerManagement } from './http/app.ts';
import { assemble, closeParts, type Parts } from './parts.ts';

export interface ManagementOptions {
  /** Services of the configuration, or the one made in the data folder. */
  keys: Pick<SigningKeys, 'list'>;
  /** Folder of the SQLite file, and of the key that seals it. */
  dataDir: string;
  version: string;
  /** Listens on a port of its own; absent: somebody mounts it (see `mount`). */
  port?: number;
  /** More routes on that port: health and metrics. */
  registerRoutes?: (app: FastifyInstance) => void | Promise<void>;
}

/** How often what is over is forgotten, ms. */
const purgeMs = 3_600_000;
const dayMs = 86_400_000;
/** What is being answered when it closes has so long, ms. */
const answersMs = 2_000;

/** The management API: rooms, tokens, webhooks, the admin page. Any number of processes share one store. */
export class ManagementApi implements RunningService {
  readonly #context: ServiceContext;
  readonly #parts: Parts;
  readonly #purger: NodeJS.Timeout;
  #web: { app: FastifyInstance; url: string } | undefined;
  #closing: Promise<void> | undefined;

  /** @throws Error when the store, the port or the certificate cannot be used; the sentence says which and why. */
  static async create(context: ServiceContext, options: ManagementOptions): Promise<ManagementApi> {
    const api = new ManagementApi(context, await assemble(context, options));
    try {
      if (options.port !== undefined) await api.#listen({ ...options, port: options.port });
    } catch (error) {
      await api.close();
      throw error;
    }
    return api;
  }

  private constructor(context: ServiceContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
    this.#purger = setInterval(() => {
      void this.#purge();
    }, purgeMs);
    void this.#purge();
  }

  /** Where it listens by itself; undefined: on somebody else's port. */
  get url(): string | undefined {
    return this.#web?.url;
  }

  /** Whether the store answers; for `/readyz`. */
  async storeProblem(): Promise<string | undefined> {
    try {
      await this.#parts.api.store.ping();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : 'the store does not answer';
    }
  }

  /** Adds its paths to an HTTP server that is about to listen. */
  async mount(app: FastifyInstance): Promise<void> {
    await registerManagement(app, this.#parts.api);
    await serveAdminPage(app);
  }

  async #listen({
    port,
    registerRoutes,
  }: Pick<ManagementOptions, 'registerRoutes'> & { port: number }): Promise<void> {
    const { server, management } = this.#context.config;
    const tls = await loadTls(server);
    const app = fastify({
      logger: false,
      routerOptions: { maxParamLength: 256 },
      serverFactory: (listener) => createWebServer(tls, listener) as Server,
    });
    await registerRoutes?.(app);
    await this.mount(app);
    await app.ready();
    const host = management.host === '' ? server.host : management.host;
    const taken = await listen(app.server, { host, port });
    const url = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${taken}`;
    this.#web = { app, url };
    this.#context.log.info({ url, port: taken }, 'management API listens');
  }

  async #purge(): Promise<void> {
    const now = Date.now();
    const { config, log } = this.#context;
    try {
      await this.#parts.api.store.purge(now - config.management.keep_history_days * dayMs, now);
    } catch (error) {
      log.warn({ err: error }, 'what is over could not be removed from the store');
    }
  }

  /** Answers what runs, lets webhooks on their way end. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#purger);
    if (this.#web !== undefined) await closeWeb(this.#web.app);
    await closeParts(this.#parts);
  }
}

/** Browsers open connections on which they ask nothing, for later: such a one would keep the server open for a minute. */
async function closeWeb(app: FastifyInstance): Promise<void> {
  // It is a server of ours, which fastify leaves open.
  const gone = new Promise((resolve) => app.server.close(resolve));
  const closed = Promise.all([app.close(), gone]);
  app.server.closeIdleConnections();
  const limit = setTimeout(() => {
    app.server.closeAllConnections();
  }, answersMs);
  await closed;
  clearTimeout(limit);
}
