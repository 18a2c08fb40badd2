import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { MemberId, RoomId } from '../../../../common/contract/ids.ts';
import type { NumberedEvent } from '../../../../common/contract/management.ts';
import type { EventReport } from '../../../../management-api/webhooks/intake.ts';
import { Random } from '../../../support/random.ts';
import { until } from '../../../support/until.ts';
import { Desk, joined, left, settings, shop } from './support/desk.ts';
import { Receiver } from './support/receiver.ts';

const childFile = new URL('support/api-child.ts', import.meta.url);

/** An api process, as far as webhooks go. */
class Api {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, (taken: boolean) => void>();
  #last = 0;

  static async start(url: string, attempts = 100): Promise<Api> {
    const delivery = { ...settings, timeoutMs: 500, attempts };
    const child = fork(childFile, [url, JSON.stringify(delivery)]);
    await once(child, 'message');
    return new Api(child);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ n, failure }: { n: number; failure?: string }) => {
      if (failure !== undefined) process.stdout.write(`      report refused: ${failure}\n`);
      this.#settle(n, failure === undefined);
    });
    child.on('exit', () => {
      for (const n of this.#asked.keys()) this.#settle(n, false);
    });
  }

  /** Whether it said that it has the report; a process that dies does not. */
  async report(report: EventReport): Promise<boolean> {
    if (!this.#child.connected) return false;
    const n = ++this.#last;
    return await new Promise((resolve) => {
      this.#asked.set(n, resolve);
      this.#child.send({ n, report }, (error) => {
        if (error !== null) this.#settle(n, false);
      });
    });
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #settle(n: number, taken: boolean): void {
    this.#asked.get(n)?.(taken);
    this.#asked.delete(n);
  }
}

/** Rooms that live on, and whose owners report to any api until one has it, as owners do. */
class Rooms {
  readonly names: readonly string[];
  readonly events = new Map<string, string[]>();
  readonly #apis: () => readonly Api[];
  readonly #random: Random;

  constructor(names: readonly string[], apis: () => readonly Api[], random: Random) {
    this.names = names;
    this.#apis = apis;
    this.#random = random;
    for (const name of names) this.events.set(name, []);
  }

  /** Someone joins or leaves in each. */
  async goOn(round: number): Promise<void> {
    await Promise.all(
      this.names.map(async (name) => {
        const known = this.events.get(name)!;
        const event = known.length % 2 === 0 ? joined(`p${round}`) : left(`p${round - 1}`);
        known.push(`${event.type} ${event.participant.id}`);
        await this.#report(name, { seq: known.length, at: Date.now(), event });
      }),
    );
  }

  async #report(name: string, event: NumberedEvent): Promise<void> {
    const owner = { epoch: 1, id: MemberId.parse('conference-1') };
    const report = { room: RoomId.parse(name), owner, events: [event] };
    for (;;) {
      const apis = this.#apis();
      if (apis.length > 0 && (await this.#random.pick(apis).report(report))) return;
      await until(() => this.#apis().length > 0);
    }
  }
}

/** What a receiver took of a room; what came again right after itself counts once. */
function heard(receiver: Receiver, room: string): string[] {
  const all = receiver.taken.filter((post) => post.room === room);
  const once = all.filter(({ id }, index) => id !== all[index - 1]?.id);
  return once.map(({ type, body }) => {
    const { data } = JSON.parse(body) as { data: { participant: { id: string } } };
    return `${type} ${data.participant.id}`;
  });
}

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`webhooks of processes that are killed (${engine})`, () => {
    let desk: Desk;
    let receiver: Receiver;
    let apis: Api[] = [];

    beforeEach(async function () {
      this.timeout(60_000); // the first one starts the server
      desk = await Desk.open(engine);
      receiver = await Receiver.start();
      apis = await Promise.all([Api.start(desk.url), Api.start(desk.url)]);
    });

    afterEach(async () => {
      await Promise.all(apis.map((api) => api.kill()));
      await desk.close();
      await receiver.close();
    });

    it('arrive at least once and in order in each room', async function () {
      this.timeout(120_000);
      const rounds = 40;
      const random = new Random(7);
      const rooms = new Rooms(
        Array.from({ length: 8 }, (_, index) => `room-${index}`),
        () => apis,
        random,
      );
      for (const name of rooms.names) await desk.room(name);
      await desk.webhook(receiver.url);
      const behave = receiver.behave;
      // Slow enough that there is always something on its way when a process dies.
      receiver.behave = (post, response) => {
        setTimeout(() => {
          behave(post, response);
        }, random.below(20));
      };
      for (let round = 0; round < rounds; round++) {
        await rooms.goOn(round);
        if (round % 10 !== 9) continue;
        const posts = receiver.posts.length;
        await until(() => receiver.posts.length > posts || posts === rounds * rooms.names.length);
        await apis.splice(random.below(apis.length), 1)[0]!.kill();
        apis.push(await Api.start(desk.url));
      }
      await until(async () => (await desk.store.deliveries.waiting()) === 0, { timeoutMs: 30_000 });
      for (const [room, events] of rooms.events) assert.deepEqual(heard(receiver, room), events, room);
      const { items } = await desk.store.deliveries.list({ service: shop.id, state: 'dead' }, { limit: 9 });
      assert.deepEqual(items, []);
      const again = receiver.taken.length - rounds * rooms.names.length;
      process.stdout.write(`      ${rounds * rooms.names.length} events, 4 kills: ${again} came twice\n`);
    });

    it('show what was given up as dead letters', async function () {
      this.timeout(30_000);
      await desk.room('board');
      await desk.webhook(receiver.url);
      await Promise.all(apis.splice(0).map((api) => api.kill()));
      apis = await Promise.all([Api.start(desk.url, 3), Api.start(desk.url, 3)]);
      const behave = receiver.behave;
      receiver.behave = (post, response) => {
        if (post.body.includes('"p0"')) response.writeHead(500).end();
        else behave(post, response);
      };
      const rooms = new Rooms(['board'], () => apis, new Random(1));
      await rooms.goOn(0);
      await until(() => receiver.posts.length === 1);
      await apis.shift()!.kill();
      for (let round = 1; round < 4; round++) await rooms.goOn(round);
      await until(() => heard(receiver, 'board').length === 2, { timeoutMs: 15_000 });
      assert.deepEqual(heard(receiver, 'board'), rooms.events.get('board')!.slice(2));
      const { items } = await desk.store.deliveries.list({ service: shop.id, state: 'dead' }, { limit: 9 });
      assert.deepEqual(
        items.map(({ lastError, attempts }) => [lastError, attempts]),
        [
          ['answered 500', 3],
          ['answered 500', 3],
        ],
      );
    });
  });
}
