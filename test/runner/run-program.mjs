// @ts-check
import { spawn } from 'node:child_process';

/**
 * @typedef {object} Outcome
 * @property {number} code     exit code; 124 when it was ended for taking too long
 * @property {string} output   stdout and stderr, when captured
 * @property {number} seconds
 */

/**
 * Runs a Node program to its end, or until it takes too long.
 *
 * @param {string[]} args
 * @param {{ limitS: number, capture?: boolean }} options
 * @returns {Promise<Outcome>}
 */
export function run(args, { limitS, capture = false }) {
  const begin = performance.now();
  return new Promise((resolve) => {
    const stdio = capture ? 'pipe' : 'inherit';
    const child = spawn(process.execPath, args, { stdio: ['ignore', stdio, stdio] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => (output += String(chunk)));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      output += `ended after ${limitS} s\n`;
      child.kill('SIGKILL');
    }, limitS * 1000);
    child.once('error', (error) => (output += error.message));
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: late ? 124 : (code ?? 1), output, seconds: (performance.now() - begin) / 1000 });
    });
  });
}
