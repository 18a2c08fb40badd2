import { fastify, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Bus } from '../bus/bus.ts';
import type { Membership } from '../cluster/membership.ts';
import type { Role } from '../contract/cluster.ts';
import { memberAddress } from '../contract/ids.ts';
import { within } from '../lifecycle/wait.ts';

/** One condition of being ready. */
export interface Check {
  readonly name: string;
  /** Resolves with what is wrong, undefined when nothing is. */
  problem(): Promise<string | undefined> | string | undefined;
}

export interface HealthOptions {
  /** Asked at each request: services come up one after the other. */
  checks: () => readonly Check[];
  metrics: Registry;
  /** How long a check may take, ms; those who ask do not wait for ever. */
  limitMs?: number;
}

/** What makes a service ready: its bus is up and its own address answers; a portal also needs somebody to work with. */
export function serviceChecks(role: Role, bus: Bus, membership: Membership): Check[] {
  const checks: Check[] = [
    { name: `${role}.bus`, problem: () => (bus.state === 'up' ? undefined : `bus is ${bus.state}`) },
    {
      name: `${role}.address`,
      async problem() {
        if (bus.state !== 'up') return 'not asked: the bus is not up';
        return (await bus.probe(memberAddress(membership.id))) ? undefined : 'own address is not served';
      },
    },
  ];
  const partners: Role[] = role === 'portal' ? ['conference', 'access'] : [];
  for (const partner of partners) {
    checks.push({
      name: `${role}.${partner}`,
      problem: () => (membership.members(partner).length > 0 ? undefined : `no ${partner} agent is known`),
    });
  }
  return checks;
}

async function outcome(check: Check, limitMs: number): Promise<string | undefined> {
  try {
    const late = () => new Error(`no answer within ${limitMs} ms`);
    return await within(Promise.resolve(check.problem()), limitMs, late);
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}

/**
 * Adds `GET /healthz` (200 while the process lives), `GET /readyz` (200, or 503 with what is missing) and
 * `GET /metrics` (Prometheus text).
 */
export function registerHealth(
  app: FastifyInstance,
  { checks, metrics, limitMs = 1_000 }: HealthOptions,
): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const outcomes = await Promise.all(
      checks().map(async (check) => [check.name, await outcome(check, limitMs)] as const),
    );
    const ready = outcomes.every(([, problem]) => problem === undefined);
    return await reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({
        ready,
        checks: Object.fromEntries(outcomes.map(([name, problem]) => [name, problem ?? 'ok'])),
      });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves health and metrics on a port of their own. */
export async function serveHealth(
  options: HealthOptions & { host: string; port: number },
): Promise<HealthServer> {
  const app = fastify({ logger: false, forceCloseConnections: true });
  registerHealth(app, options);
  await app.listen({ host: options.host, port: options.port });
  const address = app.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: async () => {
      await app.close();
    },
  };
}
