import assert from 'node:assert/strict';
import { joinBare } from '../support/bare-page.ts';
import {
  startCluster,
  startSingle,
  type Cluster,
  type Deployment,
  type Single,
} from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { Gaps } from '../support/gaps.ts';
import { ffmpegsOf, killNow, mixesOf } from '../support/mix-processes.ts';
import { MixViewer } from '../support/mix-viewer.ts';
import { people } from '../support/people.ts';
import { eventually } from '../support/page.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { repetitions } from '../support/thorough.ts';

describe('a mixed stream', function () {
  this.timeout(120_000 + repetitions * 20_000);
  const browser = useBrowser();
  const join = (server: Deployment, room: string, user: string, role?: string) =>
    joinBare(browser(), server, { room, user, role });
  const watch = async (server: Deployment, room: string) =>
    await MixViewer.watch(await join(server, room, 'watcher', 'viewer'));

  describe('in one process', () => {
    const deployment = useDeployment<Single>(() => startSingle());
    /** The mixes of rooms that nobody watches any more have ended. */
    const onlyMix = (server: Single) =>
      eventually('one mix runs', () => Promise.resolve(mixesOf(server.process.pid).length === 1));

    it('shows everybody in the right place while they come and go, and sounds like all of them', async () => {
      const server = deployment();
      const red = await join(server, 'comings', 'red');
      const viewer = await watch(server, 'comings');
      await viewer.sees('red');
      const usual = await viewer.usualGap();
      const lime = await join(server, 'comings', 'lime');
      await viewer.sees('red', 'lime');
      const blue = await join(server, 'comings', 'blue');
      await viewer.sees('red', 'lime', 'blue');
      for (const name of ['red', 'lime', 'blue'] as const) {
        await eventually(
          `the tone of ${name} is heard`,
          async () => (await viewer.hears(people[name].tone)) > 15,
        );
      }
      await lime.close();
      await viewer.sees('red', 'blue');
      await eventually(
        'who left is not heard any more',
        async () => (await viewer.hears(people.lime.tone)) < 10,
      );
      const gaps = new Gaps('people came and went', 1_000);
      gaps.add(await viewer.takeLongestGap(), usual);
      gaps.report();
      await Promise.all([red.close(), blue.close(), viewer.page.close()]);
    });

    it('comes back by itself when its process or an FFmpeg of it is killed', async () => {
      const server = deployment();
      const red = await join(server, 'kills', 'red');
      const viewer = await watch(server, 'kills');
      await viewer.sees('red');
      // One process is kept in reserve, and it is to be that of this room.
      await onlyMix(server);
      const lost = async (gaps: Gaps, find: () => number[]): Promise<void> => {
        const usual = await viewer.usualGap();
        const found = find();
        assert.notEqual(found.length, 0, 'there is something to kill');
        found.forEach(killNow);
        await viewer.seesMoreFrames(20);
        await viewer.sees('red');
        gaps.add(await viewer.takeLongestGap(), usual);
      };
      const ffmpegs = new Gaps('all FFmpegs of a mix killed', 1_000);
      const processes = new Gaps('the mix process killed', 1_000);
      for (let time = 0; time < repetitions; time += 1) {
        await lost(ffmpegs, () => mixesOf(server.process.pid).flatMap(ffmpegsOf));
        await lost(processes, () => mixesOf(server.process.pid));
      }
      ffmpegs.report();
      processes.report();
      await Promise.all([red.close(), viewer.page.close()]);
    });

    it('costs nothing while nobody watches it', async () => {
      const server = deployment();
      const red = await join(server, 'idle', 'red');
      const viewer = await watch(server, 'idle');
      await viewer.sees('red');
      await onlyMix(server);
      await viewer.page.close();
      await eventually('its process ends', async () => mixesOf(server.process.pid).length === 0);
      await red.close();
    });
  });

  describe('on several processes', () => {
    const deployment = useDeployment<Cluster>(async () =>
      startCluster((await sharedRabbit()).url, { mixers: 2, conferences: 2 }),
    );

    /** The conference agent that owns a room. */
    const ownerOf = ({ conferences }: Cluster, room: string) => {
      const owner = conferences.findLast(
        ({ exited, lines }) =>
          !exited && lines.some((line) => line.msg === 'room opened' && line.room === room),
      );
      assert.ok(owner !== undefined, 'somebody owns the room');
      return owner;
    };
    const agentOf = (cluster: Cluster) => cluster.mixers.find(({ pid }) => mixesOf(pid).length > 0);

    it('moves to another mixer agent when its own is killed, and nobody has to do anything', async () => {
      const cluster = deployment();
      const red = await join(cluster, 'moves', 'red');
      const lime = await join(cluster, 'moves', 'lime');
      const viewer = await watch(cluster, 'moves');
      await viewer.sees('red', 'lime');
      const gaps = new Gaps('the mixer agent killed', 3_000);
      for (let time = 0; time < repetitions; time += 1) {
        const agent = agentOf(cluster);
        assert.ok(agent !== undefined, 'a mixer agent has the mix');
        const usual = await viewer.usualGap();
        killNow(agent.pid);
        await viewer.seesMoreFrames(10, 30_000);
        await viewer.sees('red', 'lime');
        gaps.add(await viewer.takeLongestGap(), usual);
        await cluster.add('mixer');
      }
      gaps.report();
      await Promise.all([red.close(), lime.close(), viewer.page.close()]);
    });

    it('does not notice when the owner of the room is killed', async () => {
      const cluster = deployment();
      const red = await join(cluster, 'owner', 'red');
      const viewer = await watch(cluster, 'owner');
      await viewer.sees('red');
      const usual = await viewer.usualGap();
      const gaps = new Gaps('the owner of the room killed', 1_000);
      const owner = ownerOf(cluster, 'owner');
      killNow(owner.pid);
      await viewer.seesMoreFrames(50);
      const lime = await join(cluster, 'owner', 'lime');
      await viewer.sees('red', 'lime');
      gaps.add(await viewer.takeLongestGap(), usual);
      gaps.report();
      await Promise.all([red.close(), lime.close(), viewer.page.close()]);
    });
  });
});
