import assert from 'node:assert/strict';
import { joinBare } from '../support/bare-page.ts';
import { startCluster, type Cluster } from '../support/deployment.ts';
import { useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { Gaps } from '../support/gaps.ts';
import { MixViewer } from '../support/mix-viewer.ts';
import { eventually, type ParticipantPage } from '../support/page.ts';
import type { PorticoProcess } from '../support/portico-process.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { repetitions } from '../support/thorough.ts';

describe('a mix whose participants are on several access agents', function () {
  this.timeout(180_000);
  const rabbit = useStoppable(sharedRabbit);
  const overrides = { rooms: { placement: 'spread' }, bus: { heartbeat_s: 5 } };
  const running = useDeployment<Cluster>(() =>
    startCluster(rabbit().url, { accesses: 3, mixers: 1 }, overrides),
  );
  const browser = useBrowser();
  const back = new Gaps('the access agent of a participant killed, until it is in the mix again', 3_000, 1);
  const others = new Gaps('meanwhile, for those of other agents', 500);

  const agentOf = async (page: ParticipantPage): Promise<PorticoProcess> => {
    const id = await page.id();
    const joined = running()
      .conferences.flatMap(({ lines }) => lines)
      .find((line) => line.msg === 'joined' && line.participant === id);
    const agent = running().accesses.find(
      ({ exited, lines }) => !exited && lines.some(({ member }) => member === joined?.agent),
    );
    assert.ok(agent, `the agent of ${page.user}, ${String(joined?.agent)}`);
    return agent;
  };

  /** Which subscriptions the page has: one that began anew has another id. */
  const subscriptions = ({ page }: ParticipantPage) =>
    page.evaluate(() => [...(window.portico.conference?.subscriptions.keys() ?? [])].sort());

  /** Whether the way to somebody's access agent is gone, as the mixer agent says. */
  const hasLost = (room: string) =>
    running()
      .mixers.flatMap(({ lines }) => lines)
      .some((line) => line.msg === 'pipe from another agent closed' && line.room === room);

  for (let round = 1; round <= repetitions; round += 1) {
    it(`goes on when one of them is killed, and whoever was there comes back (${round} of ${repetitions})`, async () => {
      const room = `mixed-agents-${round}`;
      const join = (user: string, role?: string) => joinBare(browser(), running(), { room, user, role });
      const [red, watcher] = [await join('red'), await join('watcher', 'viewer')];
      const viewer = await MixViewer.watch(watcher);
      await viewer.sees('red');
      const comesAt = Date.now();
      const lime = await join('lime');
      await viewer.seesMoving('lime');
      const came = Date.now() - comesAt;
      const agents = await Promise.all([red, lime, watcher].map(agentOf));
      assert.equal(new Set(agents).size, 3, 'everybody is on an agent of their own');
      await viewer.sees('red', 'lime');
      const [mine, id] = [await subscriptions(watcher), await lime.id()];
      const usual = await viewer.usualGap();

      await agents[1]?.killed();
      const killedAt = Date.now();
      // Its last picture may be held until it is back.
      await eventually('the mix has lost lime', async () => hasLost(room));
      assert.ok(
        await viewer.showsColour('red'),
        `red is where it was: ${JSON.stringify(await viewer.colours())}`,
      );
      await viewer.seesMoving('lime');
      await viewer.sees('red', 'lime');
      back.add(Date.now() - killedAt, came);
      others.add(await viewer.takeLongestGap(), usual);

      assert.deepEqual(await subscriptions(watcher), mine, 'who watches has not subscribed again');
      assert.equal(await lime.id(), id, 'lime is the same participant');
      await running().add('access');
      await Promise.all([red.close(), lime.close(), watcher.close()]);
    });
  }

  after(() => {
    back.report();
    others.report();
  });
});
