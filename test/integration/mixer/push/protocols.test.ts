import { strict as assert } from 'node:assert';
import { type Clip, encodedClip } from '../../../support/encoded-clip.ts';
import { freePort } from '../../../support/free-port.ts';
import { LiveViewer, type Seen, toneLead } from '../../../support/live-viewer.ts';
import { RtmpServer } from '../../../support/rtmp-server.ts';
import { until } from '../../../support/until.ts';
import { Sending, target } from './sending.ts';

const green = { r: 0, g: 128, b: 0 };

/** Green and 700 Hz arrived. */
function isWhatWasSent(seen: Seen, codecs: string[]): void {
  assert.deepEqual(seen.codecs, codecs);
  for (const part of ['r', 'g', 'b'] as const) {
    assert.ok(Math.abs((seen.colour?.[part] ?? 999) - green[part]) < 40, JSON.stringify(seen.colour));
  }
  assert.ok(toneLead(seen.sound, 700, 400) > 25, 'the tone is heard');
}

describe('live streams', function () {
  this.timeout(120_000);
  let h264: Clip;
  let vp8: Clip;
  let large: Clip;
  let server: RtmpServer;
  let sending: Sending | undefined;
  let viewer: LiveViewer | undefined;

  before(async () => {
    const common = { colour: 'green', tone: 700, seconds: 4 };
    h264 = await encodedClip({ ...common, video: 'h264' });
    vp8 = await encodedClip({ ...common, video: 'vp8' });
    large = await encodedClip({ ...common, video: 'h264', size: '640x360' });
    server = await RtmpServer.start();
  });
  afterEach(async () => {
    await sending?.stop();
    await viewer?.dispose();
    sending = viewer = undefined;
  });
  after(() => server.stop());

  /** Sends until something was seen. */
  async function seen(): Promise<Seen> {
    await sending!.reaches('live');
    await viewer!.receives();
    await sending!.sent(3_000);
    assert.ok(sending!.sink.progress().bytes > 1_000);
    await sending!.stop();
    return await viewer!.finish();
  }

  const watchRtmp = (key: string) => LiveViewer.start(['-analyzeduration', '4000000', '-i', server.url(key)]);

  async function throughRtmp(clip: Clip, key: string): Promise<Seen> {
    sending = await Sending.start(clip, { target: target('rtmp', server.url(key)) });
    await sending.reaches('live');
    viewer = await watchRtmp(key);
    return await seen();
  }

  /** FFmpeg needs a moment to listen: attempts before are refused and tried again. */
  async function throughListener(clip: Clip, protocol: 'rtsp' | 'srt'): Promise<Seen> {
    const address = `${protocol}://127.0.0.1:${await freePort()}`;
    viewer = await LiveViewer.start(
      protocol === 'srt'
        ? ['-i', `${address}?mode=listener`]
        : ['-rtsp_flags', 'listen', '-rtsp_transport', 'tcp', '-i', `${address}/live`],
    );
    const destination = protocol === 'srt' ? address : `${address}/live`;
    sending = await Sending.start(clip, { target: target(protocol, destination) });
    return await seen();
  }

  it('by RTMP carry H.264 as it comes, with AAC', async () => {
    isWhatWasSent(await throughRtmp(h264, 'copied'), ['h264', 'aac']);
  });

  it('by RTMP carry VP8 made into H.264', async () => {
    isWhatWasSent(await throughRtmp(vp8, 'encoded'), ['h264', 'aac']);
  });

  for (const [kind, codec] of [
    ['audio', 'aac'],
    ['video', 'h264'],
  ] as const) {
    it(`by RTMP carry ${kind} alone`, async () => {
      const units = h264.units.filter((unit) => unit.kind === kind);
      const clip = { ...h264, tracks: { [kind]: h264.tracks[kind] }, units };
      assert.deepEqual((await throughRtmp(clip, kind)).codecs, [codec]);
    });
  }

  it('by RTSP carry H.264 and Opus as they come', async () => {
    isWhatWasSent(await throughListener(h264, 'rtsp'), ['h264', 'opus']);
  });

  it('by RTSP carry VP8 as it comes', async () => {
    isWhatWasSent(await throughListener(vp8, 'rtsp'), ['vp8', 'opus']);
  });

  it('by SRT carry H.264 as it comes, with AAC', async () => {
    isWhatWasSent(await throughListener(h264, 'srt'), ['h264', 'aac']);
  });

  it('follow the size of what comes', async () => {
    sending = await Sending.start(h264, { target: target('rtmp', server.url('grows')) });
    await sending.reaches('live');
    viewer = await watchRtmp('grows');
    await viewer.receives();
    sending.play(large);
    await until(async () => (await viewer?.width()) === 640, {
      what: 'the viewer sees it',
      timeoutMs: 60_000,
    });
    isWhatWasSent(await seen(), ['h264', 'aac']);
    assert.deepEqual(sending.changes, ['live']);
  });

  it('are made into another size when that is wished for, and changed while they run', async () => {
    sending = await Sending.start(h264, {
      target: target('rtmp', server.url('sizes')),
      wishes: { video: { resolution: { width: 160, height: 120 } } },
    });
    await sending.reaches('live');
    viewer = await watchRtmp('sizes');
    await sending.sent(2_000);
    sending.sink.change({ wishes: {}, keyFrameInterval: 2 });
    await sending.sent(4_000);
    assert.deepEqual(sending.changes, ['live']);
    isWhatWasSent(await seen(), ['h264', 'aac']);
  });
});
