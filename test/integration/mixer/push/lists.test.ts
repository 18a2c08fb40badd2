import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clip, encodedClip } from '../../../support/encoded-clip.ts';
import { look, toneLead } from '../../../support/live-viewer.ts';
import { childrenOf } from '../../../support/processes.ts';
import { until } from '../../../support/until.ts';
import { UploadServer } from '../../../support/upload-server.ts';
import { Sending, target } from './sending.ts';

/** Lengths of the segments of a playlist, s. */
const lengthsOf = (playlist: string): number[] =>
  [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map(([, length]) => Number(length));

const segmentsOf = (playlist: string): string[] =>
  playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const frameMs = 40;

describe('live streams in segments', function () {
  this.timeout(120_000);
  let folder: string;
  /** Key frames each second: twice as often as segments are wanted. */
  let clip: Clip;
  let vp9: Clip;
  let server: UploadServer;
  let sending: Sending | undefined;

  before(async () => {
    const common = { colour: 'green', tone: 700 } as const;
    clip = await encodedClip({ ...common, video: 'h264', seconds: 4 });
    vp9 = await encodedClip({ ...common, video: 'vp9', seconds: 2 });
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-lists-'));
    server = await UploadServer.start();
  });
  afterEach(async () => {
    await sending?.stop();
    sending = undefined;
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const hls = () => join(folder, 'index.m3u8');
  const playlist = () => readFile(hls(), 'utf8').catch(() => '');

  it('are cut to the length that was asked for, whatever other key frames there are', async () => {
    sending = await Sending.start(clip, { target: target('hls', hls()) });
    await sending.reaches('live');
    await until(async () => segmentsOf(await playlist()).length >= 3, { timeoutMs: 60_000 });
    const [during, names] = [await playlist(), await readdir(folder)];
    assert.ok(
      lengthsOf(during).every((length) => Math.abs(length - 2) <= frameMs / 1_000),
      during,
    );
    assert.match(during, /#EXT-X-TARGETDURATION:2\n/);
    assert.match(during, /#EXT-X-INDEPENDENT-SEGMENTS/);
    assert.ok(!during.includes('#EXT-X-ENDLIST'));
    for (const segment of segmentsOf(during)) assert.ok(names.includes(segment), segment);
    await sending.stop();
    assert.match(await playlist(), /#EXT-X-ENDLIST/);
    const seen = await look(hls());
    assert.deepEqual(seen.codecs, ['h264', 'aac']);
    assert.ok((seen.colour?.g ?? 0) > 90, JSON.stringify(seen.colour));
    assert.ok(toneLead(seen.sound, 700, 400) > 25);
  });

  it('go on in the same playlist when FFmpeg dies', async () => {
    sending = await Sending.start(clip, { target: target('hls', hls(), { segments: 0 }) });
    await sending.reaches('live');
    const [first] = segmentsOf(await playlist());
    const ffmpeg = childrenOf(process.pid).find((pid) => isFfmpeg(pid, folder));
    process.kill(ffmpeg!, 'SIGKILL');
    await sending.reaches('retrying');
    await sending.reaches('live');
    const after = await playlist();
    assert.equal(segmentsOf(after)[0], first);
    assert.equal(new Set(segmentsOf(after)).size, segmentsOf(after).length);
    assert.match(after, /#EXT-X-DISCONTINUITY/);
  });

  it('keep as many segments as were asked for', async () => {
    sending = await Sending.start(clip, {
      target: target('hls', hls(), { segmentDuration: 1, segments: 2 }),
    });
    await sending.reaches('live');
    const first = segmentsOf(await playlist())[0]!;
    await until(() => !existsSync(join(folder, first)), {
      what: 'the first segment is removed',
      timeoutMs: 60_000,
    });
    assert.equal(segmentsOf(await playlist()).length, 2);
  });

  it('of sound alone have that length, too', async () => {
    const sound = {
      ...clip,
      tracks: { audio: clip.tracks.audio! },
      units: clip.units.filter(({ kind }) => kind === 'audio'),
    };
    sending = await Sending.start(sound, { target: target('hls', hls(), { segmentDuration: 1 }) });
    await sending.reaches('live');
    await until(async () => segmentsOf(await playlist()).length >= 3, { timeoutMs: 60_000 });
    for (const length of lengthsOf(await playlist())) assert.ok(Math.abs(length - 1) < 0.05, String(length));
  });

  it('are not over for those who watch when they are left to another process', async () => {
    sending = await Sending.start(clip, { target: target('hls', hls()) });
    await sending.reaches('live');
    await until(async () => segmentsOf(await playlist()).length >= 2, { timeoutMs: 60_000 });
    await sending.sink.abandon();
    assert.ok(!(await playlist()).includes('#EXT-X-ENDLIST'));
    assert.deepEqual(
      childrenOf(process.pid).filter((pid) => isFfmpeg(pid, folder)),
      [],
    );
  });

  it('are DASH in MP4 for H.264 and in WebM for VP9', async () => {
    for (const [of, codecs] of [
      [clip, ['h264', 'aac']],
      [vp9, ['vp9', 'opus']],
    ] as const) {
      const path = join(folder, `${codecs[0]}.mpd`);
      sending = await Sending.start(of, { target: target('dash', path) });
      await sending.reaches('live');
      await sending.sent(5_000);
      await sending.stop();
      const seen = await look(path);
      assert.deepEqual(seen.codecs, codecs);
      assert.ok((seen.colour?.g ?? 0) > 90, JSON.stringify(seen.colour));
      assert.ok(toneLead(seen.sound, 700, 400) > 25);
    }
  });

  it('are brought to a web server, the list after what it names, and what is over is removed there', async () => {
    const destination = server.url('/live/show.m3u8?token=secret');
    sending = await Sending.start(clip, {
      target: target('hls', destination, { segmentDuration: 1, segments: 2 }),
    });
    await sending.reaches('live');
    await until(() => server.requests.some((one) => one.startsWith('DELETE')), { timeoutMs: 60_000 });
    const list = server.text('/live/show.m3u8');
    assert.equal(segmentsOf(list).length, 2);
    for (const name of segmentsOf(list)) assert.ok(server.files.has(`/live/${name}`), name);
    assert.match(server.requests[0]!, /^PUT \/live\/segment-\d+\.ts\?token=secret$/);
    await sending.stop();
    assert.match(server.text('/live/show.m3u8'), /#EXT-X-ENDLIST/);
    assert.ok(sending.sink.progress().bytes > 10_000);
  });

  it('are brought as DASH by POST, which removes nothing', async () => {
    sending = await Sending.start(vp9, {
      target: target('dash', server.url('/live/show.mpd'), { method: 'POST', segmentDuration: 1 }),
    });
    await sending.reaches('live');
    await until(() => server.names('.webm').length >= 4, { timeoutMs: 60_000 });
    assert.ok(server.requests.every((one) => one.startsWith('POST')));
    assert.match(server.text('/live/show.mpd'), /<MPD/);
  });

  it('say why a web server does not take them, and go on when it does', async () => {
    server.refusal = 403;
    const destination = server.url('/live/show.m3u8?token=secret-token');
    sending = await Sending.start(clip, { target: target('hls', destination, { segmentDuration: 1 }) });
    assert.match(await sending.reaches('retrying'), /403 Forbidden/);
    assert.equal(server.files.size, 0);
    server.refusal = undefined;
    await sending.reaches('live');
    server.redirect = 'http://127.0.0.1:1/';
    assert.match(await sending.reaches('retrying'), /302/);
    server.redirect = undefined;
    await sending.reaches('live');
    assert.ok(sending.changes.every((change) => !change.includes('secret-token')));
  });
});

/** Whether a process is an FFmpeg that writes there. */
function isFfmpeg(pid: number, folder: string): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/segment-`);
}
