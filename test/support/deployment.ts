import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { signingKey } from '../../common/auth/keys.ts';
import { mintToken } from '../../common/auth/mint.ts';
import { freePort } from './free-port.ts';
import { PorticoProcess } from './portico-process.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface JoinOptions {
  room: string;
  user: string;
  role?: string | undefined;
  /** Address to go to instead of the deployment's: a proxy, another portal. */
  at?: string;
  /** Further query parameters of the sample app. */
  query?: Record<string, string>;
}

/** Where the management API is, and who may use all of it. */
export interface Management {
  url: string;
  service: string;
  key: string;
}

/** A running server, however it is spread over processes. */
export interface Deployment {
  /** Where browsers go. */
  readonly url: string;
  /** Page address that joins at once. */
  joinUrl(options: JoinOptions): string;
  /** A token for clients without a page. */
  token(options: JoinOptions): Promise<string>;
  /** The management API; of a cluster the one of its first api process. */
  management(): Promise<Management>;
  readonly processes: PorticoProcess[];
  /** What clients come through, one for each portal; none unless asked for. */
  readonly proxies: TcpProxy[];
  stop(): Promise<void>;
}

export type Overrides = Record<string, Record<string, unknown>>;

const key = { id: 'tests', secret: 'a-key-of-at-least-32-characters-for-tests' };

const common: Overrides = {
  access: { port: 0, workers: 1 },
  // Tests share their machine: it is as busy as it is.
  mixer: { max_load: 1 },
  observe: { log_level: 'info', log_format: 'json' },
};

function merge(...parts: Overrides[]): Overrides {
  const merged: Overrides = {};
  for (const part of parts) {
    for (const [section, values] of Object.entries(part)) merged[section] = { ...merged[section], ...values };
  }
  return merged;
}

function pageUrl(url: string, { room, user, role, query }: JoinOptions, token?: string): string {
  const address = new URL(url);
  const parameters = { room, user, autojoin: '1', ...(role === undefined ? {} : { role }), ...query };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  if (token !== undefined) address.searchParams.set('token', token);
  return address.href;
}

export interface SingleOptions {
  /** A program that runs the process (a network namespace). */
  launcher?: string[];
  /** Address to listen on; another one than loopback needs a page that counts as secure all the same. */
  host?: string;
  /** Clients come back through a proxy that can be broken; the server's own address stays open. */
  proxied?: boolean;
}

export interface Single extends Deployment {
  process: PorticoProcess;
  /** Starts it again, after it ended, with the same port and data. */
  restart(): Promise<void>;
}

/** `portico start` without a config file: everything in one process, dev mode. */
export async function startSingle(
  overrides: Overrides = {},
  { launcher = [], host = '127.0.0.1', proxied = false }: SingleOptions = {},
): Promise<Single> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'portico-test-'));
  const url = `http://${host}:${String(port)}`;
  const proxies = proxied ? [await TcpProxy.listen(port)] : [];
  const server = { host, public_url: proxies[0]?.url ?? url };
  const flags = Object.entries(merge(common, { server }, overrides)).flatMap(([section, values]) =>
    Object.entries(values).flatMap(([name, value]) => ['--set', `${section}.${name}=${toFlag(value)}`]),
  );
  const args = ['start', '--dev', '--port', String(port), '--set', `data_dir=${folder}`, ...flags];
  const launch = () => new PorticoProcess('portico', args, launcher).ready();
  const processes = [await launch()];
  const last = () => processes.at(-1) as PorticoProcess;
  return {
    url,
    processes,
    proxies,
    get process() {
      return last();
    },
    restart: async () => {
      await last().exit();
      processes.push(await launch());
    },
    joinUrl: (options) => pageUrl(options.at ?? url, options),
    token: async ({ room, user, role }) => {
      const body = JSON.stringify({ room, user, role: role ?? 'presenter' });
      const response = await fetch(`${url}/sample/tokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      if (!response.ok) throw new Error(`no token: ${String(response.status)} ${await response.text()}`);
      return await response.text();
    },
    management: async () => {
      return { url, service: 'dev', key: (await readFile(join(folder, 'token.key'), 'utf8')).trim() };
    },
    stop: async () => {
      await last().stop();
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const toFlag = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

export interface ClusterShape {
  portals?: number;
  conferences?: number;
  accesses?: number;
  /** None unless asked for. */
  mixers?: number;
  /** Processes of the management API; none unless asked for. */
  apis?: number;
  /** Clients come back through proxies that can be broken; the portals' own addresses stay open. */
  proxied?: boolean;
}

export interface Cluster extends Deployment {
  portals: PorticoProcess[];
  conferences: PorticoProcess[];
  accesses: PorticoProcess[];
  mixers: PorticoProcess[];
  apis: PorticoProcess[];
  /** Addresses of the management API, in the order of its processes. */
  apiUrls: string[];
  /** Addresses of the portals themselves, in their order. */
  urls: string[];
  /** One more process of a role, ready. */
  add(role: 'portal' | 'conference' | 'access' | 'mixer' | 'api'): Promise<PorticoProcess>;
}

/** Separate processes over RabbitMQ. */
export async function startCluster(
  rabbitUrl: string,
  shape: ClusterShape = {},
  overrides: Overrides = {},
): Promise<Cluster> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'portico-test-'));
  const file = join(folder, 'portico.toml');
  const base = {
    server: { port },
    bus: { url: rabbitUrl, prefix: `t${randomBytes(6).toString('hex')}` },
    auth: { services: [{ id: key.id, key: key.secret }] },
  };
  await writeFile(file, stringify({ data_dir: folder, ...merge(common, base, overrides) }));
  const url = `http://127.0.0.1:${String(port)}`;
  let count = 0;
  const start = (role: string, extra: string[] = []) =>
    new PorticoProcess(`${role} ${String((count += 1))}`, [role, '--config', file, ...extra]);
  const conferences = Array.from({ length: shape.conferences ?? 1 }, () => start('conference'));
  const accesses = Array.from({ length: shape.accesses ?? 2 }, () => start('access'));
  const mixers = Array.from({ length: shape.mixers ?? 0 }, () => start('mixer'));
  const apis: PorticoProcess[] = [];
  const apiUrls: string[] = [];
  const startApi = async () => {
    const own = await freePort();
    apiUrls.push(`http://127.0.0.1:${String(own)}`);
    const api = start('api', ['--api-port', String(own)]);
    apis.push(api);
    return api;
  };
  for (let index = 0; index < (shape.apis ?? 0); index += 1) await startApi();
  const portals: PorticoProcess[] = [];
  const proxies: TcpProxy[] = [];
  const urls: string[] = [];
  const startPortal = async (own: number) => {
    const address = `http://127.0.0.1:${String(own)}`;
    const proxy = shape.proxied === true ? await TcpProxy.listen(own) : undefined;
    if (proxy !== undefined) proxies.push(proxy);
    urls.push(address);
    const flags = ['--port', String(own), '--set', `server.public_url=${proxy?.url ?? address}`];
    const portal = start('portal', flags);
    portals.push(portal);
    return portal;
  };
  for (let index = 0; index < (shape.portals ?? 1); index += 1) {
    await startPortal(index === 0 ? port : await freePort());
  }
  const processes = [...apis, ...conferences, ...accesses, ...mixers, ...portals];
  const stopAll = async () => {
    await Promise.all(processes.map((process) => process.stop()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await rm(folder, { recursive: true, force: true });
  };
  const token = ({ room, user, role, at = url }: JoinOptions) =>
    mintToken({
      key: signingKey(key.id, key.secret),
      room,
      user,
      role: role ?? 'presenter',
      host: new URL(at).host,
      secure: false,
      lifetimeS: 3600,
    });
  try {
    await Promise.all(processes.map((process) => process.ready()));
    await Promise.all(urls.map(membersSeen));
  } catch (error) {
    await stopAll();
    throw error;
  }
  return {
    url,
    processes,
    portals,
    conferences,
    accesses,
    mixers,
    apis,
    apiUrls,
    proxies,
    urls,
    management: () => Promise.resolve({ url: apiUrls[0] ?? '', service: key.id, key: key.secret }),
    joinUrl: (options) => pageUrl(options.at ?? url, options, token(options)),
    token: (options) => Promise.resolve(token(options)),
    add: async (role) => {
      const process = await (role === 'portal'
        ? startPortal(await freePort())
        : role === 'api'
          ? startApi()
          : start(role));
      if (role === 'conference') conferences.push(process);
      if (role === 'access') accesses.push(process);
      if (role === 'mixer') mixers.push(process);
      processes.push(process);
      return await process.ready();
    },
    stop: stopAll,
  };
}

/** A portal must know everybody before participants are placed. */
async function membersSeen(url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.status === 200) return;
    if (Date.now() > deadline) throw new Error(`portal is not ready: ${String(response?.status)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
