import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { pause } from '../../common/lifecycle/wait.ts';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
const startLimitMs = 60_000;

/** Where Debian keeps the programs, in a folder for each version. */
const versions = '/usr/lib/postgresql';

/**
 * A private PostgreSQL on loopback with its data in a temporary folder; nothing of it remains after `stop`, or after the
 * end of the tests. It does not keep them from ending.
 */
export interface TestPostgres {
  /** Makes an empty database. @returns its URL */
  createDatabase(): Promise<string>;
  /** Connections end at once, as in a crash; `start` brings it back under the same URLs. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

let shared: Promise<TestPostgres> | undefined;

/** The one of this process, for tests that make databases of their own and leave the server alone. */
export async function sharedPostgres(): Promise<TestPostgres> {
  shared ??= startPostgres();
  return await shared;
}

/** Starts one. Its port is picked at random; when another process is faster, another is tried. */
export async function startPostgres(): Promise<TestPostgres> {
  for (let attempt = 1; ; attempt++) {
    const server = new PrivatePostgres(await mkdtemp(join(tmpdir(), 'portico-postgres-')), await freePort());
    try {
      await server.prepare();
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      if (attempt === 3) throw error;
    }
  }
}

/** PostgreSQL refuses to run as root, whose tests run it as the user that Debian made for it. */
interface Account {
  uid?: number;
  gid?: number;
}

class PrivatePostgres implements TestPostgres {
  readonly #folder: string;
  readonly #port: number;
  #account: Account = {};
  #server: ChildProcess | undefined;
  #guard: ChildProcess | undefined;
  #databases = 0;

  constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  async prepare(): Promise<void> {
    this.#account = await unprivileged();
    const { uid, gid } = this.#account;
    if (uid !== undefined && gid !== undefined) await chown(this.#folder, uid, gid);
    const options = [
      '--username=portico',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ];
    await run(program('initdb'), ['-D', this.#data, ...options], this.#options());
    this.#guard = spawn('sh', ['-c', guardScript, 'guard', this.#folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(this.#guard, 'spawn');
    this.#guard.unref();
    const told = this.#guard.stdin;
    if (told instanceof Socket) told.unref();
  }

  async start(): Promise<void> {
    const args = ['-D', this.#data, '-p', String(this.#port), '-k', this.#folder];
    const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=100'];
    const log = ['-c', 'logging_collector=on', '-c', 'log_directory=log', '-c', 'log_filename=log'];
    const server = spawn(program('postgres'), [...args, ...settings, ...log], {
      ...this.#options(),
      detached: true,
      stdio: 'ignore',
    });
    await once(server, 'spawn');
    server.unref();
    this.#server = server;
    this.#guard?.stdin?.write(`${String(server.pid)}\n`);
    const limit = AbortSignal.timeout(startLimitMs);
    while (!(await this.#answers())) {
      if (hasEnded(server) || limit.aborted)
        throw new Error(`PostgreSQL did not start:\n${await this.#log()}`);
      await pause(30);
    }
  }

  async createDatabase(): Promise<string> {
    const name = `test${String(++this.#databases)}`;
    const client = await this.#connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    return this.#url(name);
  }

  /** SIGQUIT is its "immediate shutdown": as a crash, but it gives shared memory back. */
  async kill(): Promise<void> {
    await end(this.#server, 'SIGQUIT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await end(this.#guard, 'SIGKILL');
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  #url(database: string): string {
    return `postgres://portico@127.0.0.1:${String(this.#port)}/${database}`;
  }

  #options(): Account & { cwd: string; env: NodeJS.ProcessEnv } {
    return { ...this.#account, cwd: this.#folder, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } };
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#url('postgres') });
    // Its loss is for the query to tell.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async #answers(): Promise<boolean> {
    try {
      const client = await this.#connect();
      await client.end();
      return true;
    } catch {
      return false;
    }
  }

  async #log(): Promise<string> {
    return await readFile(join(this.#data, 'log', 'log'), 'utf8').catch(() => '(no log)');
  }
}

/** Ends the server when the tests died without doing so: their end of the pipe closes. The last one told is it. */
const guardScript = [
  'while read -r pid; do server=$pid; done',
  'kill -QUIT $server; while kill -0 $server; do sleep 0.1; done; rm -rf "$1"',
].join('; ');

/** The newest version that is installed. */
function program(name: string): string {
  const newest = readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin', name))
    .find((file) => existsSync(file));
  if (newest === undefined) throw new Error(`there is no ${name} below ${versions}`);
  return newest;
}

async function unprivileged(): Promise<Account> {
  if (userInfo().uid !== 0) return {};
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (option) => Number((await run('id', [option, 'postgres'])).stdout)),
  );
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.ref();
  child.kill(signal);
  await exit;
}
