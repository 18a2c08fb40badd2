import assert from 'node:assert/strict';
import { startCluster } from '../support/deployment.ts';
import { useBrowser, useDeployment, useStoppable } from '../support/fixture.ts';
import { ParticipantPage } from '../support/page.ts';
import { sharedRabbit } from '../support/rabbitmq.ts';
import { repetitions } from '../support/thorough.ts';
import { seeAndHearEachOther } from '../scenarios/call.ts';
import { survivesLossOfOwner } from '../scenarios/owner-loss.ts';

describe('a conference in separate processes over RabbitMQ', function () {
  this.timeout(240_000);
  const rabbit = useStoppable(sharedRabbit);
  const running = useDeployment(() => {
    const overrides = { rooms: { placement: 'spread' }, bus: { heartbeat_s: 5 } };
    return startCluster(rabbit().url, { conferences: 2, accesses: 2 }, overrides);
  });
  const browser = useBrowser();

  const join = (room: string, user: string) => ParticipantPage.join(browser(), running(), { room, user });

  it('lets two participants on different access agents see and hear each other', async () => {
    const [alice, bob] = await Promise.all([join('apart', 'alice'), join('apart', 'bob')]);
    await seeAndHearEachOther(alice, bob);
    const joined = await Promise.all(
      [alice, bob].map(async (page) => {
        const id = await page.id();
        const lines = running().conferences.flatMap((conference) => conference.lines);
        return lines.find((line) => line.msg === 'joined' && line.participant === id)?.agent;
      }),
    );
    assert.equal(new Set(joined).size, 2, `agents: ${joined.join()}`);
    await Promise.all([alice.close(), bob.close()]);
  });

  for (let round = 1; round <= repetitions; round += 1) {
    it(`goes on when the conference agent that owns the room is killed (${String(round)} of ${String(repetitions)})`, async () => {
      const room = `kill-${String(round)}`;
      const [alice, bob] = await Promise.all([join(room, 'alice'), join(room, 'bob')]);
      await seeAndHearEachOther(alice, bob);
      const owner = running().conferences.find(
        (conference) =>
          !conference.exited &&
          conference.lines.some((line) => line.msg === 'room opened' && line.room === room),
      );
      assert.ok(owner, 'somebody opened the room');
      const carol = await survivesLossOfOwner({
        alice,
        bob,
        kill: () => {
          owner.kill();
        },
        join: (user) => join(room, user),
      });
      await Promise.all([alice.close(), bob.close(), carol.close()]);
      await running().add('conference');
    });
  }
});

describe('a conference with a single conference agent', function () {
  this.timeout(240_000);
  const rabbit = useStoppable(sharedRabbit);
  const running = useDeployment(() =>
    startCluster(rabbit().url, { conferences: 1, accesses: 1 }, { bus: { heartbeat_s: 5 } }),
  );
  const browser = useBrowser();

  it('goes on when it is killed and started again', async () => {
    const join = (user: string) => ParticipantPage.join(browser(), running(), { room: 'restart', user });
    const [alice, bob] = await Promise.all([join('alice'), join('bob')]);
    await seeAndHearEachOther(alice, bob);
    const [owner] = running().conferences;
    assert.ok(owner);
    owner.kill();
    await owner.exit();
    await running().add('conference');
    const carol = await survivesLossOfOwner({ alice, bob, kill: () => undefined, join });
    await Promise.all([alice.close(), bob.close(), carol.close()]);
  });
});
