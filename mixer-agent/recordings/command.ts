import { spawn } from 'node:child_process';
import { PorticoError } from '../../common/contract/errors.ts';

const keptBytes = 500;
/** A program that takes longer is ended, ms. */
const limitMs = 3_600_000;

/**
 * Starts a program of the user, without a shell.
 * @throws PorticoError `unavailable` when it cannot be started or does not end with code 0
 */
export async function runCommand(
  command: readonly string[],
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const [program = '', ...args] = command;
  const child = spawn(program, [...args, file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
    timeout: limitMs,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptBytes);
  });
  const outcome = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, by) => {
      resolve(code === 0 ? undefined : `ended with ${by ?? `code ${code ?? '?'}`}`);
    });
  });
  if (outcome === undefined) return;
  const words = said.trim() === '' ? outcome : `${outcome}: ${said.trim()}`;
  throw new PorticoError('unavailable', `'${program}' ${words}`, { field: 'recording.command' });
}
