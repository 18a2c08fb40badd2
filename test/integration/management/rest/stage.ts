import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify, type FastifyInstance } from 'fastify';
import jwt from 'jsonwebtoken';
import { LocalBroker } from '../../../../common/bus/local-bus.ts';
import { Config } from '../../../../common/config/schema.ts';
import { silentLogger, type Logger } from '../../../../common/observe/log.ts';
import { serveAdminPage } from '../../../../management-api/http/admin-page.ts';
import { registerManagement } from '../../../../management-api/http/app.ts';
import type { ApiParts } from '../../../../management-api/http/parts.ts';
import { ClusterView } from '../../../../management-api/live/cluster-view.ts';
import { LiveRooms } from '../../../../management-api/live/live-rooms.ts';
import { Pushes } from '../../../../management-api/live/pushes.ts';
import { ServiceDirectory } from '../../../../management-api/services/directory.ts';
import { RoomAccess } from '../../../../management-api/services/room-access.ts';
import { openStore } from '../../../../management-api/store/open.ts';
import { addSecurityHeaders } from '../../../../portal/http/headers.ts';
import { ScriptedAgent, ScriptedNode, startPortal } from './cluster.ts';

export interface ServiceKey {
  id: string;
  key: string;
}

export const superService: ServiceKey = { id: 'operator', key: 'operator-key-of-32-characters-or-more' };
export const otherService: ServiceKey = { id: 'other-app', key: 'other-app-key-of-32-characters-or-more' };

export interface RegisteredRoute {
  method: string;
  url: string;
  hidden: boolean;
}

export interface StageOptions {
  management?: Record<string, unknown>;
  rooms?: Record<string, unknown>;
  log?: Logger;
  /** Of PostgreSQL; absent: an SQLite file of its own. */
  database?: string;
  /** Folder with the admin page; absent: it is not served. */
  adminPage?: string;
}

/** The header of a request by MAuth. */
export function mauth(
  { id, key }: ServiceKey,
  {
    at = Date.now(),
    nonce = randomBytes(8).toString('hex'),
    user,
    role,
  }: { at?: number; nonce?: string; user?: string; role?: string } = {},
): string {
  const name = user === undefined ? undefined : Buffer.from(user).toString('base64');
  const text = [at, nonce, ...(name === undefined ? [] : [name, role ?? ''])].join(',');
  const signature = Buffer.from(createHmac('sha256', key).update(text).digest('hex')).toString('base64');
  const who = name === undefined ? '' : `,mauth_username=${name},mauth_role=${role ?? ''}`;
  return (
    `MAuth realm=http://any,mauth_signature_method=HMAC_SHA256,mauth_serviceid=${id},mauth_cnonce=${nonce},` +
    `mauth_timestamp=${at},mauth_signature=${signature}${who}`
  );
}

export function bearer(
  { id, key }: ServiceKey,
  claims: Record<string, unknown> = {},
  options: jwt.SignOptions = {},
): string {
  const payload = { aud: 'portico-admin', exp: Math.floor(Date.now() / 1000) + 60, ...claims };
  return `Bearer ${jwt.sign(payload, key, { algorithm: 'HS256', keyid: id, ...options })}`;
}

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}

export interface RequestOptions {
  as?: ServiceKey;
  /** Instead of a signature of `as`; empty: none. */
  authorization?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** The API with a real store, on a cluster whose other members are scripted. */
export class Stage {
  readonly app: FastifyInstance;
  readonly parts: ApiParts;
  readonly agent: ScriptedAgent;
  readonly portal: ScriptedNode;
  readonly broker: LocalBroker;
  readonly url: string;
  /** Who portals say is inside, by room. */
  readonly inside: { room: string }[];
  /** All routes that the API has added. */
  readonly routes: readonly RegisteredRoute[];
  readonly #node: ScriptedNode;
  readonly #folder: string;

  private constructor(
    made: Pick<Stage, 'app' | 'parts' | 'agent' | 'portal' | 'broker' | 'url' | 'inside' | 'routes'> & {
      node: ScriptedNode;
      folder: string;
    },
  ) {
    this.app = made.app;
    this.parts = made.parts;
    this.agent = made.agent;
    this.portal = made.portal;
    this.broker = made.broker;
    this.url = made.url;
    this.inside = made.inside;
    this.routes = made.routes;
    this.#node = made.node;
    this.#folder = made.folder;
  }

  static async start({
    management = {},
    rooms = {},
    log = silentLogger,
    database,
    adminPage,
  }: StageOptions = {}): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'portico-rest-'));
    const broker = new LocalBroker();
    const inside: { room: string }[] = [];
    const node = await ScriptedNode.start(broker, 'api');
    await node.membership.announce();
    const portal = await startPortal(broker, { url: 'https://portal.example:8443', load: 0.5 }, () => inside);
    const agent = await ScriptedAgent.start(broker);
    const config = Config.parse({
      management: { failures_per_minute: 1_000_000, ...management },
      rooms,
    });
    const url = database ?? join(folder, 'portico.db');
    const parts = await assemble({ config, node, database: url, log });
    const app = fastify({
      forceCloseConnections: true,
      bodyLimit: 16_384,
      routerOptions: { maxParamLength: 256 },
    });
    const routes: RegisteredRoute[] = [];
    app.addHook('onRoute', ({ method, url, schema }) => {
      for (const one of [method].flat()) routes.push({ method: one, url, hidden: schema?.hide === true });
    });
    addSecurityHeaders(app);
    await registerManagement(app, parts);
    if (adminPage !== undefined) await serveAdminPage(app, adminPage);
    const base = await app.listen({ host: '127.0.0.1', port: 0 });
    return new Stage({ app, parts, agent, portal, broker, url: base, inside, routes, node, folder });
  }

  async request<T = unknown>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    const { as = superService, authorization = bearer(as), body, headers = {} } = options;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(authorization === '' ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const value = (isJson && text !== '' ? JSON.parse(text) : text) as T;
    return { status: response.status, headers: response.headers, text, body: value };
  }

  /** The store has a second service besides. */
  async addOther(): Promise<void> {
    await this.parts.directory.create({ id: otherService.id, name: 'other', key: otherService.key });
  }

  async stop(): Promise<void> {
    await this.app.close();
    this.parts.pushes.close();
    await this.parts.directory.close();
    await this.agent.close();
    await this.portal.close();
    await this.#node.close();
    await this.parts.store.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function assemble(options: {
  config: Config;
  node: ScriptedNode;
  database: string;
  log: Logger;
}): Promise<ApiParts> {
  const { config, node, database, log } = options;
  const { bus, membership } = node;
  const store = await openStore({ url: database, secret: 's'.repeat(32), pool: 4 });
  const directory = await ServiceDirectory.create({
    statics: [superService],
    superService: config.management.super_service,
    services: store.services,
    bus,
    log,
  });
  return {
    ...{ config, log, store, membership, directory },
    rooms: new RoomAccess(store.rooms),
    live: new LiveRooms({ bus, membership }),
    cluster: new ClusterView({ bus, membership, log }),
    pushes: new Pushes({ bus, membership, log }),
    wakeWebhooks: () => undefined,
    version: '1.2.3',
  };
}
