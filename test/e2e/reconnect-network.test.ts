import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { ClientNetwork } from '../support/client-network.ts';
import { startSingle, type Overrides } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { FreezeMeter } from '../support/freeze-meter.ts';
import { eventually, ParticipantPage } from '../support/page.ts';
import { notes, watchRoom } from '../support/room-watch.ts';
import { thorough } from '../support/thorough.ts';

/** Frames must come again within this, counted from the return of the network, ms. */
const returnMs = 3_000;

/**
 * The same after a change of the address, of which browsers tell a page nothing: it is noticed by the silence of the old
 * one. Four seconds of it are the ping of these tests.
 */
const movedMs = 5_000;

/** How long the network is away, s; with windows in proportion the short run meets the same cases as life. */
const [shortS, mediumS, longS] = thorough ? [10, 45, 55] : [4, 9, 11];
const proportionate: Overrides = thorough
  ? {}
  : { reconnection: { window_ms: 13_000 }, access: { ice_consent_timeout_s: 10 } };

describe("a client's network", function () {
  this.timeout(240_000);
  const network = fixture(
    () => ClientNetwork.create(),
    (created) => created.remove(),
  );
  const running = useDeployment(() => {
    const ping = { portal: { ping_interval_ms: 2_000, ping_timeout_ms: 2_000 } };
    return startSingle({ ...proportionate, ...ping }, { host: network().server });
  });
  const secure = () => [`--unsafely-treat-insecure-origin-as-secure=${running().url}`];
  const outside = useBrowser(() => ({ args: secure() }));
  const inside = useBrowser(async () => ({
    executablePath: await network().wrap('/usr/bin/chromium'),
    args: secure(),
  }));

  const meet = async (room: string) => {
    // One layer: with several, their number depends on the bandwidth of the moment.
    const query = { simulcast: '0' };
    const [alice, bob] = await Promise.all([
      ParticipantPage.join(inside(), running(), { room, user: 'alice', query }),
      ParticipantPage.join(outside(), running(), { room, user: 'bob', query }),
    ]);
    await seeAndHearEachOther(alice, bob);
    await watchRoom(bob);
    return { alice, bob };
  };
  /** What must stay: who she is, what she sends and receives, and the transports that carry it. */
  const kept = async ({ page }: ParticipantPage) =>
    await page.evaluate(async () => {
      const { conference } = window.portico;
      const server = (await conference?.getStats({ server: true }))?.server;
      const producers = [...(conference?.publications.keys() ?? [])].map((id) => [
        id,
        (server?.get(id) ?? []).map(({ ssrc, kind }) => `${String(kind)} ${String(ssrc)}`).sort(),
      ]);
      return {
        id: conference?.self.id,
        producers,
        subscriptions: [...(conference?.subscriptions.keys() ?? [])],
        connections: window.peerConnections.length,
      };
    });
  const nobodyLeft = async (bob: ParticipantPage) => {
    const told = (await notes(bob)).filter(
      ({ event }) => event.startsWith('left') || event === 'joined' || event.startsWith('stream'),
    );
    assert.deepEqual(told, [], 'nobody saw her leave, or her stream end');
  };
  /** Both decode new frames of each other; returns how long that took, ms. */
  const framesAgain = async (alice: ParticipantPage, bob: ParticipantPage) => {
    const since = performance.now();
    await Promise.all([alice.seesMoreFrames('bob', 3), bob.seesMoreFrames('alice', 3)]);
    return Math.round(performance.now() - since);
  };

  for (const seconds of [shortS, mediumS, longS]) {
    it(`is away altogether for ${String(seconds)} s: frames come again at once, of the same producers`, async () => {
      const { alice, bob } = await meet(`away-${String(seconds)}`);
      const before = await kept(alice);
      const meters = await Promise.all([FreezeMeter.start(alice, 'bob'), FreezeMeter.start(bob, 'alice')]);
      await network().cut();
      await pause(seconds * 1_000);
      await network().restore();
      const again = await framesAgain(alice, bob);
      await alice.state('connected');
      const freezes = await Promise.all(meters.map((meter) => meter.stop()));
      process.stdout.write(
        `      frames after ${String(again)} ms; longest freezes ${freezes.map((ms) => String(Math.round(ms))).join(' and ')} ms\n`,
      );
      assert.ok(again < returnMs, `frames after ${String(again)} ms`);
      await seeAndHearEachOther(alice, bob);
      assert.deepEqual(await kept(alice), before);
      await nobodyLeft(bob);
      await Promise.all([alice.close(), bob.close()]);
    });
  }

  it('changes: the same transports go on from the new address', async () => {
    const { alice, bob } = await meet('moved');
    const before = await kept(alice);
    const old = network().client;
    await network().move();
    const again = await framesAgain(alice, bob);
    await alice.state('connected');
    process.stdout.write(`      from ${old} to ${network().client}: frames after ${String(again)} ms\n`);
    await eventually('her messages arrive', async () => {
      await alice.page.evaluate(() => window.portico.conference?.send('from elsewhere'));
      return (await notes(bob, 'text')).length > 0;
    });
    await seeAndHearEachOther(alice, bob);
    assert.deepEqual(await kept(alice), before);
    assert.ok(again < movedMs, `frames after ${String(again)} ms`);
    await nobodyLeft(bob);
    await Promise.all([alice.close(), bob.close()]);
  });
});
