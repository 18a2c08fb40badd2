import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PorticoAdmin } from '../../management-api/sdk/index.ts';
import { joinBare } from '../support/bare-page.ts';
import { startSingle, type Single } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { LiveViewer, look } from '../support/live-viewer.ts';
import { MixViewer } from '../support/mix-viewer.ts';
import type { Person } from '../support/people.ts';
import { eventually } from '../support/page.ts';
import { RtmpServer } from '../support/rtmp-server.ts';
import { isOf } from '../support/seen-person.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

describe('live streams of a room', function () {
  this.timeout(180_000);
  const browser = useBrowser();
  const folder = fixture(
    () => mkdtemp(join(tmpdir(), 'portico-live-')),
    (path) => rm(path, { recursive: true, force: true }),
  );
  const rtmp = fixture(
    () => RtmpServer.start(),
    (server) => server.stop(),
  );
  const deployment = useDeployment<Single>(() =>
    startSingle({
      streaming: { private_networks: true, input_folders: [folder()] },
      rooms: { 'default.auto_mix': true },
    }),
  );
  const adminOf = async () => new PorticoAdmin(await deployment().management());
  const enter = (room: string, user: Person) => joinBare(browser(), deployment(), { room, user });
  const both = (from: string) => ({ audio: { from }, video: { from } });
  const live = async (admin: PorticoAdmin, room: string, id: string) => {
    await until(async () => (await admin.streamingOuts.get(room, id)).status === 'live', {
      timeoutMs: 40_000,
      what: 'it is live',
    });
  };

  it('go out as HLS that is served here, from the mixed view', async () => {
    const admin = await adminOf();
    const red = await enter('hls', 'red');
    const media = both('hls-common');
    const { id, url } = await admin.streamingOuts.start('hls', { protocol: 'hls', media });
    assert.ok(url !== undefined, 'there is an address');
    await live(admin, 'hls', id);
    const viewer = await LiveViewer.start(['-t', '6', '-i', url]);
    await until(() => viewer.gone, { timeoutMs: 60_000, what: 'six seconds were played' });
    isOf('red', await viewer.finish());
    await viewer.dispose();
    await admin.streamingOuts.stop('hls', id);
    assert.deepEqual(await admin.streamingOuts.list('hls'), []);
    await red.close();
  });

  it('go out to an RTMP server, and again when it was away', async () => {
    const admin = await adminOf();
    const lime = await enter('rtmp', 'lime');
    const from = await until(
      async () => (await admin.streams.list('rtmp')).find(({ type }) => type === 'forward')?.id,
      { timeoutMs: 20_000 },
    );
    const url = rtmp().url('lime');
    const { id } = await admin.streamingOuts.start('rtmp', { url, media: both(from) });
    await live(admin, 'rtmp', id);
    await rtmp().kill();
    const retrying = await until(
      async () => {
        const state = await admin.streamingOuts.get('rtmp', id);
        return state.status === 'retrying' ? state : undefined;
      },
      { timeoutMs: 40_000, what: 'the loss is noticed' },
    );
    assert.ok(retrying.error !== undefined, 'it says why');
    await rtmp().start();
    await live(admin, 'rtmp', id);
    const viewer = await LiveViewer.start(['-t', '4', '-i', url]);
    await until(() => viewer.gone, { timeoutMs: 60_000, what: 'four seconds were played' });
    isOf('lime', await viewer.finish());
    await viewer.dispose();
    await admin.streamingOuts.stop('rtmp', id);
    await lime.close();
  });

  it('come in from a file, and are seen, heard and mixed like any other', async () => {
    const admin = await adminOf();
    const file = join(folder(), 'blue.mp4');
    const sources = [
      '-f',
      'lavfi',
      '-i',
      'color=blue:s=640x360:r=25:d=4',
      '-f',
      'lavfi',
      '-i',
      'sine=1100:d=4',
    ];
    await run('ffmpeg', ['-v', 'error', ...sources, '-c:v', 'libx264', '-c:a', 'aac', '-y', file]);
    assert.ok((await look(file)).codecs.includes('h264'));
    // Shows nothing itself.
    const options = { room: 'films', user: 'watcher', role: 'viewer' };
    const watcher = await joinBare(browser(), deployment(), options);
    const stream = await admin.streamingIns.start('films', {
      connection: { url: `file://${file}`, loop: true },
      media: { audio: 'auto', video: 'auto' },
    });
    assert.ok('owner' in stream.info && stream.info.owner === 'admin');
    await watcher.page.waitForFunction(
      (id) => window.portico.conference?.streams.get(id as never) !== undefined,
      stream.id,
    );
    const viewer = await MixViewer.watch(watcher);
    await viewer.seesMoreFrames(20);
    const isBlue = async () => {
      const [first] = await viewer.colours();
      return first !== undefined && first[2] > 180 && first[0] < 80 && first[1] < 80;
    };
    await eventually('the mix shows the film', isBlue, 30_000);
    await eventually('and sounds like it', async () => (await viewer.hears(1_100)) > 15, 20_000);
    await admin.streamingIns.stop('films', stream.id);
    await until(async () => (await admin.streams.list('films')).every(({ id }) => id !== stream.id));
    await watcher.close();
  });
});
