import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../../../support/until.ts';
import type { TestDatabase } from './engines.ts';

/** Another OS process that uses the database: `child-main.ts` with one of its jobs. */
export class StoreChild {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;

  constructor({ url }: TestDatabase, job: string, ...args: string[]) {
    const main = fileURLToPath(new URL('./child-main.ts', import.meta.url));
    this.#child = spawn(process.execPath, [main, url, job, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#exit = once(this.#child, 'close').then(([code]) => code as number | null);
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        this.lines.push(line);
      });
    }
  }

  /** Resolves when it has said so many lines. */
  async said(count: number): Promise<void> {
    const ended = () => this.#child.exitCode !== null;
    await until(() => this.lines.length >= count || ended(), { what: `${count} lines`, timeoutMs: 30_000 });
    if (ended()) throw new Error(`the process ended with ${String(this.#child.exitCode)}`);
  }

  /** SIGKILL, in the middle of what it does. @returns all that it has said */
  async kill(): Promise<string[]> {
    this.#child.kill('SIGKILL');
    await this.#exit;
    return this.lines;
  }

  /** @returns what it has said when it ended by itself */
  async end(): Promise<string[]> {
    const code = await this.#exit;
    if (code !== 0) throw new Error(`the process ended with ${String(code)}`);
    return this.lines;
  }
}
