import assert from 'node:assert/strict';
import { startCluster, type Cluster, type Overrides } from '../support/deployment.ts';
import { useDeployment, useStoppable } from '../support/fixture.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { peopleKnownTo } from '../support/room-view.ts';
import { SimulatedParticipant } from '../support/simulated-participant.ts';
import { repetitions } from '../support/thorough.ts';
import { until } from '../support/until.ts';

const patient: Overrides = { bus: { heartbeat_s: 5 } };
const chatty: Overrides = { portal: { requests_per_second: 1_000, request_burst: 1_000 } };

/** Somebody with a place in the room, through the address given. */
async function join(
  cluster: Cluster,
  room: string,
  user: string,
  url: string,
): Promise<SimulatedParticipant> {
  return await SimulatedParticipant.join(url, await cluster.token({ room, user }));
}

/** Messages by their senders, in the order in which somebody got them. */
function bySender({ texts }: SimulatedParticipant): Map<string, unknown[]> {
  const messages = new Map<string, unknown[]>();
  for (const { from, message } of texts) messages.set(from, [...(messages.get(from) ?? []), message]);
  return messages;
}

/** Waits until all know the same people. */
async function agree(people: SimulatedParticipant[]): Promise<void> {
  const views = () => people.map((person) => peopleKnownTo(person).join(', '));
  await until(() => new Set(views()).size === 1, { timeoutMs: 20_000 }).catch(() => {
    throw new Error(`they know different people:\n${views().join('\n')}`);
  });
}

describe('a portal that is killed while 50 people chat', function () {
  this.timeout(240_000);
  const people = 50;
  const messages = 20;
  const rabbit = useStoppable(sharedRabbit);
  const running = useDeployment(() =>
    startCluster(rabbit().url, { portals: 2, accesses: 1 }, { ...patient, ...chatty }),
  );

  for (let round = 1; round <= repetitions; round += 1) {
    it(`loses nobody and no message (${String(round)} of ${String(repetitions)})`, async () => {
      const cluster = running();
      const alive = cluster.portals.flatMap((portal, index) => (portal.exited ? [] : [index]));
      const [victim = 0, other = 1] = alive;
      const urls = [cluster.urls[victim] ?? '', cluster.urls[other] ?? ''];
      const room = `chat-${String(round)}`;
      const everybody = await Promise.all(
        Array.from({ length: people }, (_none, index) =>
          join(cluster, room, `user-${String(index)}`, urls[index % 5 === 0 ? 1 : 0] ?? ''),
        ),
      );
      const [first] = everybody;
      assert.ok(first);
      const talk = everybody.map(async (person) => {
        for (let index = 0; index < messages; index += 1) await person.send(`${person.id} ${String(index)}`);
      });
      await until(() => first.texts.length > (people * messages) / 4, { timeoutMs: 60_000 });
      const killedAt = performance.now();
      await cluster.portals[victim]?.killed();
      await Promise.all(talk);
      await Promise.all(everybody.map((person) => person.settled()));
      const said = performance.now() - killedAt;
      await until(() => everybody.every(({ texts }) => texts.length >= people * messages), {
        what: 'everybody has everything',
        timeoutMs: 30_000,
      }).catch((error: unknown) => {
        const counts = everybody.map(({ texts, ended }) => `${String(texts.length)} ${ended ?? ''}`);
        process.stderr.write(`${counts.join(', ')}\n`);
        throw error;
      });
      const returns = everybody.flatMap((person) => person.returns);
      const sum = (figure: 'duplicates' | 'gaps') =>
        String(everybody.reduce((total, { log }) => total + log[figure], 0));
      process.stdout.write(
        `      all said after ${String(Math.round(said))} ms; ${String(returns.length)} came back, ` +
          `the slowest in ${String(Math.round(Math.max(...returns.map(({ tookMs }) => tookMs))))} ms; ` +
          `sent twice ${sum('duplicates')}, gaps ${sum('gaps')}\n`,
      );
      for (const person of everybody) {
        assert.equal(person.ended, undefined);
        const heard = bySender(person);
        for (const { id } of everybody) {
          const expected = Array.from({ length: messages }, (_none, index) => `${id} ${String(index)}`);
          assert.deepEqual(heard.get(id), expected, `${person.id} heard ${id}`);
        }
      }
      assert.equal(returns.length, (people * 4) / 5, 'only those of the dead portal came back, once');
      assert.ok(returns.every(({ url }) => url === urls[1]));
      assert.ok(
        everybody.every(({ log }) => !log.all('participant').some(({ action }) => action === 'leave')),
      );
      const known = everybody.map((person) => peopleKnownTo(person).join());
      assert.equal(new Set(known).size, 1, 'everybody knows the same people');
      await Promise.all(everybody.map((person) => person.leave()));
      await cluster.add('portal');
    });
  }
});

describe('processes that die while somebody is away', function () {
  this.timeout(240_000);
  const rabbit = useStoppable(sharedRabbit);
  const running = useDeployment(() =>
    startCluster(rabbit().url, { portals: 2, conferences: 2, accesses: 1, proxied: true }, patient),
  );

  beforeEach(async () => {
    const cluster = running();
    for (const [role, all] of [
      ['conference', cluster.conferences],
      ['portal', cluster.portals],
    ] as const) {
      if (all.filter(({ exited }) => !exited).length < 2) await cluster.add(role);
    }
  });
  const ownerOf = (room: string) => {
    const owners = running().conferences.filter(
      ({ exited, lines }) =>
        !exited && lines.some((line) => line.msg === 'room opened' && line.room === room),
    );
    const owner = owners.at(-1);
    assert.ok(owner, 'somebody opened the room');
    return owner;
  };
  /** Alice through the proxies of the portals, bob past them; the last portals that were started. */
  const meet = async (room: string) => {
    const cluster = running();
    const [a, b] = cluster.urls.flatMap((_url, index) =>
      cluster.portals[index]?.exited === true ? [] : [index],
    );
    assert.ok(a !== undefined && b !== undefined);
    const alice = await join(cluster, room, 'alice', cluster.proxies[a]?.url ?? '');
    const bob = await join(cluster, room, 'bob', cluster.urls[b] ?? '');
    return { alice, bob, portal: cluster.portals[a], portalUrl: cluster.urls[b] ?? '' };
  };
  const cut = () => {
    for (const proxy of running().proxies) proxy.refuse();
  };
  const restore = () => {
    for (const proxy of running().proxies) proxy.restore();
  };
  const wordsOf = ({ texts }: SimulatedParticipant) =>
    texts.map(({ message }) => (typeof message === 'string' ? message : ''));

  for (let round = 1; round <= repetitions; round += 1) {
    it(`brings the chat of the outage when the owner is killed (${String(round)} of ${String(repetitions)})`, async () => {
      const room = `owner-${String(round)}`;
      const { alice, bob } = await meet(room);
      await alice.send('one');
      await until(() => alice.texts.length === 1 && bob.texts.length === 1);
      cut();
      await bob.send('two');
      const owner = ownerOf(room);
      await owner.killed();
      for (const word of ['three', 'four']) await bob.send(word);
      restore();
      await until(() => alice.connected && alice.texts.length >= 4, { timeoutMs: 20_000 });
      await bob.send('five');
      await until(() => alice.texts.length >= 5 && bob.texts.length >= 5);
      assert.deepEqual(wordsOf(alice), ['one', 'two', 'three', 'four', 'five']);
      assert.deepEqual(wordsOf(bob), wordsOf(alice));
      assert.equal(alice.ended, undefined);
      await agree([alice, bob]);
      await Promise.all([alice.leave(), bob.leave()]);
    });

    it(`shows the room as it is when owner and portal are killed together (${String(round)} of ${String(repetitions)})`, async () => {
      const room = `both-${String(round)}`;
      const { alice, bob, portal, portalUrl } = await meet(room);
      const dave = await join(running(), room, 'dave', portalUrl);
      await bob.send('one');
      await until(() => alice.texts.length === 1);
      cut();
      await dave.leave();
      await bob.send('two');
      await Promise.all([ownerOf(room).killed(), portal?.killed()]);
      await bob.send('three');
      const carol = await join(running(), room, 'carol', portalUrl);
      restore();
      await alice.settled();
      await bob.send('four');
      await until(() => wordsOf(alice).includes('four'), { timeoutMs: 20_000 });
      const [back] = alice.returns;
      assert.ok(back?.resume === 'snapshot' || back?.resume === 'replay', String(back?.resume));
      assert.equal(new Set(wordsOf(alice)).size, wordsOf(alice).length, wordsOf(alice).join());
      await agree([alice, bob, carol]);
      assert.deepEqual(
        peopleKnownTo(alice),
        [alice, bob, carol].map(({ id, joined }) => `${joined.user} ${id} ok`).sort(),
      );
      process.stdout.write(`      ${back.resume}: ${wordsOf(alice).join(', ')}\n`);
      await Promise.all([alice, bob, carol].map((person) => person.leave()));
    });
  }
});
