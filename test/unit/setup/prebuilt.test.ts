import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { downloadWorker, prebuiltUrl } from '../../../setup/worker/prebuilt.mjs';
import { extractFile } from '../../../setup/worker/tar.mjs';

function tarEntry(name: string, content: string, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}

const archive = (...entries: Buffer[]) => gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));

describe('setup: prebuilt worker', () => {
  let folder = '';
  let server: Server;
  let answer: RequestListener;
  let base = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portico-prebuilt-'));
    server = createServer((request, response) => {
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("has the address that mediasoup's own installer uses", () => {
    const target = { version: '3.27.1', platform: 'linux', arch: 'x64', kernel: '6.1.0-13-amd64' };
    assert.equal(
      prebuiltUrl({ ...target, env: {} }),
      'https://github.com/versatica/mediasoup/releases/download/3.27.1/mediasoup-worker-3.27.1-linux-x64-kernel6.tgz',
    );
    const mirror = { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'http://mirror.example/ms/' };
    assert.equal(
      prebuiltUrl({ ...target, platform: 'darwin', arch: 'arm64', env: mirror }),
      'http://mirror.example/ms/3.27.1/mediasoup-worker-3.27.1-darwin-arm64.tgz',
    );
  });

  it('takes one regular file out of an archive, and nothing from a broken one', () => {
    const tar = [
      tarEntry('./', '', '5'),
      tarEntry('LICENSE', 'x'.repeat(600)),
      tarEntry('./mediasoup-worker', 'binary'),
    ];
    assert.equal(extractFile(archive(...tar), 'mediasoup-worker')?.toString(), 'binary');
    assert.equal(
      extractFile(archive(tarEntry('mediasoup-worker', 'elsewhere', '2')), 'mediasoup-worker'),
      undefined,
    );
    assert.equal(extractFile(archive(tarEntry('other', 'x')), 'mediasoup-worker'), undefined);
    assert.throws(() => extractFile(Buffer.from('<html>'), 'mediasoup-worker'));
  });

  it('downloads through redirects, and makes the binary executable', async () => {
    answer = (request, response) => {
      if (request.url === '/start') response.writeHead(302, { location: '/real' }).end();
      else response.end(archive(tarEntry('mediasoup-worker', 'binary')));
    };
    const file = await downloadWorker({ url: `${base}/start`, folder });
    assert.equal(readFileSync(file, 'utf8'), 'binary');
    assert.equal(statSync(file).mode & 0o111, 0o111);
  });

  it('says why there is none: not published, an endless redirect, no worker inside', async () => {
    answer = (_request, response) => void response.writeHead(404).end();
    await assert.rejects(downloadWorker({ url: `${base}/x`, folder }), /none is published for this machine/);
    answer = (_request, response) => void response.writeHead(302, { location: '/again' }).end();
    await assert.rejects(downloadWorker({ url: `${base}/x`, folder }), /redirects too often/);
    answer = (_request, response) => void response.end(archive(tarEntry('README', 'x')));
    await assert.rejects(downloadWorker({ url: `${base}/x`, folder }), /has no mediasoup-worker in it/);
  });

  it('notices a download that breaks off', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x', () => response.destroy());
    };
    await assert.rejects(downloadWorker({ url: `${base}/x`, folder }));
  });

  it('names the host that refuses the connection, at once', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const attempt = downloadWorker({ url: `http://127.0.0.1:${port}/x`, folder });
    await assert.rejects(attempt, { message: `127.0.0.1:${port} cannot be reached (ECONNREFUSED)` });
  });
});
