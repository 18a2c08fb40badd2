import assert from 'node:assert/strict';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { startSingle } from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { ParticipantPage } from '../support/page.ts';
import { notes, watchRoom } from '../support/room-watch.ts';
import { repetitions } from '../support/thorough.ts';

describe('the only process, killed and started again', function () {
  this.timeout(180_000);
  const running = useDeployment(() => startSingle());
  const browser = useBrowser();

  for (let round = 1; round <= repetitions; round += 1) {
    it(`takes everybody back under the same ids (${String(round)} of ${String(repetitions)})`, async () => {
      const room = `restart-${String(round)}`;
      const join = (user: string) => ParticipantPage.join(browser(), running(), { room, user });
      const [alice, bob] = await Promise.all([join('alice'), join('bob')]);
      await seeAndHearEachOther(alice, bob);
      await Promise.all([watchRoom(alice), watchRoom(bob)]);
      const ids = await Promise.all([alice.id(), bob.id()]);
      await running().process.killed();
      await Promise.all([alice.state('reconnecting'), bob.state('reconnecting')]);
      await running().restart();
      const startedAt = Date.now();
      await Promise.all([alice.state('connected'), bob.state('connected')]);
      await Promise.all([alice.seesMoreFrames('bob', 5), bob.seesMoreFrames('alice', 5)]);
      process.stdout.write(`      media again ${String(Date.now() - startedAt)} ms after the start\n`);
      await seeAndHearEachOther(alice, bob);
      assert.deepEqual(await Promise.all([alice.id(), bob.id()]), ids);
      for (const page of [alice, bob]) {
        // Nobody remembers the room: who comes first finds it empty, and sees the other come.
        const states = (await notes(page, 'state')).map(({ who }) => who);
        assert.deepEqual(states, ['reconnecting', 'connected']);
      }
      await bob.page.evaluate(() => window.portico.conference?.send('still here'));
      await alice.page.getByText('still here').first().waitFor({ state: 'attached' });
      await Promise.all([alice.close(), bob.close()]);
    });
  }
});
