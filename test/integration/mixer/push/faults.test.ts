import { strict as assert } from 'node:assert';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Clip, encodedClip } from '../../../support/encoded-clip.ts';
import { freePort } from '../../../support/free-port.ts';
import { LiveViewer } from '../../../support/live-viewer.ts';
import { descendantsOf, isAlive } from '../../../support/processes.ts';
import { RtmpServer } from '../../../support/rtmp-server.ts';
import { until } from '../../../support/until.ts';
import { Sending, target } from './sending.ts';

const retry = { baseMs: 50, maxMs: 200, forMs: 60_000, connectMs: 3_000 };

describe('live streams whose far end fails', function () {
  this.timeout(120_000);
  let clip: Clip;
  /** Fills the buffers of the system soon. */
  let noisy: Clip;
  let server: RtmpServer;
  let sending: Sending | undefined;

  before(async () => {
    const common = { video: 'h264', tone: 700 } as const;
    clip = await encodedClip({ ...common, colour: 'green', seconds: 4 });
    noisy = await encodedClip({ ...common, seconds: 2, framerate: 15, size: '640x360', bitrate: 20_000 });
    server = await RtmpServer.start();
  });
  afterEach(async () => {
    await sending?.stop();
    sending = undefined;
  });
  after(() => server.stop());

  const send = async (of: Clip, destination: string, more: Partial<typeof retry> = {}) => {
    sending = await Sending.start(of, {
      target: target('rtmp', destination, { retry: { ...retry, ...more } }),
    });
    return sending;
  };

  it('say why in words, without the key', async () => {
    const port = await freePort();
    const stream = await send(clip, `rtmp://127.0.0.1:${port}/live/secret-key`);
    const error = await stream.reaches('retrying');
    assert.match(error, /Connection refused/);
    assert.ok(!error.includes('secret-key'), error);
    assert.ok(!/0x[0-9a-f]{6}/.test(error), error);
  });

  it('say that a host does not exist', async () => {
    const stream = await send(clip, 'rtmp://nowhere.invalid/live/secret-key');
    assert.match(await stream.reaches('retrying'), /nowhere\.invalid.*(not known|resolution)/);
  });

  it('say that a path does not exist', async () => {
    const stream = await send(clip, server.url('x').replace('/live/', '/nothing/'));
    assert.match(await stream.reaches('retrying'), /error/i);
  });

  it('are given up after the time for it', async () => {
    const stream = await send(clip, `rtmp://127.0.0.1:${await freePort()}/live/secret-key`, { forMs: 1_200 });
    assert.match(await stream.reaches('failed'), /Connection refused/);
    assert.equal(stream.over, 'failed');
  });

  it('arrive again, from a key frame on, when it was killed and is back', async () => {
    const stream = await send(clip, server.url('again'));
    await stream.reaches('live');
    await server.kill();
    await stream.reaches('retrying');
    await server.start();
    await stream.reaches('live');
    const viewer = await LiveViewer.start(['-analyzeduration', '4000000', '-i', server.url('again')]);
    await viewer.receives();
    await stream.sent(3_000);
    const seen = await viewer.finish();
    await viewer.dispose();
    assert.deepEqual(seen.codecs, ['h264', 'aac']);
    assert.ok((seen.colour?.g ?? 0) > 90, JSON.stringify(seen.colour));
    assert.ok(stream.sink.progress().reconnects === 1);
  });

  it('notice that it takes nothing any more, and go on afterwards', async () => {
    const stream = await send(noisy, server.url('hangs'));
    await stream.reaches('live');
    server.suspend();
    const error = await stream.reaches('retrying');
    assert.match(error, /timed out|takes nothing/);
    server.resume();
    await stream.reaches('live');
  });

  it('notice that it never answers', async () => {
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const stream = await send(clip, `rtmp://127.0.0.1:${port}/live/secret-key`);
    assert.match(await stream.reaches('retrying'), /does not answer|timed out/);
    await sending?.stop();
    silent.close();
  });

  for (const protocol of ['rtmp', 'rtsp', 'srt'] as const) {
    it(`by ${protocol} end with their process, also when the far end takes nothing`, async () => {
      for (const suspended of [false, true]) {
        const far = protocol === 'rtmp' ? rtmpEnd() : await listener(protocol);
        const pusher = await startPusher({ protocol, url: far.url, clip: noisy });
        if (suspended) {
          far.suspend();
          // The pipe is full, and FFmpeg is blocked.
          if (protocol !== 'srt') await once(pusher, 'message');
        }
        const children = descendantsOf(pusher.pid!);
        assert.ok(children.length > 0);
        pusher.kill('SIGKILL');
        await until(() => !children.some(isAlive), { what: 'FFmpeg is gone', timeoutMs: 10_000 });
        await far.end();
      }
    });
  }

  const rtmpEnd = () => ({
    url: server.url(`orphan-${Date.now()}`),
    suspend: () => {
      server.suspend();
    },
    end: async () => {
      server.resume();
    },
  });

  async function listener(protocol: 'rtsp' | 'srt') {
    const address = `${protocol}://127.0.0.1:${await freePort()}`;
    const options = protocol === 'srt' ? [] : ['-rtsp_flags', 'listen', '-rtsp_transport', 'tcp'];
    const viewer = await LiveViewer.start([
      ...options,
      '-i',
      protocol === 'srt' ? `${address}?mode=listener` : `${address}/live`,
    ]);
    return {
      url: protocol === 'srt' ? address : `${address}/live`,
      suspend: () => {
        viewer.suspend();
      },
      end: () => viewer.dispose(),
    };
  }
});

/** A process of its own that sends; says a first time when it is live, and then when much waits. */
async function startPusher(task: { protocol: string; url: string; clip: Clip }): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('pusher.ts', import.meta.url)), { serialization: 'advanced' });
  child.send(task);
  await once(child, 'message');
  return child;
}
