import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { spawnHere, type Child, type LaunchOptions } from './child.ts';
import { descriptorOf, SocketPairs, type SocketPair } from './socket-pairs.ts';
import type { LaunchCommand, LaunchNews } from './thread.ts';

/** Children that can be started at once without waiting for their pipes. */
const spares = 4;

type Pipes = [SocketPair, SocketPair, SocketPair];

type Ended = Extract<LaunchNews, { type: 'ended' }>;

/** A child that another thread starts. */
class LaunchedChild
  extends EventEmitter<{ error: [Error]; close: [Ended['code'], Ended['signal']] }>
  implements Child
{
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  pid: number | undefined;
  readonly #kill: (signal: NodeJS.Signals) => void;
  readonly #far: Socket[];
  /** What is still open: the process, and what it writes to. */
  #open = 3;
  #how: Pick<Ended, 'code' | 'signal'> = { code: null, signal: null };

  constructor(pipes: Pipes, kill: (signal: NodeJS.Signals) => void) {
    super();
    [this.stdin, this.stdout, this.stderr] = [pipes[0].near, pipes[1].near, pipes[2].near];
    this.#far = pipes.map(({ far }) => far);
    this.#kill = kill;
    for (const pipe of [this.stdout, this.stderr]) {
      // Otherwise our half would stay open.
      pipe.once('end', () => pipe.destroy());
      pipe.once('close', () => {
        this.#closed();
      });
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#kill(signal);
  }

  started(pid: number): void {
    this.pid = pid;
    this.#letGo();
  }

  failed(message: string): void {
    this.#letGo();
    for (const pipe of [this.stdin, this.stdout, this.stderr]) pipe.destroy();
    this.emit('error', new Error(message));
    this.ended({ code: null, signal: null });
  }

  ended(how: Pick<Ended, 'code' | 'signal'>): void {
    this.#how = how;
    this.#letGo();
    this.stdin.destroy();
    this.#closed();
  }

  /** The ends of the child are its own: when it is gone, ours are told. */
  #letGo(): void {
    for (const far of this.#far.splice(0)) far.destroy();
  }

  #closed(): void {
    this.#open -= 1;
    if (this.#open === 0) this.emit('close', this.#how.code, this.#how.signal);
  }
}

/**
 * Starts children from a thread of its own. To start a process takes the thread that does so 5 to 30 ms, in which a mix would
 * leave out pictures.
 */
export class Launcher {
  readonly #thread: Worker;
  readonly #pairs: SocketPairs;
  readonly #spares: Pipes[] = [];
  readonly #children = new Map<number, LaunchedChild>();
  #filling = false;
  #next = 0;
  /** The thread is gone. */
  #broken = false;

  private constructor(pairs: SocketPairs) {
    this.#pairs = pairs;
    this.#thread = new Worker(new URL('./thread.ts', import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    });
    this.#thread.unref();
    this.#thread.on('message', (news: LaunchNews) => {
      this.#hear(news);
    });
    this.#thread.on('error', () => undefined);
    this.#thread.on('exit', () => {
      this.#break();
    });
  }

  static async create(): Promise<Launcher> {
    const launcher = new Launcher(await SocketPairs.open());
    await launcher.#fill();
    return launcher;
  }

  /** Starts a child. When many are started at once, those without pipes ready are started from the thread that asks. */
  start(options: LaunchOptions): Child {
    const pipes = this.#broken ? undefined : this.#spares.pop();
    void this.#fill();
    if (pipes === undefined) return spawnHere(options);
    this.#next += 1;
    const id = this.#next;
    const [stdin, stdout, stderr] = pipes;
    const descriptors: [number, number, number] = [
      descriptorOf(stdin.far),
      descriptorOf(stdout.far),
      descriptorOf(stderr.far),
    ];
    const child = new LaunchedChild(pipes, (signal) => {
      this.#tell({ type: 'kill', id, signal });
    });
    this.#children.set(id, child);
    this.#tell({ type: 'start', id, descriptors, ...options });
    return child;
  }

  /** Starts no more; children that run go on. Resolves when its thread is gone. */
  async close(): Promise<void> {
    this.#pairs.close();
    for (const { near, far } of this.#spares.splice(0).flat()) {
      near.destroy();
      far.destroy();
    }
    await this.#thread.terminate();
  }

  #tell(command: LaunchCommand): void {
    this.#thread.postMessage(command);
  }

  #hear(news: LaunchNews): void {
    const child = this.#children.get(news.id);
    if (child === undefined) return;
    if (news.type === 'started') {
      child.started(news.pid);
      return;
    }
    this.#children.delete(news.id);
    if (news.type === 'failed') child.failed(news.message);
    else child.ended(news);
  }

  /** How its children end is not known any more, only that they do: their pipes say so. */
  #break(): void {
    this.#broken = true;
    for (const child of this.#children.values()) child.ended({ code: null, signal: null });
    this.#children.clear();
  }

  async #fill(): Promise<void> {
    if (this.#filling || this.#broken) return;
    this.#filling = true;
    try {
      while (this.#spares.length < spares && !this.#broken) {
        const pairs = [await this.#pairs.create(), await this.#pairs.create(), await this.#pairs.create()];
        this.#spares.push(pairs as Pipes);
      }
    } catch {
      // The system has no more of them: children are started from here.
    } finally {
      this.#filling = false;
    }
  }
}
