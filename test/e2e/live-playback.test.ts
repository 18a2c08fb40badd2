import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Streaming } from '../../common/config/mixer-sections.ts';
import { EgressId } from '../../common/contract/ids.ts';
import { silentLogger } from '../../common/observe/log.ts';
import { LiveFolder } from '../../mixer-agent/live-folder/live-folder.ts';
import { Sending, target } from '../integration/mixer/push/sending.ts';
import { encodedClip } from '../support/encoded-clip.ts';
import { fixture, useBrowser } from '../support/fixture.ts';
import { PlaybackPages, type Played } from '../support/playback-page.ts';

const isGreen = ({ colour: [r, g, b] }: Played) => Math.abs(g - 128) < 40 && r < 40 && b < 40;
const isBlue = ({ colour: [r, g, b] }: Played) => b > 200 && r < 40 && g < 40;
const is700 = ({ tone }: Played) => Math.abs(tone - 700) < 15;

describe('live streams of a mixer agent in a browser', function () {
  this.timeout(180_000);
  const browser = useBrowser();
  const pages = fixture(
    () => PlaybackPages.start(),
    (started) => started.stop(),
  );
  const parent = fixture(
    () => mkdtemp(join(tmpdir(), 'portico-playback-')),
    (path) => rm(path, { recursive: true, force: true }),
  );
  const folder = fixture(
    () => LiveFolder.create({ config: Streaming.parse({ path: parent() }), log: silentLogger }),
    (started) => started.close(),
  );
  let sending: Sending | undefined;

  afterEach(async () => {
    await sending?.stop();
    sending = undefined;
  });

  for (const [protocol, video] of [
    ['hls', 'h264'],
    ['dash', 'h264'],
    ['dash', 'vp9'],
    ['dash', 'vp8'],
  ] as const) {
    it(`are played as ${protocol} with ${video}, picture and sound`, async () => {
      const clip = await encodedClip({ video, colour: 'green', tone: 700, seconds: 4 });
      const { path, url } = await folder().open(EgressId.parse(`${protocol}-${video}`), protocol);
      sending = await Sending.start(clip, { target: target(protocol, path) });
      await sending.reaches('live');
      const playback = await pages().play(browser(), protocol, url);
      const first = await playback.until('the stream is seen and heard', (p) => isGreen(p) && is700(p));
      const later = await playback.until('it goes on', (p) => isGreen(p) && p.time > first.time + 3);
      assert.ok(later.time > first.time);
    });
  }

  it('go on for players of DASH when pictures of H.264 become larger', async () => {
    const common = { video: 'h264', tone: 700, seconds: 4 } as const;
    const clip = await encodedClip({ ...common, colour: 'green' });
    const larger = await encodedClip({ ...common, colour: 'blue', size: '640x360' });
    const { path, url } = await folder().open(EgressId.parse('grows'), 'dash');
    sending = await Sending.start(clip, { target: target('dash', path, { segmentDuration: 1 }) });
    await sending.reaches('live');
    const playback = await pages().play(browser(), 'dash', url);
    await playback.until('the stream is seen', isGreen);
    sending.play(larger);
    const first = await playback.until('the larger pictures are seen', isBlue);
    await playback.until('and it goes on', (p) => isBlue(p) && is700(p) && p.time > first.time + 2);
  });

  it('go on for players when another FFmpeg takes over', async () => {
    const clip = await encodedClip({ video: 'h264', colour: 'green', tone: 700, seconds: 4 });
    const { path, url } = await folder().open(EgressId.parse('again'), 'hls');
    sending = await Sending.start(clip, { target: target('hls', path, { segmentDuration: 1 }) });
    await sending.reaches('live');
    const playback = await pages().play(browser(), 'hls', url);
    const first = await playback.until('the stream is seen', isGreen);
    // Other wishes: another FFmpeg.
    sending.sink.change({ wishes: { video: { bitrate: 400 } }, keyFrameInterval: 1 });
    await playback.until('it goes on', (p) => isGreen(p) && p.time > first.time + 10);
  });
});
