import assert from 'node:assert/strict';
import { fastify } from 'fastify';
import { createMetrics } from '../../../common/observe/metrics.ts';
import { registerHealth, serveHealth, serviceChecks, type Check } from '../../../common/observe/health.ts';
import { LocalBroker, LocalBus } from '../../../common/bus/local-bus.ts';
import { Membership } from '../../../common/cluster/membership.ts';
import { memberAddress } from '../../../common/contract/ids.ts';
import { silentLogger } from '../../../common/observe/log.ts';

const good: Check = { name: 'good', problem: () => undefined };

/** Asks an app that has the given checks. */
async function ask(path: string, checks: Check[]) {
  const app = fastify();
  registerHealth(app, { checks: () => checks, metrics: createMetrics(), limitMs: 50 });
  const answer = await app.inject(path);
  await app.close();
  return answer;
}

describe('health', () => {
  it('is 200 while the process lives, ready or not', async () => {
    const bad: Check = { name: 'bad', problem: () => 'broken' };
    assert.equal((await ask('/healthz', [bad])).statusCode, 200);
  });

  it('is ready when nothing is wrong', async () => {
    const answer = await ask('/readyz', [good]);
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(answer.json(), { ready: true, checks: { good: 'ok' } });
  });

  it('says what is wrong when it is not ready', async () => {
    const bad: Check = { name: 'bad', problem: () => Promise.resolve('broken') };
    const answer = await ask('/readyz', [good, bad]);
    assert.equal(answer.statusCode, 503);
    assert.deepEqual(answer.json(), { ready: false, checks: { good: 'ok', bad: 'broken' } });
  });

  it('counts a check that fails or does not answer as a problem', async () => {
    const failing: Check = { name: 'failing', problem: () => Promise.reject(new Error('no connection')) };
    const hanging: Check = { name: 'hanging', problem: () => new Promise(() => undefined) };
    const answer = await ask('/readyz', [failing, hanging]);
    assert.equal(answer.statusCode, 503);
    assert.deepEqual(answer.json<{ checks: unknown }>().checks, {
      failing: 'no connection',
      hanging: 'no answer within 50 ms',
    });
  });

  it('answers the metrics in the format of Prometheus', async () => {
    const answer = await ask('/metrics', []);
    assert.match(String(answer.headers['content-type']), /^text\/plain; version=/);
    assert.match(answer.body, /^# TYPE process_cpu_seconds_total counter$/m);
  });

  it('has a port of its own when asked to', async () => {
    const options = { checks: () => [good], metrics: createMetrics(), host: '127.0.0.1', port: 0 };
    const server = await serveHealth(options);
    const answer = await fetch(`http://127.0.0.1:${server.port}/readyz`);
    assert.equal(answer.status, 200);
    await server.close();
    await assert.rejects(fetch(`http://127.0.0.1:${server.port}/readyz`));
  });
});

describe('the checks of a service', () => {
  const join = async (broker: LocalBroker, role: 'portal' | 'conference' | 'access') => {
    const bus = await LocalBus.connect(broker, { name: role });
    const options = { bus, role, log: silentLogger, heartbeatMs: 50, missedHeartbeats: 3 };
    return { bus, membership: await Membership.create(options) };
  };
  const problems = async (checks: Check[]) =>
    Object.fromEntries(
      await Promise.all(checks.map(async (check) => [check.name, (await check.problem()) ?? 'ok'] as const)),
    );

  it('follow the bus, the own address and, for a portal, those it needs', async () => {
    const broker = new LocalBroker();
    const portal = await join(broker, 'portal');
    const checks = serviceChecks('portal', portal.bus, portal.membership);
    assert.deepEqual(await problems(checks), {
      'portal.bus': 'ok',
      'portal.address': 'own address is not served',
      'portal.conference': 'no conference agent is known',
      'portal.access': 'no access agent is known',
    });

    await portal.bus.serve(memberAddress(portal.membership.id), () => Promise.resolve({}));
    const agents = await Promise.all((['conference', 'access'] as const).map((role) => join(broker, role)));
    const known = new Promise<void>((resolve) => {
      portal.membership.on('joined', () => {
        if (portal.membership.members().length === 2) resolve();
      });
    });
    await Promise.all(agents.map(({ membership }) => membership.announce()));
    await known;
    assert.deepEqual(new Set(Object.values(await problems(checks))), new Set(['ok']));

    broker.stop();
    assert.equal((await problems(checks))['portal.bus'], 'bus is connecting');
    for (const { bus, membership } of [portal, ...agents]) {
      await membership.close();
      await bus.close();
    }
  });
});
