import process from 'node:process';
import { logTo, type EngineLog } from './engine-log.ts';
import type { EngineCommand, EngineSaid, EngineWords } from './engine-words.ts';

/** What a process was started for. */
export interface Engine<W extends EngineWords> {
  apply: (spec: W['start']['spec']) => void;
  /** Ends in good order. */
  close: () => void | Promise<void>;
  /** Its agent is gone, and another one goes on with what it did; otherwise it is closed then. */
  abandon?: () => Promise<void>;
}

export interface EngineParts<W extends EngineWords> {
  start: W['start'];
  tell: (news: EngineSaid<W>) => void;
  log: EngineLog;
}

export interface EngineMain<W extends EngineWords> {
  /** For the log: `mix`, `egress`, `ingress`. */
  name: string;
  begin: (parts: EngineParts<W>) => Promise<Engine<W>>;
  /** Without its agent it has so long to finish what it has, ms; none by default. */
  farewellMs?: number;
}

/**
 * What an engine process does (see `EngineProcess`): it says that it is idle, obeys its agent, and ends with it. An error ends it
 * with a code that its agent takes for a crash, so that it starts another one.
 */
export function runEngine<W extends EngineWords>({ name, begin, farewellMs }: EngineMain<W>): void {
  const tell = (news: EngineSaid<W>): void => {
    // The agent may just be gone.
    if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
  };
  const log = logTo(tell);
  let engine: Promise<Engine<W>> | undefined;

  const fail = (error: unknown): void => {
    log.error({ err: error instanceof Error ? error.stack : String(error) }, `${name} process failed`);
    // The message has to leave the process first.
    setImmediate(() => process.exit(1));
  };
  const end = async (abandoned = false): Promise<void> => {
    const ending = await engine;
    if (abandoned && ending?.abandon !== undefined) await ending.abandon();
    else await ending?.close();
    // What it said last still leaves the process.
    if (process.connected) process.disconnect();
    process.exit(0);
  };
  const obey = async (command: EngineCommand<W>): Promise<void> => {
    // The kinds of commands are told apart by their type alone.
    if (command.type === 'start') await (engine = begin({ start: command, tell, log }));
    else if (command.type === 'apply') (await engine)?.apply((command as Pick<W['start'], 'spec'>).spec);
    else await end();
  };

  process.on('message', (command: EngineCommand<W>) => {
    obey(command).catch(fail);
  });
  // Only the agent decides when it is over; it goes with it, whatever happened to it.
  process.on('disconnect', () => {
    if (farewellMs === undefined) process.exit(0);
    setTimeout(() => process.exit(0), farewellMs);
    end(true).catch(() => process.exit(1));
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);

  tell({ type: 'idle' });
}
