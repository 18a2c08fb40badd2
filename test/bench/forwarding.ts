import { freePort } from '../support/free-port.ts';
import type { Deployment } from '../support/deployment.ts';
import { endChild, startChild } from './child.ts';
import { cpuPercent } from './process-usage.ts';
import type { Figure } from './report.ts';
import { median, round } from './statistics.ts';

const people = 16;
const windowMs = 10_000;
const rounds = 3;

async function bareRound(): Promise<number> {
  const port = await freePort();
  const server = await startChild('bare/server.ts', [String(port)], 'ready');
  const peers = await startChild(
    'peers.ts',
    ['bare', `http://127.0.0.1:${String(port)}`, String(people)],
    'flowing',
  );
  try {
    return await cpuPercent([server.pid ?? 0], windowMs);
  } finally {
    await Promise.all([endChild(peers), endChild(server)]);
  }
}

async function porticoRound(start: () => Promise<Deployment>, room: string): Promise<number> {
  const deployment = await start();
  try {
    const tokens = await Promise.all(
      Array.from({ length: people }, (_none, index) =>
        deployment.token({ room, user: `peer-${String(index)}` }),
      ),
    );
    const peers = await startChild('peers.ts', ['portico'], 'flowing', `${tokens.join('\n')}\n`);
    try {
      return await cpuPercent(
        deployment.processes.map((process) => process.pid),
        windowMs,
      );
    } finally {
      await endChild(peers);
    }
  } finally {
    await deployment.stop();
  }
}

/** CPU of all processes of the server while a room of real peers is forwarded, against the bare script, in turns. */
export async function benchForwarding(start: () => Promise<Deployment>, name: string): Promise<Figure[]> {
  const bare: number[] = [];
  const ours: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    bare.push(await bareRound());
    ours.push(await porticoRound(start, `forwarding-${String(index)}`));
  }
  const ratio = round(median(ours) / median(bare), 3);
  return [
    {
      what: `CPU while forwarding, bare mediasoup, room of ${String(people)}`,
      value: round(median(bare)),
      unit: '% of a core',
    },
    { what: `CPU while forwarding, ${name}, all processes`, value: round(median(ours)), unit: '% of a core' },
    {
      what: `ratio to bare mediasoup, ${name}`,
      value: ratio,
      unit: 'x',
      target: '<= 1.05 x',
      met: ratio <= 1.05,
    },
  ];
}
