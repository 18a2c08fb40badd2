/** What all engines are started with; the rest is their own. */
export interface EngineStart {
  type: 'start';
  /** UDP port of the process on 127.0.0.1; 0: any. */
  port: number;
  /** The plain transport of the router. */
  router: { ip: string; port: number };
  /** What it is to do: told again, whole, when that changes. */
  spec: { revision: number };
}

/** What all engines say; the rest is their own. */
export type EngineNews =
  /** It takes commands; a spare one waits like this. */
  | { type: 'idle' }
  | { type: 'started'; port: number }
  | {
      type: 'log';
      level: 'debug' | 'info' | 'warn' | 'error';
      message: string;
      facts: Record<string, unknown>;
    };

/** The words of one kind of engine. */
export interface EngineWords {
  start: EngineStart;
  /** Besides those of all. */
  news: { type: string };
}

/** All that an engine says. */
export type EngineSaid<W extends EngineWords> = EngineNews | W['news'];

/** To an engine. */
export type EngineCommand<W extends EngineWords> =
  | W['start']
  | { type: 'apply'; spec: W['start']['spec'] }
  /** End everything in good order, and exit. */
  | { type: 'close' };
