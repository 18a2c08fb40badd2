import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { EgressId, RoomId } from '../../common/contract/ids.ts';
import type { FinishedRecording } from '../../common/contract/mixing.ts';
import { ScriptedNode, type ScriptedRoom } from '../integration/management/rest/cluster.ts';
import { participant, stream } from '../integration/management/rest/samples.ts';
import { Stage, superService } from '../integration/management/rest/stage.ts';
import { useBrowser, useStoppable } from '../support/fixture.ts';
import { eventually } from '../support/page.ts';

const adminPage = fileURLToPath(new URL('../../client/dist/admin-page', import.meta.url));

/** The page on a room whose owner and mixer agents are scripted. */
describe('the admin page and recordings, live streams and fetched streams', function () {
  this.timeout(60_000);
  const stage = useStoppable(async () => {
    const started = await Stage.start({ adminPage });
    for (const id of ['board', 'quiet'])
      await started.request('POST', '/v1/rooms', { body: { name: id, id } });
    return started;
  });
  const browser = useBrowser();
  let room: ScriptedRoom;

  beforeEach(async () => {
    const ann = { ...participant('p1'), user: 'ann' };
    room = await stage().agent.own('board', {
      participants: [ann],
      streams: [{ info: stream('s1') }],
      views: ['common'],
    });
  });
  afterEach(async () => {
    for (const id of [...stage().agent.rooms.keys()]) await stage().agent.disown(id);
  });

  const open = async (path: string): Promise<Page> => {
    const page = await browser().open(`${stage().url}/admin/#${path}`);
    await page.locator('[name=service]').fill(superService.id);
    await page.locator('[name=key]').fill(superService.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    return page;
  };
  const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
  const outputs = (page: Page) => card(page, 'Recordings and live streams');
  const begun = async () => {
    await eventually('something begins', async () => room.egresses.egresses.length > 0);
    return room.egresses.egresses[0]!;
  };

  it('starts a recording of a view, follows, pauses and stops it', async () => {
    const page = await open('/rooms/board');
    await outputs(page).getByRole('button', { name: 'Record', exact: true }).click();
    const dialog = page.getByRole('dialog');
    assert.equal(await dialog.getByLabel('Picture').inputValue(), 'board-common');
    assert.equal(await dialog.getByLabel('Sound').inputValue(), 'board-common');
    await dialog.getByLabel('File').selectOption('webm');
    await dialog.getByRole('button', { name: 'Start recording' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const { id, target } = await begun();
    assert.deepEqual(target, { type: 'recording', container: 'webm' });
    await outputs(page).getByText('starting').waitFor();
    room.egresses.becomes(id, { status: 'live', bytes: 12_345_678, bitrate: 950_000, dropped: 3 });
    const row = outputs(page).getByRole('row', { name: /View common/ });
    await row.getByText('recording', { exact: true }).waitFor();
    const text = await row.innerText();
    for (const part of ['12.3 MB', '950 kbit/s', `board/${id}.webm`]) assert.ok(text.includes(part), text);
    await row.getByRole('button', { name: 'Pause recording of View common' }).click();
    await row.getByText('paused', { exact: true }).waitFor();
    assert.deepEqual(
      [room.egresses.egresses[0]?.audio?.paused, room.egresses.egresses[0]?.video?.paused],
      [true, true],
    );
    await row.getByRole('button', { name: 'Go on with recording of View common' }).click();
    await row.getByText('recording', { exact: true }).waitFor();
    await row.getByRole('button', { name: 'Stop recording of View common' }).click();
    await dialog.getByRole('button', { name: 'Stop recording' }).click();
    await outputs(page).getByText('Nothing is recorded or sent elsewhere').waitFor();
    assert.equal(room.egresses.egresses.length, 0);
  });

  it('goes live to a URL, shows what the far end says, and never the key', async () => {
    const page = await open('/rooms/board');
    await outputs(page).getByRole('button', { name: 'Go live' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Picture').selectOption({ label: 'ann' });
    await dialog.getByRole('button', { name: 'Go live' }).click();
    await dialog.getByText('Say where it is to be sent.').waitFor();
    await dialog.getByRole('textbox', { name: /^URL/ }).fill('nowhere');
    await dialog.getByRole('button', { name: 'Go live' }).click();
    await dialog.getByText('must be an absolute URL').waitFor();
    const url = 'rtmp://live.example/app/stream-key';
    await dialog.getByRole('textbox', { name: /^URL/ }).fill(url);
    await dialog.getByRole('button', { name: 'Go live' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const { id, target } = await begun();
    assert.deepEqual(target, { type: 'live', protocol: 'rtmp', url });
    const error = { code: 'far_end', message: `${url}: Connection refused` };
    room.egresses.becomes(id, { status: 'retrying', error, reconnects: 2 });
    await outputs(page).getByText('Connection refused · connected again 2 times').waitFor();
    await outputs(page).getByText('trying again').waitFor();
    await outputs(page).getByText('rtmp://live.example/app/***', { exact: true }).waitFor();
    assert.doesNotMatch(await page.content(), /stream-key/);
    await outputs(page).getByRole('button', { name: 'Go live' }).click();
    await dialog.getByLabel('Where').selectOption('serve hls');
    await dialog.getByRole('button', { name: 'Go live' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await outputs(page).getByRole('link', { name: 'http://127.0.0.1:8090/x/index.m3u8' }).waitFor();
  });

  it('fetches a stream, says why one does not come, and ends it', async () => {
    const page = await open('/rooms/board');
    const fetched = card(page, 'Streams from elsewhere');
    await fetched.getByRole('button', { name: 'Fetch a stream' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('URL').fill('rtsp://ann:secret@camera.example/live');
    await dialog.getByLabel('Name').fill('Front door');
    await dialog.getByLabel('its sound').uncheck();
    room.egresses.source = { error: '401 Unauthorized' };
    await dialog.getByRole('button', { name: 'Fetch' }).click();
    await dialog.getByText('the source cannot be fetched: 401 Unauthorized').waitFor();
    room.egresses.source = { kinds: ['video'] };
    await dialog.getByRole('button', { name: 'Fetch' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const row = fetched.getByRole('row', { name: /Front door/ });
    await row.getByText('rtsp://***@camera.example/live').waitFor();
    assert.deepEqual(
      room.egresses.fetched.map(({ audio, video }) => [audio, video]),
      [
        [false, 'auto'],
        [false, 'auto'],
      ],
    );
    await row.getByRole('button', { name: 'End the stream Front door' }).click();
    await dialog.getByRole('button', { name: 'End stream' }).click();
    await row.waitFor({ state: 'detached' });
  });

  it('lists finished recordings with their files, also of a room that does not run, and records that', async () => {
    const at = Date.now() - 3_600_000;
    const file = (name: string, part: number) => ({
      ...{ name, part, bytes: 48_000_000, durationMs: 1_800_000, startedAt: at },
    });
    const recording: FinishedRecording = {
      ...{ id: EgressId.parse('r1'), room: RoomId.parse('quiet'), startedAt: at, endedAt: at + 3_600_000 },
      ...{ reason: 'disk_full', durationMs: 3_600_000, bytes: 96_000_000 },
      files: [file('quiet/r1.mp4', 1), { ...file('quiet/r1.part-2.mp4', 2), uploaded: 's3://meetings/r1' }],
    };
    const mixer = await ScriptedNode.start(stage().broker, 'mixer');
    await mixer.serve(async (_params, { method }) =>
      method === 'recordings.list'
        ? { recordings: [recording] }
        : {
            ...{ member: mixer.membership.id, role: 'mixer', participants: [], seats: [] },
            ...{ publications: [], subscriptions: [], usedTokens: [] },
          },
    );
    await mixer.membership.announce();
    const page = await open('/rooms/quiet');
    const row = card(page, 'Finished recordings').getByRole('row', { name: /quiet\/r1\.mp4/ });
    await row.waitFor();
    const text = await row.innerText();
    for (const part of ['1:00:00', '96.0 MB', 'the disk was full', 'uploaded to s3://meetings/r1'])
      assert.ok(text.includes(part), text);
    stage().agent.asleep.set('quiet', { views: ['common'] });
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Start recording' }).click();
    await outputs(page).getByText('View common').waitFor();
    await mixer.close();
  });
});
