import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { startCluster, startSingle, type Deployment } from '../support/deployment.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { LocalBroker } from '../../common/bus/local-broker.ts';
import { LocalBus } from '../../common/bus/local-bus.ts';
import { RabbitBus } from '../../common/bus/rabbit-bus.ts';
import { silentLogger } from '../../common/observe/log.ts';
import { benchBus } from './bus.ts';
import { benchFirstFrame } from './first-frame.ts';
import { benchForwarding } from './forwarding.ts';
import { benchJoins } from './joins.ts';
import { benchManagement } from './management.ts';
import { benchMixing } from './mixing.ts';
import { benchRecording } from './recording.ts';
import { benchAbsentMemory, benchRelogin } from './relogin.ts';
import { table, type Figure } from './report.ts';
import { benchFanOut, benchIdleMemory } from './rooms.ts';
import { round } from './statistics.ts';

/*
 * `npm run bench` [part ...]: measures speed and memory, prints a table and writes bench-results.json.
 * Parts: joins, rooms, relogin, management, mixing, recording, forwarding, first-frame, bus; all by default. Machines are noisy: the comparisons are ratios
 * against a bare mediasoup script that runs in the same run.
 */
const unlimited = {
  portal: { logins_per_minute: 1_000_000, requests_per_second: 100_000, request_burst: 100_000 },
  observe: { log_level: 'info', log_format: 'json' },
};
const parts = new Set(process.argv.slice(2));
const wanted = (part: string) => parts.size === 0 || parts.has(part);
const figures: Figure[] = [];

const note = (found: Figure[]) => {
  figures.push(...found);
  process.stdout.write(`${table(found)}\n\n`);
};

async function using<T extends Deployment>(
  start: () => Promise<T>,
  work: (deployment: T) => Promise<void>,
): Promise<void> {
  const deployment = await start();
  try {
    await work(deployment);
  } finally {
    await deployment.stop();
  }
}

async function benchBuses(rabbitUrl: string): Promise<void> {
  const broker = new LocalBroker();
  const local = () => LocalBus.connect(broker);
  const rabbit = () => RabbitBus.connect({ url: rabbitUrl, heartbeatSec: 10, log: silentLogger });
  for (const { name, connect } of [
    { name: 'in-process', connect: local },
    { name: 'RabbitMQ', connect: rabbit },
  ]) {
    const [caller, server] = await Promise.all([connect(), connect()]);
    const { p50, p99, perSecond } = await benchBus({ caller, server });
    await Promise.all([caller.close(), server.close()]);
    note([
      { what: `bus round trip p50, ${name}`, value: round(p50, 3), unit: 'ms' },
      { what: `bus round trip p99, ${name}`, value: round(p99, 3), unit: 'ms' },
      { what: `bus calls, ${name}`, value: Math.round(perSecond), unit: '/s' },
    ]);
  }
}

const rabbit = await sharedRabbit();
const single = () => startSingle(unlimited);
const cluster = () => startCluster(rabbit.url, { accesses: 1 }, unlimited);
const twoPortals = () => startCluster(rabbit.url, { portals: 2, accesses: 1 }, unlimited);
const deployments = [
  { name: 'processes over RabbitMQ', start: cluster, targeted: true },
  { name: 'one process', start: single, targeted: false },
];

try {
  if (wanted('bus')) await benchBuses(rabbit.url);
  for (const { name, start, targeted } of deployments) {
    if (wanted('joins'))
      await using<Deployment>(start, async (deployment) => {
        note(await benchJoins(deployment, { name, targeted }));
      });
    if (!wanted('rooms')) continue;
    await using<Deployment>(start, async (deployment) => {
      note(await benchFanOut(deployment, name));
    });
    await using<Deployment>(start, async (deployment) => {
      note(await benchIdleMemory(deployment, name));
    });
  }
  if (wanted('relogin')) {
    await using(twoPortals, async (deployment) => {
      note(await benchRelogin(deployment, 'processes over RabbitMQ'));
    });
    for (const { name, start } of deployments)
      await using<Deployment>(start, async (deployment) => {
        note([await benchAbsentMemory(deployment, name)]);
      });
  }
  if (wanted('management')) {
    await using(single, async (deployment) => {
      note(await benchManagement(deployment, { name: 'one process', targeted: true }));
    });
  }
  if (wanted('first-frame'))
    await using(single, async (deployment) => {
      note(await benchFirstFrame(deployment));
    });
  if (wanted('forwarding')) note(await benchForwarding(single, 'one process'));
  if (wanted('mixing')) for (const count of [4, 9, 16]) note(await benchMixing(count));
  if (wanted('recording')) await benchRecording(note);
  const machine = `${String(cpus().length)} x ${cpus()[0]?.model ?? 'unknown processor'}`;
  await mkdir('.portico', { recursive: true });
  const results = { date: new Date().toISOString(), node: process.version, machine, figures };
  await writeFile('.portico/bench-results.json', `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`${table(figures)}\n\nwritten to .portico/bench-results.json\n`);
} finally {
  await rabbit.stop();
}
