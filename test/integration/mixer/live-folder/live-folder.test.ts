import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Streaming } from '../../../../common/config/mixer-sections.ts';
import { EgressId } from '../../../../common/contract/ids.ts';
import { silentLogger } from '../../../../common/observe/log.ts';
import { LiveFolder } from '../../../../mixer-agent/live-folder/live-folder.ts';
import { until } from '../../../support/until.ts';

const id = EgressId.parse('egress-1');

describe('folder of live streams', () => {
  let parent: string;
  let folder: LiveFolder;

  const open = (more: Record<string, unknown> = {}, lingerMs = 60_000) =>
    LiveFolder.create({ config: Streaming.parse({ path: parent, ...more }), log: silentLogger, lingerMs });

  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'portico-live-test-'));
  });
  beforeEach(async () => {
    folder = await open();
  });
  afterEach(() => folder.close());
  after(() => rm(parent, { recursive: true, force: true }));

  it('gives each stream a place of its own that only this user can read', async () => {
    const { path, url } = await folder.open(id, 'hls');
    assert.equal(url, `http://localhost:${folder.port}/egress-1/index.m3u8`);
    assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
    const dash = await folder.open(EgressId.parse('egress-2'), 'dash');
    assert.match(dash.path, /egress-2\/manifest\.mpd$/);
    await assert.rejects(folder.open(id, 'rtmp'), { code: 'bad_request' });
    await assert.rejects(folder.open(EgressId.parse('..'), 'hls'), { code: 'bad_request' });
  });

  it('serves lists that are asked for again and segments that are kept, to pages from anywhere', async () => {
    const { path, url } = await folder.open(id, 'hls');
    await writeFile(path, '#EXTM3U\n');
    await writeFile(join(dirname(path), 'index1.ts'), 'segment');
    const list = await fetch(url);
    assert.equal(await list.text(), '#EXTM3U\n');
    assert.equal(list.headers.get('content-type'), 'application/vnd.apple.mpegurl');
    assert.equal(list.headers.get('cache-control'), 'no-cache');
    assert.equal(list.headers.get('access-control-allow-origin'), '*');
    const segment = await fetch(new URL('index1.ts', url), { headers: { range: 'bytes=0-2' } });
    assert.deepEqual([segment.status, await segment.text()], [206, 'seg']);
    assert.equal(segment.headers.get('content-type'), 'video/mp2t');
    assert.match(segment.headers.get('cache-control') ?? '', /immutable/);
    const preflight = await fetch(url, { method: 'OPTIONS' });
    assert.deepEqual(
      [preflight.status, preflight.headers.get('access-control-allow-headers')],
      [204, 'range'],
    );
  });

  it('holds a manifest back until all tracks have a segment', async () => {
    const { path, url } = await folder.open(id, 'dash');
    const track = (timeline: string) => `<SegmentTemplate>${timeline}</SegmentTemplate>`;
    const some = '<SegmentTimeline>\n<S t="0" d="2" />\n</SegmentTimeline>';
    await writeFile(path, track(some) + track('<SegmentTimeline>\n  </SegmentTimeline>'));
    let answered = false;
    const asked = fetch(url).then((response) => {
      answered = true;
      return response.text();
    });
    // A request that is answered at once overtakes it.
    assert.equal((await fetch(new URL('none.mpd', url))).status, 404);
    assert.equal(answered, false);
    await writeFile(path, track(some) + track(some));
    assert.equal(await asked, track(some) + track(some));
  });

  it('gives nothing else: no listing, no other file, no path out of it', async () => {
    const { path, url } = await folder.open(id, 'hls');
    await writeFile(path, '');
    await writeFile(join(dirname(path), 'index1.ts.tmp'), '');
    await writeFile(join(dirname(path), '.hidden.ts'), '');
    await writeFile(join(parent, 'outside.ts'), '');
    await symlink(join(parent, 'outside.ts'), join(dirname(dirname(path)), 'outside.ts'));
    const { origin } = new URL(url);
    for (const asked of [
      '/',
      '/egress-1',
      '/egress-1/',
      '/egress-1/index1.ts.tmp',
      '/egress-1/.hidden.ts',
      '/egress-1/none.ts',
      '/outside.ts',
      '/../outside.ts',
      '/egress-1/../../outside.ts',
      '/egress-1/..%2f..%2foutside.ts',
      '/%2e%2e/outside.ts',
      '/egress-1%2findex.m3u8%00.ts',
      '//egress-1/../../outside.ts',
    ]) {
      assert.ok([400, 403, 404].includes(await statusOf(origin, asked)), asked);
    }
    assert.equal(await statusOf(origin, '/egress-1/index.m3u8'), 200);
  });

  it('keeps a stream that is over for a while, and as it was when it goes on', async () => {
    await folder.close();
    folder = await open({}, 30);
    const { path } = await folder.open(id, 'hls');
    await writeFile(path, 'as it was');
    await folder.close(id);
    assert.ok(existsSync(path));
    await folder.open(id, 'hls');
    await folder.close(id);
    await until(() => !existsSync(dirname(path)), { what: 'the folder of the stream is removed' });
    await folder.close(EgressId.parse('egress-9'));
  });

  it('removes everything when it closes, and what others left behind when it opens', async () => {
    const dead = join(parent, 'portico-live-dead');
    const living = join(parent, 'portico-live-living');
    await mkdir(join(dead, 'egress-3'), { recursive: true });
    await mkdir(living);
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(dead, longAgo, longAgo);
    const other = await open();
    await other.open(id, 'hls');
    assert.deepEqual([existsSync(dead), existsSync(living)], [false, true]);
    const during = (await readdir(parent)).length;
    await other.close();
    assert.equal((await readdir(parent)).length, during - 1);
    await rm(living, { recursive: true });
  });

  it('says why it cannot listen', async () => {
    await assert.rejects(open({ port: folder.port }), /another program uses it/);
  });

  it('names the configured address in front of it', async () => {
    const other = await open({ public_url: 'https://cdn.example/live/' });
    const { url } = await other.open(id, 'dash');
    assert.equal(url, 'https://cdn.example/live/egress-1/manifest.mpd');
    await other.close();
  });
});

/** Status of a path that is sent as it is. */
function statusOf(origin: string, path: string): Promise<number> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}
