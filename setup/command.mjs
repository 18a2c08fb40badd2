// @ts-check
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { onInterrupt } from './interrupts.mjs';

const TAIL_LINES = 400;

/**
 * @typedef {object} Outcome
 * @property {number} code          exit code; 127 when the program could not be started, 124 after the time-out
 * @property {string} output        the last lines of stdout and stderr, in the order of arrival
 * @property {string} [unstartable] the system's error code, e.g. `ENOENT`
 */

/**
 * Runs a program of the set-up to its end. It never rejects: the caller decides what an exit code means.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, log?: string, timeoutMs?: number, abort?: AbortSignal, onLine?: (line: string) => void }} [options]
 *   `log`: file that the output is appended to; `abort`: ends the program early
 * @returns {Promise<Outcome>}
 */
export function run(file, args, { cwd, env, log, timeoutMs, abort, onLine } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    const stop = () => void child.kill('SIGTERM');
    const off = onInterrupt(stop);
    abort?.addEventListener('abort', stop, { once: true });
    const sink = log === undefined ? undefined : createWriteStream(log, { flags: 'a' });
    sink?.write(`$ ${[file, ...args].join(' ')}\n`);
    /** @type {string[]} */
    const tail = [];
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        sink?.write(`${line}\n`);
        if (tail.push(line) > TAIL_LINES) tail.shift();
        onLine?.(line);
      });
    }
    let ended = false;
    /** @param {Omit<Outcome, 'output'>} result */
    const end = (result) => {
      // A program that cannot be started reports 'error' and may report 'close' as well.
      if (ended) return;
      ended = true;
      off();
      const finish = () => resolve({ ...result, output: tail.join('\n') });
      if (sink) sink.end(finish);
      else finish();
    };
    child.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      end({ code: 127, unstartable: error.code ?? error.message }),
    );
    child.once('close', (code, signal) => end({ code: code ?? (signal && child.killed ? 124 : 128) }));
  });
}

/**
 * @param {string} output
 * @param {number} [count]
 * @returns {string} its last lines that say something
 */
export function lastLines(output, count = 8) {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
