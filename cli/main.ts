import { inspect } from 'node:util';
import type { Logger } from '../common/observe/log.ts';
import { explain } from './failures.ts';
import { buildProgram } from './program.ts';
import { exitCode, type Terminal } from './terminal.ts';

/** The first signal asks to end, the second one insists. */
function whenAskedToEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    // SIGHUP: the terminal was closed.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(exitCode.failed);
        asked = true;
        resolve(signal);
      });
    }
  });
}

/** The `portico` command. */
export async function main(): Promise<void> {
  let log: Logger | undefined;
  const terminal: Terminal = {
    env: process.env,
    isTerminal: process.stderr.isTTY,
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    attachLog: (made) => {
      log = made;
    },
    ended: whenAskedToEnd,
  };
  // A failure that nobody handled leaves the process in an unknown state: a supervisor starts a fresh one.
  const die = (error: unknown): never => {
    if (log === undefined) terminal.err(`portico: ${inspect(error)}`);
    else log.fatal({ err: error }, 'unexpected failure');
    process.exit(exitCode.failed);
  };
  // Whoever reads the output may have seen enough (`portico config sample | head`).
  process.stdout.on('error', () => process.exit(exitCode.ok));
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  try {
    process.exitCode = await buildProgram(terminal).run(process.argv.slice(2));
  } catch (error) {
    const { text, code } = explain(error);
    terminal.err(`portico: ${text}`);
    process.exitCode = code;
  }
  process.exit();
}
