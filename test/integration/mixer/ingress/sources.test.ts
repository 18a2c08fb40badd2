import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { basename, join } from 'node:path';
import { once } from 'node:events';
import type { IngressSpec, IngressState } from '../../../../common/contract/ingress.ts';
import { freePort } from '../../../support/free-port.ts';
import { RtmpServer } from '../../../support/rtmp-server.ts';
import { RtspServer } from '../../../support/rtsp-server.ts';
import { until } from '../../../support/until.ts';
import { Broadcaster } from './support/broadcaster.ts';
import { IngressStage } from './support/ingress-stage.ts';
import { SourceFiles } from './support/source-files.ts';
import { isNear, type Rgb, type Viewer } from './support/viewer.ts';

const lime: Rgb = [0, 255, 0];

describe('a stream that is fetched from a server', function () {
  this.timeout(60_000);
  let files: SourceFiles;
  let stage: IngressStage;
  let file: string;
  const closers: (() => unknown)[] = [];

  before(async () => {
    files = await SourceFiles.create();
    file = await files.make({
      ...{ name: 'live.mp4', video: 'baseline', audio: 'aac', seconds: 4, colour: 'lime' },
    });
  });
  after(async () => {
    await files.close();
  });
  beforeEach(async () => {
    stage = await IngressStage.create({ streaming: { connect_ms: 5_000 } });
  });
  afterEach(async () => {
    await stage.close();
    for (const close of closers.splice(0).reverse()) await close();
  });

  const serve = async (answer: Parameters<typeof createServer>[1]): Promise<string> => {
    const server: Server = createServer(answer ?? (() => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
  };

  const broadcast = (...output: string[]): Broadcaster => {
    const broadcaster = new Broadcaster(file, output).start();
    closers.push(() => broadcaster.stop());
    return broadcaster;
  };

  /** Fetches it until it is live: what it comes from may take a moment. */
  const live = async (url: string, more: Partial<IngressSpec> = {}): Promise<IngressState> => {
    const { status, error } = await stage.apply(url, more);
    if (status === 'live') return stage.state!;
    assert.equal(status, 'retrying', error?.message);
    return await stage.heard('it is live', (state) => state.status === 'live' && state.tracks.length === 2);
  };

  const looksRight = async (viewer: Viewer): Promise<void> => {
    await until(() => viewer.frames.length > 40 && viewer.packets('audio').length > 50, {
      what: 'media come',
      timeoutMs: 20_000,
    });
    const colours = await viewer.colours();
    assert.ok(colours.length > 10, `${colours.length} pictures`);
    assert.ok(
      colours.every(({ colour }) => isNear(colour, lime)),
      String(colours.at(-1)?.colour),
    );
    assert.deepEqual([viewer.breaks('audio'), viewer.breaks('video')], [0, 0]);
    assert.ok(Math.min(...viewer.steps('video'), ...viewer.steps('audio')) > 0);
  };

  it('comes by SRT', async () => {
    const url = `srt://127.0.0.1:${await freePort()}`;
    broadcast('-f', 'mpegts', `${url}?mode=listener`);
    await looksRight(await stage.view(await live(url)));
  });

  for (const transportProtocol of ['tcp', 'udp'] as const) {
    it(`comes by RTSP over ${transportProtocol}, with a password`, async () => {
      const server = await RtspServer.start(file, 'viewer:secret99');
      closers.push(() => {
        server.close();
      });
      const state = await live(server.url, { transportProtocol });
      assert.deepEqual(state.transcoded, { audio: true, video: false });
      await looksRight(await stage.view(state));
    });
  }

  it('comes by HLS, not faster than it should', async () => {
    const playlist = join(files.folder, 'index.m3u8');
    const options = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '5', '-hls_flags', 'temp_file'];
    broadcast(...options, playlist);
    const url = await serve((request, response) => {
      const stream = createReadStream(join(files.folder, basename(request.url ?? '')));
      stream.on('error', () => response.writeHead(404).end());
      stream.pipe(response);
    });
    const viewer = await stage.view(await live(`${url}/index.m3u8`));
    await looksRight(viewer);
    const [first, last] = [viewer.packets('audio')[0]!, viewer.packets('audio').at(-1)!];
    const played = ((last.timestamp - first.timestamp) >>> 0) / 48;
    assert.ok(Math.abs(played - (last.at - first.at)) < 400, `${played} ms in ${last.at - first.at} ms`);
  });

  it('comes by RTMP, goes on after its source was away, and its receivers notice only a pause', async () => {
    const server = await RtmpServer.start();
    closers.push(() => server.stop());
    const url = server.url('topsecret');
    const broadcaster = broadcast('-f', 'flv', url);
    const before = await live(url);
    const viewer = await stage.view(before);
    await looksRight(viewer);
    await broadcaster.stop();
    const lost = await stage.heard('it is away', ({ status }) => status === 'retrying');
    assert.deepEqual(lost.tracks, before.tracks);
    assert.match(lost.error?.message ?? '', /^the source /);
    broadcaster.start();
    const after = await stage.heard('it is back', ({ status }) => status === 'live');
    assert.ok(after.reconnects >= 1);
    assert.deepEqual(
      after.tracks.map(({ producer }) => producer),
      before.tracks.map(({ producer }) => producer),
    );
    const count = viewer.frames.length;
    await until(() => viewer.frames.length > count + 20, { what: 'pictures come again', timeoutMs: 10_000 });
    await looksRight(viewer);
    assert.doesNotMatch(JSON.stringify(stage.owner.heard), /topsecret/);
  });

  it('is tried again when its source hangs', async () => {
    const server = await RtmpServer.start();
    closers.push(() => server.stop());
    const broadcaster = broadcast('-f', 'flv', server.url('hangs'));
    await live(server.url('hangs'));
    broadcaster.suspend();
    const { error } = await stage.heard('it was noticed', ({ status }) => status === 'retrying');
    assert.deepEqual(error, { code: 'timeout', message: 'the source gives nothing for 5 s' });
  });

  it('says in words what is wrong, without secrets', async () => {
    const missing = await serve((_request, response) => response.writeHead(404).end());
    const port = await freePort();
    const cases = [
      [`rtmp://127.0.0.1:${port}/live/topsecret`, /cannot be opened: .*Connection refused/],
      [`${missing}/video.mp4?token=topsecret`, /cannot be opened: .*404 Not Found/],
    ] as const;
    for (const [url, words] of cases) {
      const { status, error } = await stage.apply(url);
      assert.equal(status, 'retrying');
      assert.match(error?.message ?? '', words);
      assert.doesNotMatch(error?.message ?? '', /topsecret/);
      await stage.end();
    }
  });

  it('says so when what is there is no stream', async () => {
    const url = await serve((_request, response) => response.end('<html>hello</html>'.repeat(100)));
    const { status, error } = await stage.apply(`${url}/page`);
    assert.equal(status, 'retrying');
    assert.match(error?.message ?? '', /cannot be opened: Invalid data found when processing input/);
  });

  it('is given up after a while', async () => {
    await stage.close();
    stage = await IngressStage.create({ streaming: { retry_for_ms: 600, max_retry_ms: 200 } });
    const port = await freePort();
    await stage.apply(`rtmp://127.0.0.1:${port}/live/key`);
    const { error } = await stage.heard('it was given up', ({ status }) => status === 'failed');
    assert.match(error?.message ?? '', /Connection refused/);
  });

  it('is refused where private networks are not allowed, and files that are not', async () => {
    await stage.close();
    stage = await IngressStage.create({ streaming: { private_networks: false } });
    for (const url of ['rtmp://127.0.0.1/live/key', 'file:///etc/passwd', 'gopher://example.com/']) {
      await assert.rejects(stage.apply(url), { code: 'bad_request' });
      assert.equal(stage.ingresses.count, 0);
    }
  });
});
