import assert from 'node:assert/strict';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { startCluster } from '../support/deployment.ts';
import { useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { FreezeMeter } from '../support/freeze-meter.ts';
import { eventually, ParticipantPage } from '../support/page.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { notes, watchRoom } from '../support/room-watch.ts';
import { repetitions } from '../support/thorough.ts';

describe('a portal that is asked to end during a call', function () {
  this.timeout(180_000);
  const rabbit = useStoppable(sharedRabbit);
  const running = useDeployment(() => startCluster(rabbit().url, { portals: 2, accesses: 1, proxied: true }));
  const browser = useBrowser();

  it('sends its clients to another one, which nobody notices, and ends with 0', async () => {
    const { portals, proxies } = running();
    const [portal] = portals;
    const [first, second] = proxies;
    assert.ok(portal && first && second);
    const join = (user: string, at: string) =>
      ParticipantPage.join(browser(), running(), { room: 'drain', user, at });
    const [alice, bob] = await Promise.all([join('alice', first.url), join('bob', first.url)]);
    const carol = await join('carol', second.url);
    await seeAndHearEachOther(alice, bob);
    await Promise.all([alice, bob, carol].map(watchRoom));
    const ids = await Promise.all([alice.id(), bob.id()]);
    const meters = await Promise.all([FreezeMeter.start(alice, 'bob'), FreezeMeter.start(bob, 'alice')]);
    const asked = Date.now();
    portal.kill('SIGTERM');
    assert.deepEqual(await portal.exit(), { code: 0, signal: null });
    const took = Date.now() - asked;
    await Promise.all([alice.state('connected'), bob.state('connected')]);
    await alice.page.evaluate(() => window.portico.conference?.send('moved'));
    for (const page of [bob, carol]) {
      await eventually('the others hear her', async () => (await notes(page, 'text')).length === 1);
    }
    await Promise.all([alice.seesMoreFrames('bob', 10), bob.seesMoreFrames('alice', 10)]);
    const freezes = await Promise.all(meters.map((meter) => meter.stop()));
    process.stdout.write(
      `      ended after ${String(took)} ms; longest freezes ${freezes.map((ms) => String(Math.round(ms))).join(' and ')} ms\n`,
    );
    assert.deepEqual(await Promise.all([alice.id(), bob.id()]), ids);
    for (const freeze of freezes)
      assert.ok(freeze < 1_500, `the picture stood still for ${String(freeze)} ms`);
    for (const page of [alice, bob, carol]) {
      const told = await notes(page);
      assert.ok(
        !told.some(({ event }) => event.startsWith('left') || event === 'joined'),
        JSON.stringify(told),
      );
    }
    await Promise.all([alice.close(), bob.close(), carol.close()]);
  });
});

describe('an access agent that is killed during a call', function () {
  this.timeout(180_000);
  const rabbit = useStoppable(sharedRabbit);
  const overrides = { rooms: { placement: 'spread' }, bus: { heartbeat_s: 5 } };
  const running = useDeployment(() => startCluster(rabbit().url, { accesses: 2 }, overrides));
  const browser = useBrowser();

  for (let round = 1; round <= repetitions; round += 1) {
    it(`is made up for by another one, and the page goes on alone (${String(round)} of ${String(repetitions)})`, async () => {
      const room = `agent-${String(round)}`;
      const join = (user: string) => ParticipantPage.join(browser(), running(), { room, user });
      const [alice, bob] = await Promise.all([join('alice'), join('bob')]);
      await seeAndHearEachOther(alice, bob);
      await Promise.all([watchRoom(alice), watchRoom(bob)]);
      const id = await alice.id();
      const joined = running()
        .conferences.flatMap(({ lines }) => lines)
        .find((line) => line.msg === 'joined' && line.participant === id);
      const agent = running().accesses.find(
        ({ exited, lines }) => !exited && lines.some(({ member }) => member === joined?.agent),
      );
      assert.ok(agent, `the agent of alice, ${String(joined?.agent)}`);
      const meters = await Promise.all([FreezeMeter.start(alice, 'bob'), FreezeMeter.start(bob, 'alice')]);
      await agent.killed();
      const killedAt = Date.now();
      await eventually('a picture stood still', async () =>
        (await Promise.all(meters.map((meter) => meter.longest()))).some((ms) => ms > 300),
      );
      await Promise.all([alice.seesMoreFrames('bob', 10), bob.seesMoreFrames('alice', 10)]);
      const freezes = await Promise.all(meters.map((meter) => meter.stop()));
      process.stdout.write(
        `      both see each other again after ${String(Date.now() - killedAt)} ms; ` +
          `longest freezes ${freezes.map((ms) => String(Math.round(ms))).join(' and ')} ms\n`,
      );
      for (const freeze of freezes)
        assert.ok(freeze < 5_000, `the picture stood still for ${String(freeze)} ms`);
      await seeAndHearEachOther(alice, bob);
      assert.equal(await alice.id(), id);
      for (const page of [alice, bob]) {
        const told = await notes(page);
        assert.ok(!told.some(({ event }) => event.startsWith('left')), JSON.stringify(told));
      }
      await Promise.all([alice.close(), bob.close()]);
      await running().add('access');
    });
  }
});
