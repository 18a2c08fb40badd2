import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

const module = process.env['PORTICO_TEST_RTMP_MODULE'] ?? '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** Debian's nginx with its RTMP module on loopback: an application `live` that gives what it gets to who asks for it. */
export class RtmpServer {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  static async start(): Promise<RtmpServer> {
    const folder = await mkdtemp(join(tmpdir(), 'portico-rtmp-'));
    const server = new RtmpServer(await freePort(), folder);
    await writeFile(join(folder, 'nginx.conf'), server.#configuration());
    await server.start();
    return server;
  }

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /** Address of a stream. */
  url(key: string): string {
    return `rtmp://127.0.0.1:${this.port}/live/${key}`;
  }

  /** Starts it again, under the same addresses. */
  async start(): Promise<void> {
    const { PATH } = process.env;
    const child = spawn(
      'nginx',
      ['-p', this.#folder, '-c', join(this.#folder, 'nginx.conf'), '-e', join(this.#folder, 'error.log')],
      { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: `${PATH ?? ''}:/usr/sbin:/sbin` } },
    );
    this.#child = child;
    await once(child, 'spawn');
    await until(() => child.exitCode !== null || this.#listens(), { what: 'nginx listens' });
    if (child.exitCode !== null) throw new Error(`nginx ended with ${String(child.exitCode)}`);
  }

  /** It hangs until `resume`: connections stay, nothing is read. */
  suspend(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
  }

  /** One process, so that it can be killed and suspended as a whole. */
  #configuration(): string {
    return `
      load_module ${module};
      daemon off;
      master_process off;
      pid ${join(this.#folder, 'pid')};
      error_log ${join(this.#folder, 'error.log')} info;
      events { worker_connections 64; }
      rtmp { server {
        listen 127.0.0.1:${this.port};
        chunk_size 4096;
        application live { live on; record off; }
      } }`;
  }
}
