import assert from 'node:assert/strict';
import { startCluster, startSingle, type Deployment, type Overrides } from '../support/deployment.ts';
import { useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { eventually, ParticipantPage } from '../support/page.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { notes, watchRoom } from '../support/room-watch.ts';
import { thorough } from '../support/thorough.ts';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { survivesSignallingOutage, type Outage } from '../scenarios/signalling-outage.ts';
import { FreezeMeter } from '../support/freeze-meter.ts';

/** A dead connection is noticed within two to three seconds. */
const quick: Overrides = { portal: { ping_interval_ms: 1_500, ping_timeout_ms: 1_500 } };
const long = thorough ? 20_000 : 8_000;

/** Her way to every portal breaks. */
function outages(deployment: Deployment): Outage[] {
  const { proxies } = deployment;
  const restore = () => {
    for (const proxy of proxies) proxy.restore();
  };
  const drop = () => {
    for (const proxy of proxies) proxy.refuse();
  };
  const blackhole = () => {
    for (const proxy of proxies) proxy.blackhole();
  };
  const delay = () => {
    for (const proxy of proxies) proxy.delay(800);
  };
  return [
    { name: 'dropped', begin: drop, end: restore, ms: 2_000 },
    { name: 'swallowed', begin: blackhole, end: restore, ms: 2_000 },
    { name: 'delayed', begin: delay, end: restore, ms: 2_000 },
    { name: 'dropped', begin: drop, end: restore, ms: long },
    { name: 'swallowed', begin: blackhole, end: restore, ms: long },
  ];
}

const names = [
  'dropped for 2 s',
  'swallowed for 2 s',
  'delayed for 2 s',
  'dropped for long',
  'swallowed for long',
];

function outlivesOutages(start: () => Promise<Deployment>): void {
  const running = useDeployment(start);
  const browser = useBrowser();
  // One picture each way is enough to see a freeze, and leaves the machine the breath to show none.
  const query = { simulcast: '0' };
  const join = (room: string, user: string, at = running().url) =>
    ParticipantPage.join(browser(), running(), { room, user, at, query });
  const listen = (room: string, user: string) =>
    ParticipantPage.join(browser(), running(), { room, user, query: { video: '0' } });

  for (const [index, name] of names.entries()) {
    it(`goes on when the signalling of a participant is ${name}`, async () => {
      const outage = outages(running())[index];
      assert.ok(outage);
      const room = `outage-${String(index)}`;
      const alice = await join(room, 'alice', running().proxies[0]?.url);
      const [bob, dave] = await Promise.all([join(room, 'bob'), listen(room, 'dave')]);
      await survivesSignallingOutage({ alice, bob, dave, join: (user) => listen(room, user) }, outage);
    });
  }
}

describe('signalling that breaks during a call, in one process', function () {
  this.timeout(180_000);
  outlivesOutages(() => startSingle(quick, { proxied: true }));
});

describe('signalling that breaks during a call, over RabbitMQ with two portals', function () {
  this.timeout(180_000);
  const rabbit = useStoppable(sharedRabbit);
  outlivesOutages(() => startCluster(rabbit().url, { portals: 2, accesses: 1, proxied: true }, quick));
});

describe('the way to one of two portals', function () {
  this.timeout(180_000);
  const rabbit = useStoppable(sharedRabbit);
  const running = useDeployment(() =>
    startCluster(rabbit().url, { portals: 2, accesses: 1, proxied: true }, quick),
  );
  const browser = useBrowser();

  it('is replaced by the way to the other when it breaks', async () => {
    const { proxies } = running();
    const [first, second] = proxies;
    assert.ok(first && second);
    const join = (user: string, at?: string) =>
      ParticipantPage.join(browser(), running(), {
        room: 'other',
        user,
        ...(at === undefined ? {} : { at }),
      });
    const [alice, bob] = await Promise.all([join('alice', first.url), join('bob')]);
    await seeAndHearEachOther(alice, bob);
    await watchRoom(bob);
    const id = await alice.id();
    const meter = await FreezeMeter.start(alice, 'bob');
    first.refuse();
    await eventually('she came by the other portal', () => Promise.resolve(second.connections > 0));
    await alice.state('connected');
    await alice.page.evaluate(() => window.portico.conference?.send('here again'));
    await eventually('bob hears her', async () => (await notes(bob, 'text')).length === 1);
    assert.equal(await alice.id(), id);
    assert.deepEqual(
      (await notes(bob)).filter(({ event }) => event.startsWith('left')),
      [],
    );
    const freeze = await meter.stop();
    assert.ok(freeze < 1_500, `the picture stood still for ${String(freeze)} ms`);
    await seeAndHearEachOther(alice, bob);
  });
});

describe('signalling that stays away for longer than the window', function () {
  this.timeout(180_000);
  const running = useDeployment(() =>
    startSingle({ ...quick, reconnection: { window_ms: 3_000 } }, { proxied: true }),
  );
  const browser = useBrowser();

  it('costs the place: others see one leave, and the page comes back or says so', async () => {
    const [proxy] = running().proxies;
    assert.ok(proxy);
    const join = (user: string, at?: string) =>
      ParticipantPage.join(browser(), running(), { room: 'gone', user, ...(at === undefined ? {} : { at }) });
    const [alice, bob] = await Promise.all([join('alice', proxy.url), join('bob')]);
    await seeAndHearEachOther(alice, bob);
    await watchRoom(bob);
    const id = await alice.id();
    proxy.refuse();
    await eventually('bob saw her leave', async () => (await leaves(bob)).length > 0);
    proxy.restore();
    await eventually('her page is in the room again or says that it is not', async () => {
      const state = await alice.page.evaluate(() => document.documentElement.dataset.state);
      return state === 'closed' || (state === 'connected' && (await alice.id()) !== id);
    });
    const rejoin = alice.page.getByRole('button', { name: 'Rejoin' });
    if (await rejoin.isVisible()) await rejoin.click();
    await alice.state('connected');
    await seeAndHearEachOther(alice, bob);
    assert.notEqual(await alice.id(), id);
    assert.deepEqual(
      (await leaves(bob)).map(({ event }) => event),
      ['left reconnect_timeout'],
    );
    assert.equal((await notes(bob, 'joined')).length, 1);
  });
});

const leaves = async (page: ParticipantPage) =>
  (await notes(page)).filter(({ event, who }) => event.startsWith('left') && who === 'alice');
