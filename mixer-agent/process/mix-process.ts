import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Logger } from '../../common/observe/log.ts';
import type { MixCommand, MixNews, ProcessSpec } from '../mix/protocol.ts';
import { DeadMan } from './dead-man.ts';
import { logOutput } from './output-log.ts';

export type StartCommand = Extract<MixCommand, { type: 'start' }>;
export type ProcessMeasure = Extract<MixNews, { type: 'measure' }>['measure'];

/** How long a process may take until it takes commands, on a busy machine, ms. */
const loadMs = 20_000;
/** The same until it sends what it was started with, ms. */
const startMs = 10_000;
/** A running process says how far it is each 100 ms; one that is silent for so long hangs, ms. */
const silenceMs = 3_000;
/** How long a process that was asked to end may take, ms. */
const farewellMs = 2_000;

interface MixProcessEvents {
  idle: [];
  started: [port: number];
  keyFrame: [ssrc: number];
  progress: [Extract<MixNews, { type: 'progress' }>['positions']];
  measure: [ProcessMeasure];
  /** It is gone, and so is its port. */
  ended: [];
}

/** One OS process that mixes. It waits until it is started, once. */
export class MixProcess extends EventEmitter<MixProcessEvents> {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  readonly #deadMan: DeadMan;
  #log: Logger;
  #command: StartCommand | undefined;
  #state: 'loading' | 'idle' | 'starting' | 'running' | 'ended' = 'loading';

  /** @param file its entry point */
  constructor(file: string, log: Logger) {
    super();
    // Options of this Node process, such as an inspector's port, are not for others.
    this.#child = fork(file, { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#log = log.child({ mixPid: this.#child.pid });
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
      this.#hear(news as MixNews);
    });
    logOutput(this.#child, (line, stream) => {
      this.#log.warn({ line, stream }, 'mix process wrote');
    });
    this.#deadMan = new DeadMan(() => {
      this.#log.error({ state: this.#state }, 'mix process does not answer: killing it');
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

  /** Begins to mix, as soon as it takes commands. */
  start(command: StartCommand, log: Logger): void {
    this.#log = log.child({ mixPid: this.#child.pid });
    this.#command = command;
    if (this.#state === 'idle') this.#begin(command);
  }

  /** Nothing else is sent before it was started: what it is to do then is part of the command. */
  apply(spec: ProcessSpec): void {
    if (this.#command === undefined || this.ended) return;
    this.#command = { ...this.#command, spec };
    if (this.#state !== 'loading') this.#tell({ type: 'apply', spec });
  }

  /** Asks it to end; resolves when it is gone. */
  async close(): Promise<void> {
    if (this.ended) return;
    this.#deadMan.expect(farewellMs);
    // One that has not begun has nothing to finish.
    if (this.#command === undefined) this.kill();
    else this.#tell({ type: 'close' });
    await this.#gone;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #begin(command: StartCommand): void {
    this.#state = 'starting';
    this.#deadMan.expect(startMs);
    this.#tell(command);
  }

  #tell(command: MixCommand): void {
    // It may just be gone; then its end is on the way here.
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  #hear(news: MixNews): void {
    if (this.#state === 'running') this.#deadMan.alive();
    switch (news.type) {
      case 'idle':
        this.#idle();
        break;
      case 'started':
        this.#state = 'running';
        this.#deadMan.expect(silenceMs);
        this.emit('started', news.port);
        break;
      case 'keyFrame':
        this.emit('keyFrame', news.ssrc);
        break;
      case 'progress':
        this.emit('progress', news.positions);
        break;
      case 'measure':
        this.emit('measure', news.measure);
        break;
      case 'log':
        this.#log[news.level](news.facts, news.message);
        break;
    }
  }

  #idle(): void {
    if (this.#state !== 'loading') return;
    this.#state = 'idle';
    this.#deadMan.rest();
    this.emit('idle');
    if (this.#command !== undefined) this.#begin(this.#command);
  }

  #end(facts: object): void {
    if (this.ended) return;
    this.#state = 'ended';
    this.#deadMan.rest();
    this.#log.info(facts, 'mix process ended');
    this.emit('ended');
  }
}
