import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface LogLine {
  level?: string;
  msg?: string;
  [field: string]: unknown;
}

/** One OS process of the product, started through its command line as a person would. */
export class PorticoProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly lines: LogLine[] = [];
  readonly text: string[] = [];
  readonly #waiters = new Set<() => void>();
  #exited = false;

  /**
   * @param args what follows `portico`; logs are JSON
   * @param launcher a program that runs the process (a network namespace)
   */
  constructor(name: string, args: string[], launcher: string[] = []) {
    this.name = name;
    const [program = process.execPath, ...rest] = [...launcher, process.execPath, 'cli/portico.mjs', ...args];
    this.#child = spawn(program, rest, {
      cwd: new URL('../../', import.meta.url),
      env: { ...process.env, PORTICO_OBSERVE_LOG_FORMAT: 'json' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exit = once(this.#child, 'exit').then(([code, signal]) => {
      this.#exited = true;
      this.#wake();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => {
          this.#read(line);
        });
    }
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.#child.pid;
  }

  /** Process ids of the mediasoup workers that carry the media of clients. */
  async workers(): Promise<number[]> {
    const { readFile, readdir } = await import('node:fs/promises');
    const tasks = await readdir(`/proc/${String(this.pid)}/task`);
    const lists = await Promise.all(
      tasks.map((task) => readFile(`/proc/${String(this.pid)}/task/${task}/children`, 'utf8')),
    );
    const children = lists
      .join(' ')
      .split(/\s+/)
      .filter((pid) => pid !== '')
      .map(Number);
    const names = await Promise.all(
      children.map(async (pid) => ({
        pid,
        name: await readFile(`/proc/${String(pid)}/comm`, 'utf8').catch(() => ''),
      })),
    );
    const ofClients = new Set(
      this.lines.flatMap(({ msg, service, pid }) =>
        msg === 'media worker started' && service === 'access' ? [pid] : [],
      ),
    );
    return names
      .filter(({ pid, name }) => name.startsWith('mediasoup-work') && ofClients.has(pid))
      .map(({ pid }) => pid);
  }

  /** The first log line (past or future) that matches. */
  async line(matches: (line: LogLine) => boolean, timeoutMs = 20_000): Promise<LogLine> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.lines.find(matches);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (this.#exited || left <= 0) {
        throw new Error(
          `${this.name} ${this.#exited ? 'exited' : 'logged nothing like that'}:\n${this.text.slice(-40).join('\n')}`,
        );
      }
      await this.#change(left);
    }
  }

  async ready(): Promise<this> {
    await this.line((line) => line.msg === 'ready', 60_000);
    return this;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (!this.#exited) process.kill(this.pid, signal);
  }

  get exited(): boolean {
    return this.#exited;
  }

  async exit(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return await this.#exit;
  }

  /** SIGKILL; resolves when it is gone. */
  async killed(): Promise<void> {
    this.kill('SIGKILL');
    await this.#exit;
  }

  /** Ends it as an operator would; SIGKILL after 15 s. */
  async stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.kill('SIGTERM');
    const last = setTimeout(() => {
      this.kill('SIGKILL');
    }, 15_000);
    const outcome = await this.#exit;
    clearTimeout(last);
    return outcome;
  }

  #read(line: string): void {
    this.text.push(line);
    if (line.startsWith('{')) {
      try {
        this.lines.push(JSON.parse(line) as LogLine);
      } catch {
        // Not a log line.
      }
    }
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }

  async #change(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiters.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
