import { strict as assert } from 'node:assert';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { type Clip, encodedClip } from '../../../support/encoded-clip.ts';
import { freePort } from '../../../support/free-port.ts';
import { LiveViewer } from '../../../support/live-viewer.ts';
import { RtmpServer } from '../../../support/rtmp-server.ts';
import { TlsFront } from '../../../support/tls-front.ts';
import { until } from '../../../support/until.ts';
import { UploadServer } from '../../../support/upload-server.ts';
import { Sending, target } from './sending.ts';

describe('live streams over TLS', function () {
  this.timeout(120_000);
  let clip: Clip;
  let rtmp: RtmpServer;
  let uploads: UploadServer;
  let front: TlsFront | undefined;
  let sending: Sending | undefined;
  let distrust: (() => void) | undefined;

  before(async () => {
    clip = await encodedClip({ video: 'h264', colour: 'green', tone: 700, seconds: 4 });
    rtmp = await RtmpServer.start();
    uploads = await UploadServer.start();
  });
  afterEach(async () => {
    await sending?.stop();
    distrust?.();
    front?.close();
    sending = front = distrust = undefined;
  });
  after(async () => {
    await rtmp.stop();
    await uploads.stop();
  });

  const secure = async (port: number) => {
    front = await TlsFront.open(port);
    return front;
  };
  const isGreen = async (viewer: LiveViewer) => {
    const { colour } = await viewer.finish();
    await viewer.dispose();
    assert.ok((colour?.g ?? 0) > 90 && (colour?.r ?? 255) < 60, JSON.stringify(colour));
  };

  it('by RTMPS arrive where the certificate is trusted, under the name that was asked for', async () => {
    const far = await secure(rtmp.port);
    distrust = far.trust();
    sending = await Sending.start(clip, {
      target: target('rtmp', `rtmps://localhost:${far.port}/live/safe`),
    });
    await sending.reaches('live');
    const viewer = await LiveViewer.start(['-analyzeduration', '4000000', '-i', rtmp.url('safe')]);
    await viewer.receives();
    await sending.sent(2_000);
    await isGreen(viewer);
    assert.equal(far.names[0], 'localhost');
  });

  it('by RTMPS do not arrive anywhere else, and say why without the key', async () => {
    const far = await secure(rtmp.port);
    const destination = `rtmps://localhost:${far.port}/live/secret-key`;
    sending = await Sending.start(clip, { target: target('rtmp', destination) });
    const error = await sending.reaches('retrying');
    assert.match(error, /self-signed certificate/);
    assert.ok(!error.includes('secret-key'), error);
  });

  it('by RTSPS arrive', async () => {
    const port = await freePort();
    const listen = ['-rtsp_flags', 'listen', '-rtsp_transport', 'tcp'];
    const viewer = await LiveViewer.start([...listen, '-i', `rtsp://127.0.0.1:${port}/live`]);
    const far = await secure(port);
    distrust = far.trust();
    sending = await Sending.start(clip, { target: target('rtsp', `rtsps://localhost:${far.port}/live`) });
    await viewer.receives();
    await sending.sent(2_000);
    await isGreen(viewer);
  });

  it('are uploaded by HTTPS where the certificate is trusted', async () => {
    const far = await secure(uploads.port);
    const destination = `https://localhost:${far.port}/safe/show.m3u8`;
    sending = await Sending.start(clip, { target: target('hls', destination, { segmentDuration: 1 }) });
    assert.match(await sending.reaches('retrying'), /self-signed certificate/);
    assert.equal(uploads.files.size, 0);
    distrust = far.trust();
    await sending.reaches('live');
    await until(() => uploads.names('.ts').length > 1, { timeoutMs: 30_000 });
  });

  for (const [protocol, scheme, path] of [
    ['rtmp', 'rtmp', 'app/key'],
    ['rtsp', 'rtsp', 'live'],
    ['hls', 'http', 'live/show.m3u8'],
  ] as const) {
    it(`by ${protocol} reach no private network when its host comes to lead there`, async () => {
      const server = createServer();
      let reached = 0;
      server.on('connection', (socket) => {
        reached += 1;
        socket.destroy();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      sending = await Sending.start(clip, {
        target: target(protocol, `${scheme}://localhost:${port}/${path}`, {
          guarded: true,
          segmentDuration: 1,
        }),
      });
      assert.match(await sending.reaches('retrying'), /'localhost' leads into a private/);
      assert.equal(reached, 0);
      server.close();
    });
  }
});
