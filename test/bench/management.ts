import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import jwt from 'jsonwebtoken';
import type { Deployment, Management } from '../support/deployment.ts';
import { SignalClient } from '../support/signal-client.ts';
import type { Figure } from './report.ts';
import { median, percentile, round } from './statistics.ts';

interface Options {
  /** Name of the deployment in the table. */
  name: string;
  /** Whether the targets are about this deployment. */
  targeted: boolean;
  tokens?: number;
  rooms?: number;
  events?: number;
}

/** Connections that ask for tokens at the same time. */
const connections = 50;
/** Requests per second at which the time of a token is measured, and for how long, s. */
const pace = 2_000;
const paceS = 5;

/** Tokens per second, the list of many rooms, and how late applications hear of what happened. */
export async function benchManagement(deployment: Deployment, options: Options): Promise<Figure[]> {
  const { name, targeted, tokens = 20_000, rooms = 10_000, events = 200 } = options;
  const api = new Api(await deployment.management());
  try {
    return [
      ...(await benchTokens(api, { name, targeted, count: tokens })),
      ...(await benchRoomList(api, { name, count: rooms })),
      ...(await benchWebhooks(deployment, api, { name, count: events })),
    ];
  } finally {
    api.close();
  }
}

async function benchTokens(
  api: Api,
  { name, targeted, count }: { name: string; targeted: boolean; count: number },
): Promise<Figure[]> {
  const room = await api.room('tokens');
  const ask = (user: string) => api.call('POST', `/v1/rooms/${room}/tokens`, { user, role: 'presenter' });
  await lanes(2_000, (index) => ask(`warm-up-${String(index)}`));
  const { perSecond } = await lanes(count, (index) => ask(`user-${String(index)}`));
  const p99 = round(percentile(await paced((index) => ask(`paced-${String(index)}`)), 99));
  const rate = Math.round(perSecond);
  const what = `${String(connections)} connections, ${name}`;
  return [
    {
      what: `tokens over HTTP, as fast as they go, ${what}`,
      value: rate,
      unit: '/s',
      ...(targeted ? { target: `> ${String(pace)} /s`, met: rate > pace } : {}),
    },
    {
      what: `token p99 at ${String(pace)} /s, ${what}`,
      value: p99,
      unit: 'ms',
      ...(targeted ? { target: '< 10 ms', met: p99 < 10 } : {}),
    },
  ];
}

async function benchRoomList(api: Api, { name, count }: { name: string; count: number }): Promise<Figure[]> {
  await lanes(count, (index) => api.room(`room ${String(index)}`));
  const pages: number[] = [];
  const whole: number[] = [];
  for (let index = 0; index < 50; index += 1) {
    pages.push(await timed(() => api.call('GET', '/v1/rooms?limit=100')));
  }
  for (let index = 0; index < 3; index += 1) whole.push(await timed(() => api.call('GET', '/v1/rooms')));
  return [
    {
      what: `list of 100 of ${String(count)} rooms p50, ${name}`,
      value: round(median(pages)),
      unit: 'ms',
    },
    { what: `list of all ${String(count)} rooms, ${name}`, value: round(median(whole)), unit: 'ms' },
  ];
}

/** From the join of a participant to the arrival of its webhook; the receiver is in this process. */
async function benchWebhooks(
  deployment: Deployment,
  api: Api,
  { name, count }: { name: string; count: number },
): Promise<Figure[]> {
  const delays: number[] = [];
  const receiver = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { type, at } = JSON.parse(Buffer.concat(chunks).toString()) as { type: string; at: string };
      if (type === 'participant_joined') delays.push(Date.now() - Date.parse(at));
      answer.end();
      receiver.emit('heard');
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const room = await api.room('webhooks');
  await api.call('POST', '/v1/webhooks', { url: `http://127.0.0.1:${String(port)}/`, events: [] });
  const people: SignalClient[] = [];
  for (let index = 0; index < count; index += 1) {
    const token = await api.call('POST', `/v1/rooms/${room}/tokens`, { user: 'listener', role: 'viewer' });
    people.push(await SignalClient.join(deployment.url, token));
  }
  while (delays.length < count) await once(receiver, 'heard', { signal: AbortSignal.timeout(10_000) });
  for (const person of people) person.close();
  receiver.close();
  receiver.closeAllConnections();
  return [
    { what: `webhook of a join, delay p50, ${name}`, value: round(median(delays)), unit: 'ms' },
    { what: `webhook of a join, delay p99, ${name}`, value: round(percentile(delays, 99)), unit: 'ms' },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Does something many times, as many at a time as there are connections. */
async function lanes(
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<{ times: number[]; perSecond: number }> {
  const times: number[] = [];
  const start = performance.now();
  const lane = async (_none: unknown, first: number) => {
    for (let index = first; index < count; index += connections) times.push(await timed(() => work(index)));
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return { times, perSecond: (count * 1000) / (performance.now() - start) };
}

/** Does something at a steady pace; returns how long each took, ms. */
async function paced(work: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const start = performance.now();
  const lane = async (_none: unknown, first: number) => {
    for (let index = first; index < pace * paceS; index += connections) {
      await pause(start + (index * 1000) / pace - performance.now());
      times.push(await timed(() => work(index)));
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return times;
}

/** The least HTTP client that keeps its connections: the one that measures must cost little. */
class Api {
  readonly #base: URL;
  readonly #authorization: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connections });

  constructor({ url, service, key }: Management) {
    this.#base = new URL(url);
    const token = jwt.sign({}, key, {
      algorithm: 'HS256',
      keyid: service,
      issuer: service,
      audience: 'portico-admin',
      expiresIn: 3_600,
    });
    this.#authorization = `Bearer ${token}`;
  }

  /** Makes a room. @returns its id */
  async room(name: string): Promise<string> {
    const { _id } = JSON.parse(await this.call('POST', '/v1/rooms', { name })) as { _id: string };
    return _id;
  }

  /** @returns the body */
  call(method: string, path: string, body?: object): Promise<string> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const outgoing = request(
        new URL(path, this.#base),
        {
          method,
          agent: this.#agent,
          headers: {
            authorization: this.#authorization,
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const found = Buffer.concat(chunks).toString();
            if ((answer.statusCode ?? 500) < 300) resolve(found);
            else reject(new Error(`${method} ${path}: ${String(answer.statusCode)} ${found}`));
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
