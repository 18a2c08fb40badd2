import assert from 'node:assert/strict';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { startSingle } from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { eventually, ParticipantPage } from '../support/page.ts';
import { notes, watchRoom } from '../support/room-watch.ts';

describe('a page that is loaded again', function () {
  this.timeout(120_000);
  const running = useDeployment(() => startSingle());
  const browser = useBrowser();
  const join = (room: string, user: string) => ParticipantPage.join(browser(), running(), { room, user });
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${running().url}/metrics`)).text();
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? ([0-9.e+-]+)$`, 'gm'))];
    return values.reduce((sum, [, value]) => sum + Number(value), 0);
  };

  it('is the same participant again, without a twin', async () => {
    const [alice, bob] = await Promise.all([join('reload', 'alice'), join('reload', 'bob')]);
    await seeAndHearEachOther(alice, bob);
    await watchRoom(bob);
    const id = await alice.id();
    const transports = await metric('portico_transports');
    await alice.page.reload();
    await alice.state('connected');
    assert.equal(await alice.id(), id);
    await seeAndHearEachOther(alice, bob);
    const others = await bob.page.evaluate(() => window.portico.conference?.participants.size);
    assert.equal(others, 1);
    const tiles = await bob.page.locator(`video[data-participant-id="${id}"]`).count();
    assert.equal(tiles, 1, 'no frozen twin');
    const left = (await notes(bob)).filter(({ event }) => event.startsWith('left') || event === 'joined');
    assert.deepEqual(left, [], 'nobody saw her leave or join');
    await eventually('her old transports are closed', async () => {
      return (await metric('portico_transports')) === transports;
    });
    await eventually('the two of them are all there are', async () => {
      return (await metric('portico_participants')) === 2;
    });
    await Promise.all([alice.close(), bob.close()]);
  });

  it('leaves the call to its duplicate and stays away', async () => {
    const [alice, bob] = await Promise.all([join('twice', 'alice'), join('twice', 'bob')]);
    await seeAndHearEachOther(alice, bob);
    await Promise.all([watchRoom(alice), watchRoom(bob)]);
    const id = await alice.id();
    // A duplicated tab begins with a copy of the session storage, as a window that the page itself opens.
    const opened = alice.page.context().waitForEvent('page');
    await alice.page.evaluate(() => void window.open(location.href));
    const copy = ParticipantPage.of(await opened, 'alice');
    await copy.state('connected');
    await alice.state('closed');
    assert.equal(await copy.id(), id);
    await seeAndHearEachOther(copy, bob);
    const states = (await notes(alice, 'state')).map(({ who }) => who);
    assert.equal(states.at(-1), 'closed', states.join());
    assert.equal(await alice.page.evaluate(() => document.documentElement.dataset.state), 'closed');
    assert.equal(await copy.page.evaluate(() => document.documentElement.dataset.state), 'connected');
    const left = (await notes(bob)).filter(({ event }) => event.startsWith('left') || event === 'joined');
    assert.deepEqual(left, [], 'nobody saw her leave or join');
    // Those of other rooms whose pages were closed are waited for by the server for some seconds.
    await eventually('the two of them are all there are', async () => {
      return (await metric('portico_participants')) === 2;
    });
    await Promise.all([alice.close(), copy.close(), bob.close()]);
  });
});
