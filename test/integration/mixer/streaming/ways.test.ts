import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Gateway } from '../../../../mixer-agent/ingress/gateway.ts';
import type { IngressSource } from '../../../../mixer-agent/ingress/protocol.ts';
import { inputSchemes } from '../../../../mixer-agent/streaming/protocols.ts';
import { RtmpServer } from '../../../support/rtmp-server.ts';
import { RtspServer } from '../../../support/rtsp-server.ts';
import { TlsFront } from '../../../support/tls-front.ts';
import { Broadcaster } from '../ingress/support/broadcaster.ts';
import { SourceFiles } from '../ingress/support/source-files.ts';

const run = promisify(execFile);
/** As if it were an address of a private network, and all others public. */
const forbidden = '127.0.0.2';

describe('fetching through the gateway', function () {
  this.timeout(60_000);
  let files: SourceFiles;
  let file: string;
  let gateway: Gateway;
  let server: Server;
  /** What was asked of the forbidden address. */
  let reached = 0;
  const closers: (() => unknown)[] = [];

  before(async () => {
    files = await SourceFiles.create();
    file = await files.make({ name: 'a.mp4', video: 'baseline', audio: 'aac', seconds: 3 });
    server = createServer((request, response) => {
      const { port } = server.address() as AddressInfo;
      if (request.socket.localAddress === forbidden) reached += 1;
      if (request.url === '/redirect') {
        response.writeHead(302, { location: `http://${forbidden}:${port}/a.mp4` }).end();
      } else if (request.url === '/list.m3u8') {
        const list = [
          '#EXTM3U',
          '#EXT-X-TARGETDURATION:3',
          '#EXTINF:3,',
          `http://${forbidden}:${port}/a.mp4`,
        ];
        response.end(`${list.join('\n')}\n#EXT-X-ENDLIST\n`);
      } else {
        createReadStream(file).pipe(response);
      }
    });
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
  });
  beforeEach(async () => {
    reached = 0;
    gateway = await Gateway.open((address) => address === forbidden);
  });
  afterEach(async () => {
    gateway.close();
    for (const close of closers.splice(0).reverse()) await close();
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await files.close();
  });

  const urlOf = (path: string, host = '127.0.0.1') =>
    `http://${host}:${(server.address() as AddressInfo).port}${path}`;

  /** Codecs that FFmpeg finds there. */
  async function probe(url: string): Promise<string> {
    const scheme = url.slice(0, url.indexOf(':'));
    const source: IngressSource = {
      ...{ url, input: url, scheme, protocols: inputSchemes[scheme] ?? '', guarded: true, codecs: ['h264'] },
      ...{ transportProtocol: 'tcp', bufferSize: 8_192, loop: false, audio: 'auto', video: 'auto' },
    };
    const { options, protocols, input } = gateway.route(source);
    const { stdout } = await run(
      'ffprobe',
      [
        ...['-v', 'error', '-protocol_whitelist', protocols, ...options],
        ...['-show_entries', 'stream=codec_name', '-of', 'csv=p=0', input],
      ],
      { timeout: 20_000, env: { PATH: process.env['PATH'] } },
    );
    return stdout.trim().split('\n').toSorted().join();
  }

  it('brings what is allowed', async () => {
    assert.equal(await probe(urlOf('/a.mp4')), 'aac,h264');
    assert.equal(await probe(urlOf('/a.mp4', 'localhost')), 'aac,h264');
    assert.equal(gateway.complaint, undefined);
  });

  it('follows neither redirects nor playlists to where it must not', async () => {
    for (const path of ['/redirect', '/list.m3u8']) {
      await probe(urlOf(path)).catch(() => undefined);
      assert.match(gateway.complaint ?? '', /'127\.0\.0\.2' leads into a private/);
    }
    assert.equal(reached, 0);
  });

  it('connects with no forbidden address, whatever the name', async () => {
    gateway.close();
    gateway = await Gateway.open((address) => address === '127.0.0.1' || address === '::1');
    const { port } = server.address() as AddressInfo;
    for (const url of [
      urlOf('/a.mp4', 'localhost'),
      `rtmp://localhost:${port}/a/b`,
      `rtsp://localhost:${port}/a`,
    ]) {
      await assert.rejects(probe(url));
      assert.match(gateway.complaint ?? '', /'localhost' leads into a private/);
    }
  });

  it('brings RTMP and RTSP, and RTMPS and RTSPS with a certificate that is trusted only', async () => {
    const rtmp = await RtmpServer.start();
    closers.push(() => rtmp.stop());
    const sender = new Broadcaster(file, ['-f', 'flv', rtmp.url('in')]).start();
    closers.push(() => sender.stop());
    const rtsp = await RtspServer.start(file);
    closers.push(() => {
      rtsp.close();
    });
    const url = new URL(rtmp.url('in'));
    assert.equal(await probe(url.href), 'aac,h264');
    assert.equal(await probe(rtsp.url), 'aac,h264');
    for (const [scheme, port, path] of [
      ['rtmps', rtmp.port, '/live/in'],
      ['rtsps', rtsp.port, '/camera'],
    ] as const) {
      const front = await TlsFront.open(port);
      const address = `${scheme}://localhost:${front.port}${path}`;
      await assert.rejects(probe(address));
      assert.match(gateway.complaint ?? '', /self-signed certificate/);
      const distrust = front.trust();
      assert.equal(await probe(address), 'aac,h264');
      distrust();
      front.close();
    }
  });
});
