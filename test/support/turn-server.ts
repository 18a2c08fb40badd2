import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';

/** Debian's coturn on loopback with time-limited credentials (its REST scheme). */
export class TurnServer {
  readonly port: number;
  readonly #child: ChildProcess;

  static async start(secret: string): Promise<TurnServer> {
    const port = await freePort();
    const args = [
      [
        '-n',
        '--no-cli',
        '--no-tls',
        '--no-dtls',
        '--allow-loopback-peers',
        '--log-file=stdout',
        '--simple-log',
        '--verbose',
      ],
      ['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${String(port)}`],
      ['--use-auth-secret', `--static-auth-secret=${secret}`, '--realm=portico', '--pidfile=/dev/null'],
      ['--min-port=46000', '--max-port=46999'],
    ].flat();
    const child = spawn('turnserver', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const server = new TurnServer(port, child);
    await server.#listening();
    return server;
  }

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }

  async #listening(): Promise<void> {
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('turnserver has no output');
    const lines = createInterface({ input: stdout });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        if (line.includes('listener opened on') && line.includes('UDP')) resolve();
      });
      this.#child.once('exit', (code) => {
        reject(new Error(`turnserver ended with ${String(code)}`));
      });
    });
  }
}
