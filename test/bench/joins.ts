import { SignalClient } from '../support/signal-client.ts';
import type { Deployment } from '../support/deployment.ts';
import type { Figure } from './report.ts';
import { median, percentile, round } from './statistics.ts';

interface Options {
  /** Name of the deployment in the table. */
  name: string;
  /** Whether the targets are about this deployment. */
  targeted: boolean;
  alone?: number;
  together?: number;
}

const both: ('send' | 'recv')[] = ['send', 'recv'];

/** From sending `login` to the answer that holds both transports: one client at a time, then 20 at once. */
export async function benchJoins(deployment: Deployment, options: Options): Promise<Figure[]> {
  const { name, targeted, alone = 200, together = 600 } = options;
  const run = new JoinRun(deployment);
  await run.inTurn(30);
  const single = await run.inTurn(alone);
  await run.atOnce(60, 20);
  const { perSecond } = await run.atOnce(together, 20);
  const p50 = round(median(single));
  const rate = Math.round(perSecond);
  return [
    {
      what: `join p50, one at a time, ${name}`,
      value: p50,
      unit: 'ms',
      ...(targeted ? { target: '< 12 ms', met: p50 < 12 } : {}),
    },
    { what: `join p99, one at a time, ${name}`, value: round(percentile(single, 99)), unit: 'ms' },
    {
      what: `joins, 20 at once, ${name}`,
      value: rate,
      unit: '/s',
      ...(targeted ? { target: '> 150 /s', met: rate > 150 } : {}),
    },
  ];
}

class JoinRun {
  readonly #deployment: Deployment;
  #count = 0;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  /** Rooms of ten, as in life; everybody leaves again. Returns the milliseconds of each join. */
  async inTurn(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) times.push(await this.#join());
    return times;
  }

  async atOnce(count: number, width: number): Promise<{ perSecond: number }> {
    const prepared = await Promise.all(Array.from({ length: count }, () => this.#prepare()));
    const start = performance.now();
    const lanes = Array.from({ length: width }, async (_none, lane) => {
      for (let index = lane; index < prepared.length; index += width) {
        const one = prepared[index];
        if (one !== undefined) await one.client.logIn(one.token, both);
      }
    });
    await Promise.all(lanes);
    const seconds = (performance.now() - start) / 1000;
    for (const { client } of prepared) client.close();
    return { perSecond: count / seconds };
  }

  async #prepare(): Promise<{ client: SignalClient; token: string }> {
    this.#count += 1;
    const room = `bench-${String(Math.floor(this.#count / 10))}`;
    const token = await this.#deployment.token({ room, user: `user-${String(this.#count)}` });
    return { client: await SignalClient.connect(this.#deployment.url), token };
  }

  async #join(): Promise<number> {
    const { client, token } = await this.#prepare();
    const start = performance.now();
    await client.logIn(token, both);
    const elapsed = performance.now() - start;
    client.close();
    return elapsed;
  }
}
