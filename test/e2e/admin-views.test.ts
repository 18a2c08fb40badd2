import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { ParticipantId } from '../../common/contract/ids.ts';
import type { Room } from '../../management-api/schemas/rooms.ts';
import type { ScriptedRoom } from '../integration/management/rest/cluster.ts';
import { participant, stream } from '../integration/management/rest/samples.ts';
import { Stage, superService } from '../integration/management/rest/stage.ts';
import { useBrowser, useStoppable } from '../support/fixture.ts';
import { eventually } from '../support/page.ts';

const adminPage = fileURLToPath(new URL('../../client/dist/admin-page', import.meta.url));
const users = ['ann', 'bob', 'carol', 'dave'];

/** The page on a room whose owner is scripted, with the real rules of layouts. */
describe('the admin page and mixed streams', function () {
  this.timeout(60_000);
  const stage = useStoppable(async () => {
    const started = await Stage.start({ adminPage });
    const views = [{ label: 'common', video: { parameters: { resolution: { width: 1280, height: 720 } } } }];
    await started.request('POST', '/v1/rooms', { body: { name: 'Board', id: 'board', options: { views } } });
    return started;
  });
  const browser = useBrowser();
  let room: ScriptedRoom;

  beforeEach(async () => {
    const people = users.map((user) => ({ ...participant(`p-${user}`), user }));
    const streams = users.map((user) =>
      stream(`s-${user}`, user === 'dave' ? ['audio'] : ['audio', 'video']),
    );
    for (const [index, one] of streams.entries())
      one.info.owner = ParticipantId.parse(`p-${users[index] ?? ''}`);
    room = await stage().agent.own('board', {
      participants: people,
      streams: streams.map((info) => ({ info })),
      views: ['common'],
    });
    for (const one of streams.filter(({ id }) => id !== 's-carol')) room.views[0]?.mix(one);
  });
  afterEach(() => stage().agent.disown('board'));

  const open = async (): Promise<Page> => {
    const page = await browser().open(`${stage().url}/admin/#/rooms/board`);
    await page.locator('[name=service]').fill(superService.id);
    await page.locator('[name=key]').fill(superService.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await view(page).waitFor();
    return page;
  };
  const view = (page: Page): Locator => page.getByRole('region', { name: 'View common' });
  const shown = (): (string | undefined)[] => room.views[0]!.stream.info.layout.map((entry) => entry.stream);
  const regions = (): number[][] =>
    room.views[0]!.stream.info.layout.map(({ region: { area } }) =>
      [area.left, area.top, area.width, area.height].map((text) => {
        const [above = 0, below = 1] = text.split('/').map(Number);
        return above / below;
      }),
    );
  const becomes = async (...streams: string[]): Promise<void> => {
    await eventually(`the layout begins with ${streams.join(', ')}: ${shown().join()}`, async () =>
      streams.every((id, index) => shown()[index] === id),
    );
  };
  /** Drags from the middle of something to a part of something else. */
  const drag = async (page: Page, from: Locator, to: Locator, [x, y] = [0.5, 0.5]): Promise<void> => {
    await to.scrollIntoViewIfNeeded();
    const [start, end] = [await from.boundingBox(), await to.boundingBox()];
    assert.ok(start !== null && end !== null);
    await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
    await page.mouse.down();
    await page.mouse.move(end.x + end.width * x, end.y + end.height * y, { steps: 8 });
    await page.mouse.up();
  };

  it('shows who is where and who is only heard, and mixes streams in and out', async () => {
    const page = await open();
    await view(page).getByText('idle', { exact: true }).waitFor();
    await view(page).getByRole('button', { name: 'Region 1: ann' }).waitFor();
    assert.match(await view(page).innerText(), /Only heard: dave/);
    await page.getByRole('switch', { name: 'Stream of carol mixed into common' }).click();
    await view(page).getByRole('button', { name: 'Region 3: carol' }).waitFor();
    await page.getByRole('switch', { name: 'Stream of ann mixed into common', checked: true }).click();
    await becomes('s-bob', 's-carol');
  });

  it('exchanges streams by dragging, and by picking them up with the keyboard', async () => {
    const page = await open();
    const grip = (name: string) => view(page).getByRole('button', { name });
    await drag(page, grip('Region 2: bob'), grip('Region 1: ann'));
    await becomes('s-bob', 's-ann');
    await grip('Region 1: bob').focus();
    await page.keyboard.press('Enter');
    await view(page).getByText('bob is picked up').waitFor();
    await page.keyboard.press('Escape');
    await view(page).getByText('is picked up').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await grip('Region 2: ann').focus();
    await page.keyboard.press('Enter');
    await becomes('s-ann', 's-bob');
  });

  it('chooses templates', async () => {
    const page = await open();
    await view(page).getByRole('button', { name: 'Lecture' }).click();
    await eventually('the layout of a lecture', async () => regions()[0]?.[2] === 2 / 3);
    await view(page).getByRole('button', { name: 'Lecture', pressed: true }).waitFor();
    await view(page).getByRole('button', { name: 'Follow the speaker', pressed: false }).click();
    await view(page).getByRole('button', { name: 'Follow the speaker', pressed: true }).click();
    await view(page).getByRole('button', { name: 'As configured' }).click();
    await eventually('the grid again', async () => regions().length === 2);
    await view(page).getByRole('button', { name: 'Grid', pressed: true }).waitFor();
    await view(page).getByRole('button', { name: 'Follow the speaker', pressed: false }).waitFor();
  });

  it('draws a layout with mouse and keyboard', async () => {
    const page = await open();
    await view(page).getByRole('button', { name: 'Edit layout' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByRole('button', { name: 'Region 3' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    const stageOf = dialog.getByRole('list', { name: 'Regions of the layout' });
    // Side by side in the middle: up with the first one, to make room.
    await drag(page, dialog.getByRole('button', { name: 'Region 1: ann' }), stageOf, [0.25, 0.25]);
    const bob = dialog.getByRole('button', { name: 'Region 2: bob' });
    // Below the first one, then as wide as the picture by its right edge.
    await drag(page, bob, stageOf, [0.25, 0.74]);
    await drag(page, dialog.locator('.layout-handle.right:not(.top, .bottom)'), stageOf, [0.99, 0.75]);
    const ann = dialog.getByRole('button', { name: 'Region 1: ann' });
    await ann.focus();
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowLeft');
    await dialog.getByRole('button', { name: 'Use this layout' }).click();
    await dialog.waitFor({ state: 'hidden' });
    assert.deepEqual(shown(), ['s-ann', 's-bob']);
    assert.deepEqual(regions(), [
      [1 / 4, 0, 5 / 12, 1 / 2],
      [0, 1 / 2, 1, 1 / 2],
    ]);
  });

  it('changes the views of a room in its settings', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Settings' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1280×720').click();
    await dialog.getByLabel('Frames per second').selectOption('30');
    await dialog.getByLabel('Names in the regions').check();
    await dialog.getByRole('button', { name: 'Draw a template' }).click();
    await dialog.getByRole('button', { name: 'Region 1,' }).click();
    await dialog.getByRole('button', { name: 'Split' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.getByRole('button', { name: 'Add a view' }).click();
    await dialog.getByLabel('Label').last().fill('sound');
    await dialog.getByLabel('It has a picture').last().uncheck();
    await dialog.getByLabel('Mix what is published').check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const { body } = await stage().request<Room>('GET', '/v1/rooms/board');
    assert.deepEqual([body.autoMix, body.views.map(({ label }) => label)], [true, ['common', 'sound']]);
    const [common, sound] = body.views;
    assert.ok(common !== undefined && common.video !== false && sound?.video === false);
    assert.deepEqual([common.video.parameters.framerate, common.video.labels], [30, true]);
    const [template] = common.video.layout.templates.custom;
    assert.deepEqual(
      template?.region.map(({ area }) => [area.left, area.width]),
      [
        ['0/1', '1/2'],
        ['1/2', '1/2'],
      ],
    );
  });

  it('has a room record one of its views by itself', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Settings' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Record from the first participant to the last').check();
    await dialog.getByLabel('Recorded view').selectOption('common');
    await dialog.getByLabel('File').selectOption('mkv');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const { body } = await stage().request<Room>('GET', '/v1/rooms/board');
    assert.deepEqual(body.autoRecord, { view: 'common', container: 'mkv' });
    await page.getByRole('button', { name: 'Settings' }).click();
    await dialog.getByLabel('Record from the first participant to the last').uncheck();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const { body: after } = await stage().request<Room>('GET', '/v1/rooms/board');
    assert.equal(after.autoRecord, false);
  });
});
