import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { ProcessSpec } from '../../../../../mixer-agent/mix/protocol.ts';
import type { ScriptedNews, ScriptedOrder } from '../../../../support/scripted-mix-process.ts';
import { until } from '../../../access/support/stage.ts';

/** A scripted mix process, as far as it has told of itself. */
export interface WatchedProcess {
  readonly pid: number;
  readonly start: NonNullable<ScriptedNews['command']>;
  spec: ProcessSpec;
  /** Everything it was told, the oldest first. */
  readonly specs: ProcessSpec[];
  received: Readonly<Record<number, number>>;
  keyPictures: Readonly<Record<number, number>>;
  keyFrames: Readonly<Record<number, number>>;
  closed: boolean;
}

/** Hears what scripted mix processes tell, and gives them orders. */
export class ProcessWatch extends EventEmitter<{ change: [] }> {
  /** Those that were started, in that order. */
  readonly processes: WatchedProcess[] = [];
  /** Those that have loaded. */
  readonly idle = new Set<number>();
  readonly #socket: Socket;
  readonly #ports = new Map<number, number>();

  private constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('message', (text, { port }) => {
      const news = JSON.parse(text.toString()) as ScriptedNews;
      this.#ports.set(news.pid, port);
      this.#note(news);
      this.emit('change');
    });
  }

  /** Processes that are forked from now on tell this one. */
  static async open(): Promise<ProcessWatch> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    process.env['SCRIPTED_MIX'] = String(socket.address().port);
    return new ProcessWatch(socket);
  }

  close(): void {
    this.#socket.close();
    delete process.env['SCRIPTED_MIX'];
  }

  order(pid: number, order: ScriptedOrder): void {
    this.#socket.send(JSON.stringify(order), this.#ports.get(pid) ?? 0, '127.0.0.1');
  }

  /** Waits for what the processes tell. */
  until<T>(what: string, look: () => T | undefined | false): Promise<T> {
    return until(what, this, look);
  }

  /** The n-th process that was started. */
  started(index = 0): Promise<WatchedProcess> {
    return this.until(`process ${index} was started`, () => this.processes[index]);
  }

  /** Waits until a process has been told something that fits; resolves with it. */
  async told(index: number, what: string, fits: (spec: ProcessSpec) => boolean): Promise<ProcessSpec> {
    const known = await this.started(index);
    return await this.until(what, () => fits(known.spec) && known.spec);
  }

  #note({ pid, event, command, spec, ...counts }: ScriptedNews): void {
    if (event === 'idle') this.idle.add(pid);
    if (event === 'start' && command !== undefined) {
      const { spec: first } = command;
      const nothing = { received: {}, keyPictures: {}, keyFrames: {}, closed: false };
      this.processes.push({ pid, start: command, spec: first, specs: [first], ...nothing });
    }
    const known = this.processes.find((candidate) => candidate.pid === pid);
    if (known === undefined) return;
    if (event === 'apply' && spec !== undefined) {
      known.spec = spec;
      known.specs.push(spec);
    }
    if (event === 'close') known.closed = true;
    Object.assign(known, counts);
  }
}
