// @ts-check
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { findProgram } from './paths.mjs';

/** @type {NodeJS.Signals[]} */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** One Ctrl-C arrives twice: from the terminal, and again from npm, which forwards it. */
const REPEAT_MS = 1_000;

/**
 * Runs the set-up's real command in the set-up's place and ends with its exit code.
 *
 * The command gets a session of its own, so that a signal to the terminal's process group reaches it
 * through this process only, and once. Otherwise Ctrl-C would reach its children too: mediasoup's
 * workers end at once on SIGINT and SIGTERM, before the server could hand its rooms over.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, group?: boolean }} options `group`: signals go to the
 *   command's children as well (test runs, whose parts end by themselves)
 * @returns {Promise<never>}
 */
export async function launch(file, args, { env, group = false }) {
  const [program = file, ...rest] = [...outliveNobody(env), file, ...args];
  const child = spawn(program, rest, { env, stdio: 'inherit', detached: true });
  // A closed terminal (SIGHUP) is a reason to end, and to end tidily.
  const forward = onceInAWhile((signal) =>
    signalChild(child, signal === 'SIGHUP' ? 'SIGTERM' : signal, group),
  );
  for (const signal of FORWARDED) process.on(signal, forward);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`portico: ${file} cannot be started: ${error.message}\n`);
      resolve(127);
    });
    child.once('exit', (status, signal) => resolve(status ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  process.exit(code);
}

/**
 * A command in a session of its own would go on when this process is killed (`kill -9`, a test harness
 * that kills the process group). Linux can have it terminated then.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]} what to put before the command; nothing where the tool is missing
 */
function outliveNobody(env) {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv', env) : undefined;
  return setpriv ? [setpriv, '--pdeathsig', 'TERM', '--'] : [];
}

/**
 * @param {(signal: NodeJS.Signals) => void} action
 * @param {() => number} [now]
 * @returns {(signal: NodeJS.Signals) => void} drops the same signal when it comes again within a second
 */
export function onceInAWhile(action, now = Date.now) {
  /** @type {Map<string, number>} */
  const last = new Map();
  return (signal) => {
    const before = last.get(signal);
    last.set(signal, now());
    if (before === undefined || now() - before >= REPEAT_MS) action(signal);
  };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 * @param {boolean} group
 */
function signalChild(child, signal, group) {
  if (child.pid === undefined) return;
  try {
    process.kill(group ? -child.pid : child.pid, signal);
  } catch {
    // It has just ended by itself: its exit code is on the way.
  }
}
