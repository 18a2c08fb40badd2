import { SignalClient } from '../support/signal-client.ts';
import type { Deployment } from '../support/deployment.ts';
import { memoryBytes } from './process-usage.ts';
import type { Figure } from './report.ts';
import { round } from './statistics.ts';

async function fill(deployment: Deployment, room: string, count: number): Promise<SignalClient[]> {
  const clients: SignalClient[] = [];
  for (let index = 0; index < count; index += 1) {
    const token = await deployment.token({ room, user: `user-${String(index)}` });
    clients.push(await SignalClient.join(deployment.url, token, ['send', 'recv']));
  }
  return clients;
}

/** Text messages to everybody in a room of 100: how many deliveries a second reach the clients. */
export async function benchFanOut(deployment: Deployment, name: string): Promise<Figure[]> {
  const size = 100;
  const messages = 300;
  const clients = await fill(deployment, 'fan-out', size);
  const [sender] = clients;
  if (sender === undefined) throw new Error('nobody joined');
  let delivered = 0;
  const all = new Promise<void>((resolve) => {
    for (const client of clients) {
      client.socket.on('text', () => {
        delivered += 1;
        if (delivered === size * messages) resolve();
      });
    }
  });
  const start = performance.now();
  for (let index = 0; index < messages; index += 10) {
    await Promise.all(
      Array.from({ length: 10 }, (_none, lane) =>
        sender.request('text', { to: 'all', message: `message ${String(index + lane)}` }),
      ),
    );
  }
  await all;
  const seconds = (performance.now() - start) / 1000;
  for (const client of clients) client.close();
  return [
    { what: `texts delivered, room of 100, ${name}`, value: Math.round(delivered / seconds), unit: '/s' },
  ];
}

/** Memory of all processes of the server for each participant that has joined with both transports and does nothing. */
export async function benchIdleMemory(deployment: Deployment, name: string): Promise<Figure[]> {
  const pids = deployment.processes.map((process) => process.pid);
  const count = 200;
  // A first wave fills caches and pools that are not a participant's.
  for (const client of await fill(deployment, 'warm-up', 50)) client.close();
  const before = await memoryBytes(pids);
  const clients = await fill(deployment, 'idle', count);
  const after = await memoryBytes(pids);
  for (const client of clients) client.close();
  return [
    {
      what: `memory per idle participant, ${name}`,
      value: round((after - before) / count / 1024, 0),
      unit: 'KiB',
    },
  ];
}
