import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { forkEngine } from '../../mixer-agent/process/fork-engine.ts';
import type { EngineCommand, EngineSaid, EngineWords } from '../../mixer-agent/process/engine-words.ts';

/** An engine process that a test has instead of an agent. Its warnings and errors are shown. */
export class EngineChild<W extends EngineWords> {
  readonly #name: string;
  readonly #child: ChildProcess;

  /**
   * @param name `mix` or `egress`
   * @param file its entry point
   * @param onNews what it says besides what all engines say
   */
  constructor({ name, file }: { name: string; file: URL }, onNews: (news: W['news']) => void) {
    this.#name = name;
    this.#child = forkEngine(file, 'inherit');
    this.#child.on('message', (said: EngineSaid<W>) => {
      this.#hear(said, onNews);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it takes commands. */
  async idle(): Promise<void> {
    await this.#said('idle');
  }

  /** Resolves with its port when it runs. */
  async start(command: W['start']): Promise<number> {
    this.tell(command);
    const { port } = (await this.#said('started')) as { port: number };
    return port;
  }

  tell(command: EngineCommand<W>): void {
    if (this.#child.connected) this.#child.send(command);
  }

  /** Ends it in good order. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.tell({ type: 'close' });
    await once(this.#child, 'exit');
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  /** As the death of its agent would. */
  async desert(): Promise<void> {
    if (!this.#child.connected) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #hear(said: EngineSaid<W>, onNews: (news: W['news']) => void): void {
    const news = said as EngineSaid<EngineWords> & { level?: string; message?: string; facts?: object };
    if (news.type === 'idle' || news.type === 'started') return;
    if (news.type !== 'log') onNews(said);
    else if (news.level === 'warn' || news.level === 'error')
      process.stderr.write(`${this.#name}: ${news.message} ${JSON.stringify(news.facts)}\n`);
  }

  #said(type: string): Promise<EngineSaid<W>> {
    return new Promise((resolve, reject) => {
      const listen = (said: EngineSaid<W>) => {
        if (said.type !== type) return;
        this.#child.off('message', listen);
        resolve(said);
      };
      this.#child.on('message', listen);
      this.#child.once('exit', () => {
        reject(new Error(`the ${this.#name} process ended before it was ${type}`));
      });
    });
  }
}
