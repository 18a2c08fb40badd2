import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { RabbitBus } from '../../common/bus/rabbit-bus.ts';
import { maskText } from '../../common/config/mask.ts';
import type { Config } from '../../common/config/schema.ts';
import type { Logger } from '../../common/observe/log.ts';
import { mediaPorts } from '../engines.ts';
import { isLoopback } from '../network.ts';
import { failed, ok, sentence, warning, type Finding } from './finding.ts';

export async function checkBus({ bus }: Config, log: Logger): Promise<Finding> {
  const name = 'RabbitMQ';
  if (bus.url === '') return ok(name, 'not used: everything runs in one process');
  try {
    const connection = await RabbitBus.connect({
      url: bus.url,
      prefix: bus.prefix,
      heartbeatSec: bus.heartbeat_s,
      maxMessageBytes: bus.max_message_bytes,
      defaultTimeoutMs: bus.call_timeout_ms,
      rememberMs: bus.remember_ms,
      name: 'portico doctor',
      connectTimeoutMs: 0,
      log,
    });
    await connection.close();
    return ok(name, maskText(bus.url));
  } catch (error) {
    const fix = 'Start it, and check user, password and vhost in [bus] url.';
    return failed(name, `${maskText(bus.url)}: ${sentence(error)}`, fix);
  }
}

async function tcpProblem(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return sentence(error);
  } finally {
    server.close();
  }
}

async function udpProblem(host: string, port: number): Promise<string | undefined> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
    return undefined;
  } catch (error) {
    return sentence(error);
  } finally {
    socket.close();
  }
}

/** A server that answers at the page's port is most likely this one: its ports are in use as they should. */
async function isRunning({ server }: Config): Promise<boolean> {
  const scheme = server.tls_certificate === '' ? 'http' : 'https';
  const host = server.host === '0.0.0.0' || server.host === '::' ? '127.0.0.1' : server.host;
  try {
    const answer = await fetch(`${scheme}://${host}:${server.port}/healthz`, {
      signal: AbortSignal.timeout(2_000),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

export async function checkPorts(config: Config): Promise<Finding> {
  const name = 'ports';
  if (await isRunning(config)) return ok(name, `in use by a server that answers on ${config.server.port}`);
  const { server, access } = config;
  const media = access.listen_ip === '' ? server.host : access.listen_ip;
  const problems = [
    await tcpProblem(server.host, server.port),
    ...(await Promise.all(
      mediaPorts(config).flatMap((port) => [udpProblem(media, port), tcpProblem(media, port)]),
    )),
  ].filter((problem) => problem !== undefined);
  const fix = `Another program has them (ss -lntup shows which), or take others:  --port, --set access.port=...`;
  if (problems.length > 0) return failed(name, problems.join('; '), fix);
  return ok(name, 'free (portico ports lists them)');
}

/** What clients are told to send media to. */
export function checkAnnouncedAddress({ server, access }: Config): Finding {
  const name = 'announced address';
  const listens = access.listen_ip === '' ? server.host : access.listen_ip;
  if (access.announced_address !== '')
    return ok(name, `${access.announced_address} (listening on ${listens})`);
  if (isLoopback(listens)) return ok(name, `${listens}: only this machine can join`);
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  const fix = 'Name the address that clients reach:  --set access.announced_address=203.0.113.7';
  if (listens === '0.0.0.0' || listens === '::') {
    return warning(name, `none configured; clients are told all of ${own.join(', ') || 'none'}`, fix);
  }
  const isPrivate = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(listens);
  if (isPrivate) return warning(name, `${listens} is private: clients outside cannot send media`, fix);
  return ok(name, listens);
}
