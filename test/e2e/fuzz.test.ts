import assert from 'node:assert/strict';
import { clientContract, type ClientMethod } from '../../common/contract/client.ts';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { startSingle, type Deployment } from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { Attacker } from '../support/fuzz-attacker.ts';
import { eventually, ParticipantPage } from '../support/page.ts';
import { Random } from '../support/random.ts';

const messages = 10_000;
const collector = new URL('../support/collect-garbage.mjs', import.meta.url).pathname;
const methods = Object.keys(clientContract) as ClientMethod[];
const settled = new Set(['bad_request', 'illegal_request', 'unknown_method', 'no answer']);

/** Sums of metrics by name. */
async function metrics(deployment: Deployment): Promise<Map<string, number>> {
  const text = await (await fetch(`${deployment.url}/metrics`)).text();
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-z_]+)(?:\{.*\})? ([0-9.e+-]+)$/.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}

const levels = [
  'portico_sessions',
  'portico_participants',
  'portico_streams',
  'portico_subscriptions',
  'portico_transports',
  'portico_producers',
  'portico_consumers',
];

describe('a flood of random and mutated messages', function () {
  this.timeout(300_000);
  const portal = { requests_per_second: 1_000_000, request_burst: 1_000_000, logins_per_minute: 1_000_000 };
  const running = useDeployment(() =>
    startSingle(
      { portal, bus: { remember_ms: 3_000 }, reconnection: { window_ms: 2_000 } },
      { launcher: ['env', `NODE_OPTIONS=--import=${collector}`] },
    ),
  );
  const browser = useBrowser();

  it('gives each a clear answer, leaves a running call untouched and memory at its level', async () => {
    const deployment = running();
    const seed = Number(process.env.PORTICO_FUZZ_SEED ?? Date.now() % 1_000_000);
    const random = new Random(seed);
    const join = (user: string) => ParticipantPage.join(browser(), deployment, { room: 'call', user });
    const [alice, bob] = await Promise.all([join('alice'), join('bob')]);
    await seeAndHearEachOther(alice, bob);
    const targets = await alice.page.evaluate(() => {
      const { conference } = window.portico;
      return {
        streams: [...(conference?.streams.keys() ?? []), ...(conference?.publications.keys() ?? [])],
        participants: [...(conference?.participants.keys() ?? [])],
      };
    });
    // A first wave fills caches and compiles code, so that what is measured afterwards is a leak and nothing else.
    await attack(new Random(seed + 1), 3_000, targets);
    const heapBefore = await heapInUse();
    const before = await metrics(deployment);

    const outcomes = await attack(random, messages, targets);

    const total = [...outcomes.byCode.values()].reduce((sum, count) => sum + count, 0);
    const table = [...outcomes.byCode]
      .toSorted((a, b) => b[1] - a[1])
      .map(([code, count]) => `${code} ${String(count)}`);
    process.stdout.write(`      seed ${String(seed)}: ${table.join(', ')}\n`);
    assert.equal(total, messages);
    assert.equal(outcomes.byCode.get('no answer') ?? 0, 0, `seed ${String(seed)}: every message is answered`);
    assert.equal(outcomes.byCode.get('forgery accepted') ?? 0, 0, `seed ${String(seed)}: no forged ticket`);
    assert.equal(outcomes.byCode.get('internal') ?? 0, 0, `seed ${String(seed)}: no unexpected failure`);
    const unknown = outcomes.byCode.get('unknown_method') ?? 0;
    const early = outcomes.byCode.get('illegal_request') ?? 0;
    assert.ok(unknown + early <= messages * 0.2, 'at least 80 % reach schema or handler');
    const passed = [...outcomes.byCode]
      .filter(([code]) => !settled.has(code))
      .reduce((sum, [, count]) => sum + count, 0);
    assert.ok(passed >= messages * 0.2, `only ${String(passed)} passed the schema`);
    for (const method of methods) {
      assert.ok(
        (outcomes.byMethod.get(method) ?? 0) >= 200,
        `${method}: ${String(outcomes.byMethod.get(method) ?? 0)}`,
      );
    }

    await seeAndHearEachOther(alice, bob);
    assert.equal(await alice.page.evaluate(() => document.documentElement.dataset.state), 'connected');
    await eventually(
      'everything the attackers made is gone',
      async () => {
        const now = await metrics(deployment);
        return levels.every((name) => (now.get(name) ?? 0) <= (before.get(name) ?? 0));
      },
      30_000,
    );
    // Results are kept for repetitions for a while, used tokens until they expire.
    const heapAfter = await heapInUse(heapBefore + 5e6);
    const grown = Math.round((heapAfter - heapBefore) / 1e6);
    assert.ok(grown <= 5, `memory grew by ${String(grown)} MB`);
    await Promise.all([alice.close(), bob.close()]);
  });

  async function attack(
    random: Random,
    count: number,
    targets: { streams: string[]; participants: string[] },
  ) {
    const byCode = new Map<string, number>();
    const byMethod = new Map<string, number>();
    const lanes = 10;
    await Promise.all(
      Array.from({ length: lanes }, async (_none, lane) => {
        const attacker = new Attacker(running(), {
          random: new Random(random.below(2 ** 31)),
          room: lane < 3 ? 'call' : `other-${String(lane)}`,
          targets,
        });
        for (let index = lane; index < count; index += lanes) {
          const { method, code } = await attacker.shoot(methods[index % methods.length]);
          byCode.set(code, (byCode.get(code) ?? 0) + 1);
          byMethod.set(method, (byMethod.get(method) ?? 0) + 1);
        }
        attacker.close();
      }),
    );
    return { byCode, byMethod };
  }

  /** Heap in use after a garbage collection: at once, or as soon as it is below `enough`. */
  async function heapInUse(enough = Infinity): Promise<number> {
    const [server] = running().processes;
    const until = Date.now() + 90_000;
    for (;;) {
      server?.kill('SIGUSR2');
      await new Promise((resolve) => setTimeout(resolve, 500));
      const used = (await metrics(running())).get('nodejs_heap_size_used_bytes') ?? Infinity;
      if (used <= enough || Date.now() > until) return used;
    }
  }
});
