import type { KeyObject } from 'node:crypto';
import { SigningKeys } from '../common/auth/keys.ts';
import { loadTicketKey } from '../common/auth/ticket-key.ts';
import type { Config } from '../common/config/schema.ts';
import { pause, within } from '../common/lifecycle/wait.ts';
import { createLogger, logFormat, type Logger } from '../common/observe/log.ts';
import { banner } from './banner.ts';
import { configOf, fileOf, type ConfigFlags } from './config-options.ts';
import { ffmpegInUse, mediaPorts, workerInUse } from './engines.ts';
import { explain, explainListening } from './failures.ts';
import type { ServiceRole } from './member.ts';
import { dataDir, isLoopback } from './network.ts';
import { ServerProcess } from './server-process.ts';
import { CommandError, exitCode, type Terminal } from './terminal.ts';
import { version } from './version.ts';

export interface ServerFlags extends ConfigFlags {
  dev?: boolean;
}

/** How long services may take to end before the process goes without them; a portal waits for its clients besides. */
const closeLimitMs = 10_000;
/** The same while they are still starting. */
const startGraceMs = 2_000;

export interface ServeOptions {
  flags: ServerFlags;
  terminal: Terminal;
  roles: readonly ServiceRole[];
}

/** Dev mode is for a server that only this machine can reach and nobody has configured, or for those who ask for it. */
const inDevMode = (flags: ServerFlags, config: Config, terminal: Terminal): boolean =>
  flags.dev === true || (fileOf(flags, terminal) === undefined && isLoopback(config.server.host));

/** Runs services until the process is asked to end. */
export async function serve({ flags, terminal, roles }: ServeOptions): Promise<void> {
  const config = configOf(flags, terminal);
  const alone = roles.length === 1;
  if (alone && config.bus.url === '') throw needsBus(roles[0] ?? '');
  const devMode = inDevMode(flags, config, terminal);
  const log = createLogger({
    level: config.observe.log_level,
    format: logFormat(config.observe.log_format, terminal.isTerminal),
    colour: terminal.isTerminal,
  });
  terminal.attachLog(log);
  const keys = await keysFor({ roles, config, devMode, terminal });
  if (keys.size === 0 && roles.includes('portal')) {
    log.warn('[auth] names no service: only tokens of services that the management API knows are accepted');
  }
  const ticketKey = roles.includes('portal') ? await ticketKeyFor(config, terminal, log) : undefined;
  const ending = new AbortController();
  const ended = terminal.ended().then((signal) => {
    ending.abort();
    return signal;
  });
  const starting = startServer({
    roles,
    config,
    log,
    devMode,
    keys,
    ticketKey,
    dataDir: dataDir(config, terminal.env),
    env: terminal.env,
    signal: ending.signal,
  });
  await Promise.race([starting, ended]);
  // Nobody depends on a process that is not up yet, so nobody waits long for its parts.
  const server = await (ending.signal.aborted ? Promise.race([starting, pause(startGraceMs)]) : starting);
  if (server === undefined) return;
  log.info(
    { version, roles, url: server.portal?.url, api: server.apiUrl, healthPort: server.healthPort },
    'ready',
  );
  if (!alone && !ending.signal.aborted) terminal.out(bannerOf({ server, config, devMode, terminal }));
  log.info({ signal: await ended }, 'asked to end');
  await inTime(server.close(), closeLimitMs + (roles.includes('portal') ? config.portal.drain_ms : 0));
  log.info('stopped');
}

function needsBus(role: string): CommandError {
  return new CommandError(
    `portico ${role} runs beside other processes and reaches them over RabbitMQ, but no bus is configured.\n` +
      `  Name it:  --bus amqp://user:password@host:5672/vhost   (or url under [bus] in the configuration)\n` +
      `  Everything in one process, without RabbitMQ:  portico start`,
    exitCode.usage,
  );
}

/**
 * The keys of the configuration. Who issues tokens makes one for itself when there is none; a portal of its own asks the
 * management API for those it does not know.
 */
async function keysFor(options: {
  roles: readonly ServiceRole[];
  config: Config;
  devMode: boolean;
  terminal: Terminal;
}): Promise<SigningKeys> {
  const { roles, config, devMode, terminal } = options;
  return await SigningKeys.load({
    services: config.auth.services,
    makes: roles.includes('api') || (roles.includes('portal') && devMode),
    dataDir: dataDir(config, terminal.env),
  });
}

async function ticketKeyFor(config: Config, terminal: Terminal, log: Logger): Promise<KeyObject> {
  const configured = config.reconnection.ticket_key;
  if (configured === '' && config.bus.url !== '') {
    log.warn(
      '[reconnection] ticket_key is not set: clients return only to portals with the same data folder',
    );
  }
  return await loadTicketKey({ configured, dataDir: dataDir(config, terminal.env) });
}

/** @returns undefined when the process was asked to end before it was up */
async function startServer(
  options: Parameters<typeof ServerProcess.start>[0],
): Promise<ServerProcess | undefined> {
  try {
    return await ServerProcess.start(options);
  } catch (error) {
    if (!options.signal.aborted) throw explainListening(error, options.config) ?? error;
    // Parts that are asked to end while they start may fail, which is as good as ending.
    options.log.info({ reason: explain(error).text }, 'stopped while starting');
    return undefined;
  }
}

/** Waits for what must not take longer once the process was asked to end. */
async function inTime<T>(ending: Promise<T>, limitMs: number): Promise<T> {
  const late = () => new CommandError(`Not everything had ended ${limitMs / 1000} s after the signal.`);
  return await within(ending, limitMs, late);
}

function bannerOf(options: {
  server: ServerProcess;
  config: Config;
  devMode: boolean;
  terminal: Terminal;
}): string {
  const { server, config, devMode, terminal } = options;
  return banner({
    version,
    url: server.portal?.url ?? '',
    apiUrl: server.apiUrl ?? '',
    config,
    devMode,
    dataDir: dataDir(config, terminal.env),
    mediaPorts: mediaPorts(config),
    healthPort: server.healthPort,
    worker: workerInUse(terminal.env),
    ffmpeg: ffmpegInUse(terminal.env, config.mixer.ffmpeg),
    // Started by npm from a checkout there is no `portico` on the path.
    command: terminal.env['npm_lifecycle_event'] === undefined ? 'portico' : 'npm run --silent portico --',
  });
}
