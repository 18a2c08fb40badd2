import assert from 'node:assert/strict';
import { startSingle } from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { Gaps } from '../support/gaps.ts';
import { eventually, ParticipantPage } from '../support/page.ts';
import { repetitions } from '../support/thorough.ts';
import { seeAndHearEachOther } from '../scenarios/call.ts';

describe('one room over two workers', function () {
  this.timeout(120_000);
  const back = new Gaps('a media worker killed, until the last session is back', 2_000, 1);

  for (let round = 1; round <= repetitions; round += 1)
    describe(`${round} of ${repetitions}`, () => {
      const deployment = useDeployment(() =>
        startSingle({ access: { workers: 2, consumers_per_worker: 1 } }),
      );
      const browser = useBrowser();

      it('goes on for those on the other worker when one is killed, and the victims come back', async () => {
        const names = ['alice', 'bob', 'carol', 'dave'];
        const pages: ParticipantPage[] = [];
        let comesAt = 0;
        for (const user of names) {
          comesAt = Date.now();
          pages.push(
            await ParticipantPage.join(browser(), deployment(), { room: 'workers', user }, smallCamera),
          );
        }
        const [alice, bob, carol, dave] = pages;
        assert.ok(alice && bob && carol && dave);
        for (const user of ['alice', 'bob', 'carol']) await dave.seesMoreFrames(user, 3);
        const came = Date.now() - comesAt;
        await seeAndHearEachOther(alice, bob);
        await seeAndHearEachOther(carol, dave);
        const server = deployment().processes[0];
        assert.ok(server);
        const workers = await server.workers();
        assert.equal(workers.length, 2);
        const victimsOf = await Promise.all(pages.map((page) => watchInterruptions(page)));
        const [victim] = workers;
        assert.ok(victim);
        const killedAt = Date.now();
        process.kill(victim, 'SIGKILL');
        await eventually('somebody lost its transports', async () => {
          const interrupted = await Promise.all(victimsOf.map((read) => read()));
          return interrupted.some(({ lost }) => lost);
        });
        const outcomes = await Promise.all(victimsOf.map((read) => read()));
        const victims = pages.filter((_page, index) => outcomes[index]?.lost === true);
        const others = pages.filter((page) => !victims.includes(page));
        assert.ok(victims.length > 0 && others.length > 0, 'the room was on both workers');
        const [first, second] = others;
        if (first !== undefined && second !== undefined)
          await first.seesMoreFrames(second.user, 5, { timeoutMs: 1_500 });
        await Promise.all(
          victims.flatMap((page) =>
            pages
              .filter((other) => other !== page)
              .flatMap((other) => [page.seesMoreFrames(other.user, 3), other.seesMoreFrames(page.user, 3)]),
          ),
        );
        const returns = await Promise.all(victimsOf.map((read) => read()));
        back.add(Math.max(...returns.map(({ resumedAt }) => resumedAt)) - killedAt, came);
        await eventually('a new worker runs', async () => (await server.workers()).length === 2);
        await Promise.all(pages.map((page) => page.close()));
      });
    });

  after(() => {
    back.report();
  });
});

/** Twelve software decoders and four encoders of a large picture would be what is measured on a small machine. */
function smallCamera(): void {
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (constraints) =>
    getUserMedia({
      ...constraints,
      ...(constraints?.video ? { video: { width: 320, height: 180, frameRate: 15 } } : {}),
    });
}

interface Notes {
  /** Its own publication was interrupted: its worker died. */
  lost: boolean;
  /** When the last of its sessions was back, ms since 1970. */
  resumedAt: number;
}

/** Notes in a page what happens to its publications and subscriptions. */
async function watchInterruptions(page: ParticipantPage): Promise<() => Promise<Notes>> {
  await page.page.evaluate(() => {
    const notes = { lost: false, resumedAt: 0 };
    Object.assign(window, { notes });
    const { conference } = window.portico;
    for (const publication of conference?.publications.values() ?? []) {
      publication.on('interrupted', () => {
        notes.lost = true;
      });
      publication.on('resumed', () => {
        notes.resumedAt = Date.now();
      });
    }
    for (const subscription of conference?.subscriptions.values() ?? []) {
      subscription.on('resumed', () => {
        notes.resumedAt = Date.now();
      });
    }
  });
  return () => page.page.evaluate(() => (window as unknown as { notes: Notes }).notes);
}
