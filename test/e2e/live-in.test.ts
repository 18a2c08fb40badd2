import assert from 'node:assert/strict';
import { PorticoAdmin } from '../../management-api/sdk/index.ts';
import { Broadcaster } from '../integration/mixer/ingress/support/broadcaster.ts';
import { SourceFiles } from '../integration/mixer/ingress/support/source-files.ts';
import { joinBare } from '../support/bare-page.ts';
import { startSingle, type Single } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { MixViewer } from '../support/mix-viewer.ts';
import { people, type Person } from '../support/people.ts';
import { eventually } from '../support/page.ts';
import { RtmpServer } from '../support/rtmp-server.ts';
import { RtspServer } from '../support/rtsp-server.ts';
import { until } from '../support/until.ts';
import { UploadServer } from '../support/upload-server.ts';

/** Where a stream comes from. */
interface Origin {
  url: string;
  /** It goes away, all at once. */
  kill: () => Promise<void>;
  /** It is back, under the same address, with something else. */
  comeBack: (file: string) => Promise<void>;
  close: () => Promise<void>;
}

describe('a stream that comes into a room', function () {
  this.timeout(120_000);
  const browser = useBrowser();
  const files = fixture(
    () => SourceFiles.create(),
    (made) => made.close(),
  );
  const deployment = useDeployment<Single>(() =>
    startSingle({
      streaming: { private_networks: true, connect_ms: 4_000, retry_ms: 300, max_retry_ms: 600 },
    }),
  );
  let origin: Origin | undefined;
  afterEach(async () => {
    await origin?.close();
    origin = undefined;
  });

  const clip = (who: Person, video: 'baseline' | 'main' | 'high') => {
    const options = { name: `${who}-${video}.mp4`, video, audio: 'aac', seconds: 4 } as const;
    return files().make({ ...options, colour: who, tone: people[who].tone });
  };

  const sends = (file: string, ...output: string[]) => new Broadcaster(file, output).start();

  const rtmp = async (file: string): Promise<Origin> => {
    const server = await RtmpServer.start();
    const url = server.url('in');
    let sender = sends(file, '-f', 'flv', url);
    return {
      url,
      kill: async () => {
        await server.kill();
        await sender.stop();
      },
      comeBack: async (other) => {
        await server.start();
        sender = sends(other, '-f', 'flv', url);
      },
      close: async () => {
        await sender.stop();
        await server.stop();
      },
    };
  };

  const rtsp = async (file: string): Promise<Origin> => {
    let server = await RtspServer.start(file);
    const { port, url } = server;
    return {
      url,
      kill: async () => {
        server.close();
      },
      comeBack: async (other) => {
        server = await RtspServer.start(other, '', port);
      },
      close: async () => {
        server.close();
      },
    };
  };

  const srt = async (file: string): Promise<Origin> => {
    const url = `srt://127.0.0.1:${await freePort()}`;
    const listener = ['-f', 'mpegts', `${url}?mode=listener`];
    let sender = sends(file, ...listener);
    return {
      url,
      kill: () => sender.stop(),
      comeBack: async (other) => {
        sender = sends(other, ...listener);
      },
      close: () => sender.stop(),
    };
  };

  const hls = async (file: string): Promise<Origin> => {
    const server = await UploadServer.start();
    const url = server.url('/live/index.m3u8');
    const upload = ['-f', 'hls', '-method', 'PUT', '-hls_time', '1', '-hls_flags', 'delete_segments', url];
    let sender = sends(file, ...upload);
    await until(() => server.names('.m3u8').length > 0, { timeoutMs: 10_000, what: 'it is there' });
    return {
      url,
      kill: async () => {
        await sender.stop();
        server.refusal = 503;
      },
      comeBack: async (other) => {
        server.files.clear();
        server.refusal = undefined;
        sender = sends(other, ...upload);
      },
      close: async () => {
        await sender.stop();
        await server.stop();
      },
    };
  };

  const shows = async (viewer: MixViewer, who: Person) => {
    await eventually(`${who} is seen`, () => viewer.showsColour(who), 30_000);
    await eventually(`${who} is heard`, async () => (await viewer.hears(people[who].tone)) > 15, 20_000);
  };

  // Every profile of H.264 that is passed on as it comes is one that browsers show.
  for (const [name, open, profile] of [
    ['RTMP', rtmp, 'high'],
    ['RTSP', rtsp, 'main'],
    ['SRT', srt, 'baseline'],
    ['HLS', hls, 'high'],
  ] as const) {
    it(`by ${name} is seen and heard (H.264 ${profile}), and again when its source was killed and came back`, async () => {
      const admin = new PorticoAdmin(await deployment().management());
      const room = name.toLowerCase();
      origin = await open(await clip('blue', profile));
      const watcher = await joinBare(browser(), deployment(), { room, user: 'watcher', role: 'viewer' });
      const { id } = await admin.streamingIns.start(room, {
        connection: { url: origin.url },
        media: { audio: 'auto', video: 'auto' },
      });
      const { transcoded } = await admin.streamingIns.get(room, id);
      assert.deepEqual(transcoded, { audio: true, video: false });
      await watcher.page.waitForFunction(
        (stream) => window.portico.conference?.streams.get(stream as never) !== undefined,
        id,
      );
      const viewer = await MixViewer.watch(watcher, id);
      await shows(viewer, 'blue');
      assert.equal((await viewer.received()).mimeType, 'video/H264');
      await origin.kill();
      const status = async () => (await admin.streamingIns.get(room, id)).status;
      await until(async () => (await status()) === 'retrying', {
        timeoutMs: 20_000,
        what: 'the loss is told',
      });
      await origin.comeBack(await clip('yellow', profile));
      const back = performance.now();
      await until(async () => (await status()) === 'live', { timeoutMs: 30_000, what: 'it is live again' });
      await shows(viewer, 'yellow');
      process.stdout.write(
        `      ${name}: seen again ${Math.round(performance.now() - back)} ms after its source came back\n`,
      );
      assert.ok((await admin.streamingIns.get(room, id)).reconnects >= 1);
      await admin.streamingIns.stop(room, id);
      await watcher.close();
    });
  }
});
