import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PorticoAdmin } from '../../management-api/sdk/index.ts';
import { startSingle, type Single } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { look } from '../support/live-viewer.ts';
import { complaintsAbout } from '../support/media-file.ts';
import { plainCamera } from '../support/people.ts';
import { ParticipantPage } from '../support/page.ts';
import { isOf } from '../support/seen-person.ts';
import { until } from '../support/until.ts';

/** Where to leave pictures of the pages, for whoever wants to look at them. */
const pictures = process.env['PORTICO_TEST_SCREENSHOTS'];
const phone = { width: 390, height: 844 };

describe('the record button of the sample app', function () {
  this.timeout(120_000);
  const browser = useBrowser();
  const folder = fixture(
    () => mkdtemp(join(tmpdir(), 'portico-button-')),
    (path) => rm(path, { recursive: true, force: true }),
  );
  const deployment = useDeployment<Single>(() =>
    startSingle({ recording: { path: folder() }, rooms: { 'default.auto_mix': true } }),
  );
  const enter = (user: string, role?: string) =>
    ParticipantPage.join(
      browser(),
      deployment(),
      { room: 'button', user, ...(role === undefined ? {} : { role }) },
      plainCamera,
    );
  const shoot = async ({ page }: ParticipantPage, name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}${name}.png` });
  };
  const seconds = async ({ page }: ParticipantPage): Promise<number> => {
    const shown = await page.locator('.recording-time >> visible=true').first().textContent();
    const [minutes = 0, rest = 0] = (shown ?? '').split(':').map(Number);
    return minutes * 60 + rest;
  };

  it('makes a file that plays, while everybody sees that it runs and for how long', async () => {
    const red = await enter('red');
    const guest = await enter('guest', 'viewer');
    await guest.page.setViewportSize(phone);
    assert.equal(await guest.page.getByRole('button', { name: 'Record the call' }).count(), 0);
    await red.page.getByRole('button', { name: 'Record the call' }).click();
    await shoot(red, 'dialog');
    await red.page.getByRole('button', { name: 'Start recording' }).click();
    for (const { page } of [red, guest]) {
      await page.locator('.recording-mark.active >> visible=true').first().waitFor({ timeout: 20_000 });
      await page.getByText('This call is being recorded.').waitFor();
    }
    await shoot(red, 'told');
    await shoot(guest, 'told-phone');
    for (const { page } of [red, guest]) await page.getByRole('button', { name: 'I agree' }).click();
    for (const one of [red, guest]) {
      const before = await seconds(one);
      await until(async () => (await seconds(one)) >= before + 2, {
        timeoutMs: 10_000,
        what: 'time goes on',
      });
    }
    assert.ok(Math.abs((await seconds(red)) - (await seconds(guest))) <= 1);
    await shoot(red, 'running');
    await shoot(guest, 'running-phone');
    const admin = new PorticoAdmin(await deployment().management());
    await until(async () => ((await admin.recordings.list('button'))[0]?.durationMs ?? 0) > 4_000, {
      timeoutMs: 30_000,
      what: 'something is recorded',
    });
    await red.page.getByRole('button', { name: 'Recording', exact: true }).click();
    await shoot(red, 'menu');
    await red.page.getByRole('menuitem', { name: 'Stop recording' }).click();
    for (const { page } of [red, guest])
      await page.locator('.recording-mark').first().waitFor({ state: 'detached' });
    const { files } = await until(async () => (await admin.recordings.ended('button'))[0], {
      timeoutMs: 30_000,
      what: 'the file is there',
    });
    const file = join(folder(), files[0]?.name ?? '');
    isOf('red', await look(file));
    assert.deepEqual(await complaintsAbout(file), []);
    await Promise.all([red.close(), guest.close()]);
  });
});
