import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Logger } from '../../common/observe/log.ts';
import { DeadMan } from './dead-man.ts';
import { forkEngine } from './fork-engine.ts';
import type { EngineCommand, EngineNews, EngineSaid, EngineWords } from './engine-words.ts';
import { logOutput } from './output-log.ts';

/** How long a process may take until it takes commands, on a busy machine, ms. */
const loadMs = 20_000;
/** The same until it does what it was started for, ms. */
const startMs = 10_000;
/** A running process says how far it is at least each second; one that is silent for so long hangs, ms. */
const silenceMs = 3_000;
/** How long a process that was asked to end may take unless its kind says something else, ms. */
const usualFarewellMs = 2_000;

export interface EngineKind {
  /** For the log: `mix`, `egress`, `ingress`. */
  name: string;
  /** Entry point of the processes. */
  file: string | URL;
  /** How long one that was asked to end may take, ms. */
  farewellMs?: number;
}

interface EngineEvents<W extends EngineWords> {
  idle: [];
  started: [port: number];
  /** Anything but that and its log. */
  news: [W['news']];
  /** It is gone, and so is its port. */
  ended: [];
}

/** One OS process that carries media. It waits until it is started, once. */
export class EngineProcess<W extends EngineWords> extends EventEmitter<EngineEvents<W>> {
  readonly #kind: EngineKind;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  readonly #deadMan: DeadMan;
  #log: Logger;
  #command: W['start'] | undefined;
  #state: 'loading' | 'idle' | 'starting' | 'running' | 'ended' = 'loading';

  constructor(kind: EngineKind, log: Logger) {
    super();
    this.#kind = kind;
    this.#child = forkEngine(kind.file, 'pipe');
    this.#log = log.child({ enginePid: this.#child.pid });
    this.#gone = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#end({ code, signal });
        resolve();
      });
      this.#child.once('error', (error) => {
        // It could not be started: there is no exit then.
        if (this.#child.pid === undefined) {
          this.#end({ err: error });
          resolve();
        }
      });
    });
    this.#child.on('message', (news) => {
      this.#hear(news as EngineSaid<W>);
    });
    logOutput(this.#child, (line, stream) => {
      this.#log.warn({ line, stream }, `${kind.name} process wrote`);
    });
    this.#deadMan = new DeadMan(() => {
      this.#log.error({ state: this.#state }, `${kind.name} process does not answer: killing it`);
      this.kill();
    });
    this.#deadMan.expect(loadMs);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Begins, as soon as it takes commands. */
  start(command: W['start'], log: Logger): void {
    this.#log = log.child({ enginePid: this.#child.pid });
    this.#command = command;
    if (this.#state === 'idle') this.#begin(command);
  }

  /** Nothing else is sent before it was started: what it is to do then is part of the command. */
  apply(spec: W['start']['spec']): void {
    if (this.#command === undefined || this.ended) return;
    this.#command = { ...this.#command, spec };
    if (this.#state !== 'loading') this.#tell({ type: 'apply', spec });
  }

  /** Asks it to end; resolves when it is gone. */
  async close(): Promise<void> {
    if (this.ended) return;
    this.#deadMan.expect(this.#kind.farewellMs ?? usualFarewellMs);
    // One that has not begun has nothing to finish.
    if (this.#command === undefined) this.kill();
    else this.#tell({ type: 'close' });
    await this.#gone;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #begin(command: W['start']): void {
    this.#state = 'starting';
    this.#deadMan.expect(startMs);
    this.#tell(command);
  }

  #tell(command: EngineCommand<W>): void {
    // It may just be gone; then its end is on the way here.
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  #hear(said: EngineSaid<W>): void {
    if (this.#state === 'running') this.#deadMan.alive();
    // The kinds of news are told apart by their type alone.
    const news = said as EngineNews;
    if (news.type === 'idle') this.#idle();
    else if (news.type === 'started') this.#started(news.port);
    else if (news.type === 'log') this.#log[news.level](news.facts, news.message);
    else this.emit('news', said);
  }

  #idle(): void {
    if (this.#state !== 'loading') return;
    this.#state = 'idle';
    this.#deadMan.rest();
    this.emit('idle');
    if (this.#command !== undefined) this.#begin(this.#command);
  }

  #started(port: number): void {
    this.#state = 'running';
    this.#deadMan.expect(silenceMs);
    this.emit('started', port);
  }

  #end(facts: object): void {
    if (this.ended) return;
    this.#state = 'ended';
    this.#deadMan.rest();
    this.#log.info(facts, `${this.#kind.name} process ended`);
    this.emit('ended');
  }
}
