import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from '../../common/lifecycle/wait.ts';

/** Set by whoever runs several test files against one broker. */
export const sharedBrokerVariable = 'PORTICO_TEST_RABBITMQ_URL';

/** Debian's start script. The one in /usr/sbin wants the user `rabbitmq`; this one runs as anybody. */
const serverScript = process.env['PORTICO_TEST_RABBITMQ_SERVER'] ?? '/usr/lib/rabbitmq/bin/rabbitmq-server';
const startLimitMs = 60_000;

/** A private broker on loopback with its data in a temporary folder; nothing of it remains after `stop`. */
export interface TestRabbit {
  readonly url: string;
  /** Process id of the broker. */
  readonly pid: number;
  /** SIGKILL; `start` brings it back under the same URL. */
  kill(): Promise<void>;
  /** Starts it again after `kill`. */
  start(): Promise<void>;
  /** An orderly stop (clients are told) and a start. */
  restart(): Promise<void>;
  /** Hangs the broker (SIGSTOP) until `resume`. */
  suspend(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

interface Ports {
  amqp: number;
  epmd: number;
  dist: number;
}

/** A broker for this test file: the shared one when the run has one, else a private one. */
export async function sharedRabbit(): Promise<{ url: string; stop: () => Promise<void> }> {
  const url = process.env[sharedBrokerVariable];
  if (url !== undefined && url !== '') return { url, stop: () => Promise.resolve() };
  return await startRabbit();
}

/** Starts a private broker. Ports are picked at random; when another process is faster, others are tried. */
export async function startRabbit(): Promise<TestRabbit> {
  for (let attempt = 1; ; attempt++) {
    const broker = new PrivateRabbit(await mkdtemp(join(tmpdir(), 'portico-rabbit-')), await freePorts());
    try {
      await broker.prepare();
      await broker.start();
      return broker;
    } catch (error) {
      await broker.stop();
      if (attempt === 3) throw error;
    }
  }
}

class PrivateRabbit implements TestRabbit {
  readonly url: string;
  readonly #folder: string;
  readonly #ports: Ports;
  #beam: ChildProcess | undefined;
  #epmd: ChildProcess | undefined;
  #guard: ChildProcess | undefined;

  constructor(folder: string, ports: Ports) {
    this.#folder = folder;
    this.#ports = ports;
    this.url = `amqp://guest:guest@127.0.0.1:${ports.amqp}`;
  }

  get pid(): number {
    return this.#beam?.pid ?? 0;
  }

  /** Config files, the name daemon that Erlang needs (in the foreground, so that it can be ended), the guard. */
  async prepare(): Promise<void> {
    await writeFile(join(this.#folder, 'plugins'), '[].\n');
    await writeFile(
      join(this.#folder, 'rabbitmq.conf'),
      `listeners.tcp.default = 127.0.0.1:${this.#ports.amqp}\nlog.file.level = warning\n`,
    );
    this.#epmd = await launch('epmd', [], this.#environment());
    this.#guard = await launch('sh', ['-c', guardScript, 'guard', this.#folder], {}, 'pipe');
    this.#tellGuard(this.#epmd);
  }

  async start(): Promise<void> {
    const beam = await launch(serverScript, [], this.#environment());
    this.#beam = beam;
    this.#tellGuard(beam);
    const limit = AbortSignal.timeout(startLimitMs);
    while (!(await answersAmqp(this.#ports.amqp))) {
      if (hasEnded(beam) || limit.aborted) throw new Error(`RabbitMQ did not start:\n${await this.#log()}`);
      await pause(50);
    }
  }

  async kill(): Promise<void> {
    await end(this.#beam, 'SIGKILL');
    this.#tellGuard(undefined);
  }

  async restart(): Promise<void> {
    await end(this.#beam, 'SIGTERM');
    await this.start();
  }

  suspend(): void {
    this.#beam?.kill('SIGSTOP');
  }

  resume(): void {
    this.#beam?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await end(this.#beam, 'SIGKILL');
    await end(this.#epmd, 'SIGKILL');
    await end(this.#guard, 'SIGKILL');
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #environment(): NodeJS.ProcessEnv {
    const { amqp, epmd, dist } = this.#ports;
    return {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: this.#folder, // the Erlang cookie is made here
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `portico${amqp}@localhost`,
      RABBITMQ_NODE_PORT: String(amqp),
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_DIST_PORT: String(dist),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
      RABBITMQ_CONFIG_FILE: join(this.#folder, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: join(this.#folder, 'none'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(this.#folder, 'plugins'),
      RABBITMQ_MNESIA_BASE: join(this.#folder, 'mnesia'),
      RABBITMQ_LOG_BASE: join(this.#folder, 'log'),
      RABBITMQ_PID_FILE: join(this.#folder, 'pid'),
      RUNNING_UNDER_SYSTEMD: 'true', // the script then becomes the broker instead of its parent
    };
  }

  #tellGuard(child: ChildProcess | undefined): void {
    this.#guard?.stdin?.write(`${child?.pid ?? ''}\n`);
  }

  async #log(): Promise<string> {
    const file = join(this.#folder, 'log', `portico${this.#ports.amqp}@localhost.log`);
    return await readFile(file, 'utf8').catch(() => '(no log)');
  }
}

/**
 * Ends the broker when the tests died without doing so: their end of the pipe closes. It is told the ids of the
 * processes; a restarted broker comes last and the ones before it are gone.
 */
const guardScript = [
  'read -r epmd; while read -r pid; do beam=$pid; done',
  'kill -9 "$epmd" $beam; rm -rf "$1"',
].join('; ');

/** Starts a process in its own group: Ctrl-C at the terminal is for the tests, which then end it themselves. */
async function launch(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  stdin: 'ignore' | 'pipe' = 'ignore',
): Promise<ChildProcess> {
  const options = { detached: true, env: { PATH: process.env['PATH'], ...env } };
  const child = spawn(command, args, { ...options, stdio: [stdin, 'ignore', 'ignore'] });
  await once(child, 'spawn');
  return child;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

async function freePorts(): Promise<Ports> {
  const servers = [createServer(), createServer(), createServer()];
  const [amqp = 0, epmd = 0, dist = 0] = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return { amqp, epmd, dist };
}

/** Whether an AMQP server answers the protocol header; the listener opens last, so it is ready then. */
async function answersAmqp(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('error', () => {
        resolve(false);
      });
      socket.once('close', () => {
        resolve(false);
      });
      socket.once('data', () => {
        resolve(true);
      });
      socket.write('AMQP\0\0\u0009\u0001', 'latin1');
    });
  } finally {
    socket.destroy();
  }
}
