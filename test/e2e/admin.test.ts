import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { startSingle, type Single } from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { ParticipantPage } from '../support/page.ts';

describe('the admin page', function () {
  this.timeout(120_000);
  const deployment = useDeployment<Single>(() => startSingle());
  const browser = useBrowser();

  const fill = async (page: Page, service: string, key: string): Promise<void> => {
    await page.locator('[name=service]').fill(service);
    await page.locator('[name=key]').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  /** The page, signed in, at one of its places. */
  const admin = async (place = ''): Promise<Page> => {
    const { url, service, key } = await deployment().management();
    const page = await browser().open(`${url}/admin/#/${place}`);
    await fill(page, service, key);
    await page.locator('[data-link=live]').waitFor();
    return page;
  };

  const meet = async (room: string) => {
    const join = (user: string) => ParticipantPage.join(browser(), deployment(), { room, user });
    const [alice, bob] = await Promise.all([join('alice'), join('bob')]);
    await Promise.all([alice.seesMoreFrames('bob', 5), bob.seesMoreFrames('alice', 5)]);
    return { alice, bob };
  };

  /** Row of a table that has this text; exactly so, because ids have letters of both cases. */
  const row = (page: Page, table: RegExp, text: string) =>
    page
      .getByRole('table', { name: table })
      .getByRole('row')
      .filter({ hasText: new RegExp(text) });

  it('comes also without the slash, and says when a key is wrong', async () => {
    const { url, service } = await deployment().management();
    const page = await browser().open(`${url}/admin`);
    assert.equal(new URL(page.url()).pathname, '/admin/');
    await fill(page, service, 'x'.repeat(40));
    await page.getByRole('alert').filter({ hasText: 'does not know this key' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  });

  it('shows what runs: participants, streams, their codecs and bitrates', async () => {
    await meet('watched');
    const page = await admin();
    await row(page, /Running rooms/, 'watched').waitFor();
    await row(page, /Processes/, 'Access agent').waitFor();
    await page.getByRole('link', { name: 'watched' }).click();
    await row(page, /^2 participants/, 'alice').waitFor();
    await row(page, /^2 participants/, 'bob')
      .getByText('connected')
      .waitFor();
    const streams = page.getByRole('table', { name: /^2 streams/ });
    const tracks = streams.getByRole('row');
    await tracks
      .filter({ hasText: 'Microphone' })
      .filter({ hasText: 'Opus' })
      .filter({ hasText: /\d kbit/ })
      .first()
      .waitFor();
    await tracks
      .filter({ hasText: 'Camera' })
      .filter({ hasText: 'VP8' })
      .filter({ hasText: /\d [kM]bit/ })
      .first()
      .waitFor();
    assert.equal(await tracks.count(), 5, 'a heading, and two tracks for each of two streams');
    await row(page, /^2 participants/, 'alice')
      .getByRole('button', { expanded: false })
      .click();
    await page.getByRole('list', { name: 'Subscriptions' }).getByText('bob').first().waitFor();
  });

  it('mutes a stream, which the others see, and takes a permission away', async () => {
    const { bob } = await meet('muted');
    const page = await admin('rooms/muted');
    await page.getByRole('button', { name: 'Mute microphone of alice' }).click();
    await bob.page.waitForFunction(() => {
      const streams = [...(window.portico.conference?.streams.values() ?? [])];
      return streams.some(({ tracks }) => tracks.some(({ kind, muted }) => kind === 'audio' && muted));
    });
    await page.getByRole('button', { name: 'Unmute microphone of alice' }).waitFor();
    await page.getByRole('switch', { name: 'bob may send pictures' }).click();
    await page.getByRole('switch', { name: 'bob may send pictures', checked: false }).waitFor();
  });

  it('drops a participant after asking, and sees it go without a reload', async () => {
    const { alice, bob } = await meet('dropped');
    const page = await admin('rooms/dropped');
    await page.getByRole('button', { name: 'Drop bob' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drop participant' }).click();
    await bob.page.waitForFunction(() => document.documentElement.dataset.state !== 'connected');
    await row(page, /^1 participant/, 'alice').waitFor();
    await alice.close();
    await page.getByText('Nobody is in this room').waitFor();
  });

  it('makes a room, changes it, and notices that somebody else did', async () => {
    const page = await admin('rooms');
    await page.getByRole('button', { name: 'New room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Board meeting');
    await dialog.getByLabel('Id').fill('board');
    await dialog.getByRole('button', { name: 'Create room' }).click();
    await row(page, /Rooms/, 'Board meeting').waitFor();
    const limit = dialog.getByLabel('Participant limit');
    await page.getByRole('button', { name: 'Edit Board meeting' }).click();
    await limit.fill('2');
    const other = await admin('rooms');
    await other.getByRole('button', { name: 'Edit Board meeting' }).click();
    await other.getByRole('dialog').getByLabel('Participant limit').fill('3');
    await other.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await other.getByRole('dialog').waitFor({ state: 'hidden' });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'Somebody else has changed this room' }).waitFor();
  });

  it('makes a token whose link lets somebody in, and lists it as used', async () => {
    const page = await admin('tokens');
    await page.getByRole('button', { name: 'New token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Room').fill('invited');
    await dialog.getByLabel('User').fill('carol');
    await dialog.getByRole('button', { name: 'Create token' }).click();
    const link = await dialog.getByLabel('Join link').inputValue();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await row(page, /Tokens/, 'carol')
      .getByText('issued')
      .waitFor();
    const carol = ParticipantPage.of(await browser().open(`${link}&autojoin=1`), 'carol');
    await carol.state('connected');
    await row(page, /Tokens/, 'carol')
      .getByText('used')
      .waitFor();
  });

  it('keeps its key in the tab until it signs out', async () => {
    const page = await admin('audit');
    await page.reload();
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  });

  it('says that it lost the server, and comes back by itself', async () => {
    const page = await admin();
    await deployment().process.killed();
    await page.locator('[data-link=lost]').waitFor();
    await page.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
    await deployment().restart();
    await page.locator('[data-link=live]').waitFor({ timeout: 40_000 });
  });
});
