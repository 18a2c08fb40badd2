import assert from 'node:assert/strict';
import { startSingle } from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { eventually, ParticipantPage } from '../support/page.ts';

/** The picture of the view that the page looks at. */
const picture = '[data-mix] > video[data-source="mixed"]';

describe('the mixed view of the page', function () {
  this.timeout(180_000);
  const deployment = useDeployment(() => startSingle());
  const browser = useBrowser();
  const join = (room: string, user: string) =>
    ParticipantPage.join(browser(), deployment(), { room, user }, beginInGrid);
  /** What this page receives, as stream types. */
  const received = (page: ParticipantPage) =>
    page.page.evaluate(() =>
      [...(window.portico.conference?.subscriptions.values() ?? [])].map(({ stream }) => stream.type).sort(),
    );
  const layout = (page: ParticipantPage) =>
    page.page.evaluate(
      () =>
        window.portico.conference
          ?.mixedStream()
          ?.layout.map(({ stream, region }) => ({ stream, area: region.area })) ?? [],
    );
  const seesMix = async (page: ParticipantPage): Promise<void> => {
    const first = await eventually(
      `${page.user} sees the mix`,
      async () => {
        const seen = await page.picture(picture);
        return seen !== undefined && seen.mean > 5 && seen.contrast > 20 ? seen : undefined;
      },
      45_000,
    );
    await eventually(`the mix moves at ${page.user}`, async () => {
      const seen = await page.picture(picture);
      return seen !== undefined && seen.sum !== first.sum;
    });
  };
  const shows = (page: ParticipantPage, count: number) =>
    eventually(`the view shows ${String(count)}`, async () => {
      const entries = await layout(page);
      return entries.filter(({ stream }) => stream !== undefined).length === count && entries;
    });

  it('shows everybody in one picture, with sound, and receives nothing else', async () => {
    const [alice, bob] = await Promise.all([join('mixed', 'alice'), join('mixed', 'bob')]);
    await shows(alice, 2);
    await alice.page.keyboard.press('g');
    await seesMix(alice);
    await alice.hearsSound();
    await eventually('the single streams are not received', async () => {
      return (await received(alice)).join() === 'mixed';
    });
    assert.deepEqual(await received(bob), ['forward']);
    const label = await alice.page.locator(picture).getAttribute('aria-label');
    assert.match(label ?? '', /^Mixed view of (alice and bob|bob and alice)$/);
    await alice.page.keyboard.press('g');
    await alice.seesLivePicture('bob');
    await eventually('the mix is not received', async () => (await received(alice)).join() === 'forward');
    await Promise.all([alice.close(), bob.close()]);
  });

  it('is remembered, and follows who comes and goes', async () => {
    const alice = await join('remembered', 'alice');
    await shows(alice, 1);
    await alice.page.keyboard.press('g');
    await seesMix(alice);
    await alice.page.reload();
    await alice.state('connected');
    await seesMix(alice);
    assert.deepEqual(await received(alice), ['mixed']);
    const bob = await join('remembered', 'bob');
    await shows(alice, 2);
    await bob.close();
    await shows(alice, 1);
    await seesMix(alice);
    await alice.close();
  });

  it('is laid out by moderators: templates, their own regions, the main picture', async () => {
    const [alice, bob] = await Promise.all([join('layout', 'alice'), join('layout', 'bob')]);
    await shows(alice, 2);
    await alice.page.keyboard.press('g');
    await seesMix(alice);
    const grid = await layout(alice);
    const choose = async (name: string): Promise<void> => {
      await alice.page.getByRole('button', { name: 'Layout', exact: true }).click();
      await alice.page.getByRole('menuitemradio', { name }).click();
    };
    /** The page knows what holds, whoever chose it. */
    const holds = (name: string) =>
      eventually(`${name} is checked`, async () => {
        const checked = alice.page.locator('[role="menuitemradio"][aria-checked="true"]');
        return (await checked.count()) === 1 && (await checked.textContent()) === name;
      });
    await holds('Grid');
    await choose('Lecture');
    await eventually('another layout', async () => {
      return JSON.stringify(await layout(alice)) !== JSON.stringify(grid);
    });
    await holds('Lecture: one large');
    await choose('Custom');
    await alice.page.getByRole('button', { name: 'Add region' }).waitFor();
    await alice.page.getByRole('button', { name: 'Use this layout' }).click();
    await holds('Custom…');
    await choose('Follow the speaker');
    await holds('Follow the speaker');
    await choose('Grid');
    await eventually('the grid again', async () => {
      return JSON.stringify((await layout(alice)).map(({ area }) => area)) === areasOf(grid);
    });
    await holds('Grid');
    const [, second] = await layout(alice);
    const owner = await alice.page.evaluate((stream) => {
      const { conference } = window.portico;
      const other = conference?.streams.get(stream ?? '')?.participantId;
      return other ?? conference?.self.id;
    }, second?.stream);
    const name = owner === (await alice.id()) ? 'alice' : 'bob';
    await alice.page.keyboard.press('p');
    await alice.page.getByRole('button', { name: `Mixed view: ${name}` }).click();
    await alice.page.getByRole('menuitem', { name: 'Make main picture' }).click();
    await eventually('it is the first', async () => (await layout(alice))[0]?.stream === second?.stream);
    await alice.page.getByRole('button', { name: 'Mixed view: bob' }).click();
    await alice.page.getByRole('menuitem', { name: 'Take out of the mix' }).click();
    await shows(alice, 1);
    await seesMix(alice);
    await Promise.all([alice.close(), bob.close()]);
  });
});

/** Tabs share what the page remembers: each one begins with the grid, and keeps its choice when it is loaded again. */
const beginInGrid = (): void => {
  if (sessionStorage.getItem('begun') !== null) return;
  sessionStorage.setItem('begun', '1');
  localStorage.setItem('portico.stage', 'grid');
};

const areasOf = (entries: readonly { area: unknown }[]): string =>
  JSON.stringify(entries.map(({ area }) => area));
