import type { Cluster, Deployment } from '../support/deployment.ts';
import { SimulatedParticipant } from '../support/simulated-participant.ts';
import { until } from '../support/until.ts';
import { memoryBytes } from './process-usage.ts';
import type { Figure } from './report.ts';
import { median, percentile, round } from './statistics.ts';

const people = 50;
const rounds = 4;
const missed = 100;

/** From the first packet of the new connection to the answer of `relogin`, on the same portal and on another one. */
export async function benchRelogin(deployment: Cluster, name: string): Promise<Figure[]> {
  const [first = '', second = ''] = deployment.urls;
  const crowd = await fill(deployment, 'relogin', people, first);
  const figures: Figure[] = [];
  for (const [where, next] of [
    ['the same portal', (url: string) => url],
    ['another portal', (url: string) => (url === first ? second : first)],
  ] as const) {
    await inTurn(crowd, next);
    const alone = (await repeat(rounds, () => inTurn(crowd, next))).flat();
    const together = (await repeat(rounds, () => atOnce(crowd, next))).flat();
    figures.push(
      ...spread(`relogin on ${where}, one at a time, ${name}`, alone, 50),
      ...spread(`relogin on ${where}, ${String(people)} at once, ${name}`, together, 500),
    );
  }
  figures.push(await benchMissed(deployment, crowd, name));
  await Promise.all(crowd.map((person) => person.leave()));
  return figures;
}

/** All are away while one talks: from their return until each has been told everything. */
async function benchMissed(
  deployment: Deployment,
  crowd: SimulatedParticipant[],
  name: string,
): Promise<Figure> {
  const token = await deployment.token({ room: 'relogin', user: 'speaker' });
  const speaker = await SimulatedParticipant.join(deployment.url, token);
  const before = crowd.map(({ texts }) => texts.length);
  await Promise.all(crowd.map(breakOff));
  for (let index = 0; index < missed; index += 1) await speaker.send(`message ${String(index)}`);
  const started = performance.now();
  const times = await Promise.all(
    crowd.map(async (person, index) => {
      await person.comeBack(person.url);
      const all = (before[index] ?? 0) + missed;
      await until(() => person.texts.length >= all, { timeoutMs: 30_000, what: 'all texts of the outage' });
      return performance.now() - started;
    }),
  );
  await speaker.leave();
  return {
    what: `${String(people)} back at once, all told of ${String(missed)} missed texts, ${name}`,
    value: round(Math.max(...times)),
    unit: 'ms',
  };
}

/** Memory of all processes of the server for each participant that is away, with its transports and its place. */
export async function benchAbsentMemory(deployment: Deployment, name: string): Promise<Figure> {
  const pids = deployment.processes.map((process) => process.pid);
  const count = 200;
  for (const person of await fill(deployment, 'warm-up', people, deployment.url)) await person.leave();
  const before = await memoryBytes(pids);
  const absent = await fill(deployment, 'absent', count, deployment.url);
  await Promise.all(absent.map(breakOff));
  const after = await memoryBytes(pids);
  return {
    what: `memory per disconnected participant, ${name}`,
    value: round((after - before) / count / 1024, 0),
    unit: 'KiB',
  };
}

async function fill(
  deployment: Deployment,
  room: string,
  count: number,
  url: string,
): Promise<SimulatedParticipant[]> {
  const crowd: SimulatedParticipant[] = [];
  for (let index = 0; index < count; index += 1) {
    const token = await deployment.token({ room, user: `user-${String(index)}` });
    const options = { transports: ['send', 'recv'], returns: false } satisfies Parameters<
      typeof SimulatedParticipant.join
    >[2];
    crowd.push(await SimulatedParticipant.join(url, token, options));
  }
  return crowd;
}

async function inTurn(crowd: SimulatedParticipant[], next: (url: string) => string): Promise<number[]> {
  const times: number[] = [];
  for (const person of crowd) {
    await breakOff(person);
    times.push((await person.comeBack(next(person.url))).tookMs);
  }
  return times;
}

async function atOnce(crowd: SimulatedParticipant[], next: (url: string) => string): Promise<number[]> {
  await Promise.all(crowd.map(breakOff));
  return await Promise.all(crowd.map(async (person) => (await person.comeBack(next(person.url))).tookMs));
}

async function breakOff(person: SimulatedParticipant): Promise<void> {
  person.breakOff();
  await until(() => !person.connected);
}

async function repeat<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 0; index < times; index += 1) results.push(await work());
  return results;
}

function spread(what: string, times: number[], targetMs: number): Figure[] {
  const p95 = percentile(times, 95);
  return [
    { what: `${what}, p50`, value: round(median(times)), unit: 'ms' },
    {
      what: `${what}, p95`,
      value: round(p95),
      unit: 'ms',
      target: `< ${String(targetMs)} ms`,
      met: p95 < targetMs,
    },
  ];
}
