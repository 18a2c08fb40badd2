// @ts-check
import { chmodSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { release } from 'node:os';
import { join } from 'node:path';
import { WORKER_NAME } from './cache.mjs';
import { extractFile } from './tar.mjs';

const RELEASES = 'https://github.com/versatica/mediasoup/releases/download';
/** A firewall that swallows packets must cost seconds, not minutes. */
const CONNECT_TIMEOUT_MS = 4_000;
const SILENCE_TIMEOUT_MS = 15_000;
const MAX_REDIRECTS = 5;
const MAX_BYTES = 200 * 1024 * 1024;

/**
 * @param {{ version: string, env: NodeJS.ProcessEnv, platform?: string, arch?: string, kernel?: string }} target
 * @returns {string} address of the worker that mediasoup's authors built for this kind of machine
 */
export function prebuiltUrl({
  version,
  env,
  platform = process.platform,
  arch = process.arch,
  kernel = release(),
}) {
  const base = (env['MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL'] || RELEASES).replace(/\/+$/, '');
  const suffix = platform === 'linux' ? `-kernel${kernel.split('.')[0]}` : '';
  return `${base}/${version}/${WORKER_NAME}-${version}-${platform}-${arch}${suffix}.tgz`;
}

/**
 * @param {{ url: string, folder: string, onBytes?: (count: number) => void }} request
 * @returns {Promise<string>} the unpacked binary in `folder`
 * @throws {Error} whose message says why there is none
 */
export async function downloadWorker({ url, folder, onBytes = () => {} }) {
  const binary = extractFile(await download(url, onBytes), WORKER_NAME);
  if (!binary) throw new Error(`${url} has no ${WORKER_NAME} in it`);
  const file = join(folder, WORKER_NAME);
  writeFileSync(file, binary);
  chmodSync(file, 0o755);
  return file;
}

/**
 * @param {string} url
 * @param {(count: number) => void} onBytes
 * @param {number} [redirects]
 * @returns {Promise<Buffer>}
 */
async function download(url, onBytes, redirects = 0) {
  const response = await request(url);
  const status = response.statusCode ?? 0;
  const location = response.headers.location;
  if (status >= 300 && status < 400 && location !== undefined) {
    response.destroy();
    if (redirects >= MAX_REDIRECTS) throw new Error(`${url} redirects too often`);
    return download(new URL(location, url).href, onBytes, redirects + 1);
  }
  if (status !== 200) {
    response.destroy();
    throw new Error(
      status === 404 ? `none is published for this machine (${url})` : `${url} answered ${status}`,
    );
  }
  return readBody(response, onBytes);
}

/**
 * @param {string} url
 * @returns {Promise<import('node:http').IncomingMessage>}
 */
function request(url) {
  const { host, protocol } = new URL(url);
  const get = protocol === 'http:' ? httpGet : httpsGet;
  return new Promise((resolve, reject) => {
    const outgoing = get(url, { agent: false, headers: { 'user-agent': 'portico-setup' } });
    const deadline = setTimeout(
      () => outgoing.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    const connected = protocol === 'http:' ? 'connect' : 'secureConnect';
    outgoing.on('socket', (socket) => void socket.once(connected, () => clearTimeout(deadline)));
    outgoing.setTimeout(SILENCE_TIMEOUT_MS, () => outgoing.destroy(new Error('the connection went silent')));
    outgoing.once('response', resolve);
    outgoing.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      reject(new Error(`${host} cannot be reached (${error.code ?? error.message})`)),
    );
    outgoing.once('close', () => clearTimeout(deadline));
  });
}

/**
 * @param {import('node:http').IncomingMessage} response
 * @param {(count: number) => void} onBytes
 */
async function readBody(response, onBytes) {
  /** @type {Buffer[]} */
  const chunks = [];
  let count = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    count += chunk.length;
    if (count > MAX_BYTES) throw new Error('the download is larger than any worker');
    onBytes(count);
  }
  if (!response.complete) throw new Error('the download broke off');
  return Buffer.concat(chunks);
}
