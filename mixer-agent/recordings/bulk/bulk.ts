import { stat } from 'node:fs/promises';
// eslint-disable-next-line no-restricted-imports -- only the name of the program that runs
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { PorticoError } from '../../../common/contract/errors.ts';
import { spawnHere, type Launch } from '../../ffmpeg/launch/child.ts';
import { lowPriority } from '../low-priority.ts';
import type { SegmentFacts } from '../segments.ts';
import { digest } from './digest.ts';
import { readLine, writeLine, type BulkResult, type BulkTask } from './task.ts';

const processFile = fileURLToPath(new URL('main.ts', import.meta.url));
/** A smaller file is read through in less time than a process needs to start, bytes. */
const smallBytes = 16 * 1024 * 1024;

/**
 * SHA-256 of a finished recording, in hexadecimal digits. Of a large one in a process of its own: calls would wait for it.
 * @throws PorticoError `internal`, or an error of the system, when it cannot be read
 */
export async function digestOf(path: string, launch?: Launch): Promise<string> {
  if ((await stat(path)).size < smallBytes) return await digest(path);
  const result = await perform({ type: 'digest', path }, launch);
  if (result.digest === undefined) throw new PorticoError('internal', `'${path}' has no digest`);
  return result.digest;
}

/**
 * Makes one file of segments with the same codecs, in a process of its own.
 * @throws PorticoError `internal` when one cannot be read or the file cannot be written
 */
export async function joinInProcess(
  segments: readonly SegmentFacts[],
  path: string,
  launch?: Launch,
): Promise<void> {
  await perform({ type: 'join', segments, path }, launch);
}

async function perform(task: BulkTask, launch: Launch = spawnHere): Promise<{ digest?: string }> {
  const child = launch({ file: execPath, args: [processFile], niceness: lowPriority });
  // It stays open: its end would say that nobody waits any more.
  child.stdin.on('error', () => undefined).write(writeLine(task));
  child.stderr.resume();
  const ended = new Promise<string>((resolve) => {
    child.on('error', ({ message }) => {
      resolve(message);
    });
    child.on('close', (code, signal) => {
      resolve(`its process ended with ${signal ?? `code ${code ?? '?'}`}`);
    });
  });
  const [said, how] = await Promise.all([text(child.stdout).catch(() => ''), ended]);
  const result = said.endsWith('\n') ? (readLine(said) as BulkResult) : { error: how };
  if ('error' in result)
    throw new PorticoError('internal', `the recording cannot be finished (${result.error})`);
  return result;
}
