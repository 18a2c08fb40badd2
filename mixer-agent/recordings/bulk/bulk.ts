import { fork } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PorticoError } from '../../../common/contract/errors.ts';
import { lowerPriority } from '../low-priority.ts';
import type { SegmentFacts } from '../segments.ts';
import { digest } from './digest.ts';
import type { BulkResult, BulkTask } from './task.ts';

const processFile = fileURLToPath(new URL('main.ts', import.meta.url));
/** A smaller file is read through in less time than a process needs to start, bytes. */
const smallBytes = 16 * 1024 * 1024;

/**
 * SHA-256 of a finished recording, in hexadecimal digits. Of a large one in a process of its own: calls would wait for it.
 * @throws PorticoError `internal`, or an error of the system, when it cannot be read
 */
export async function digestOf(path: string): Promise<string> {
  if ((await stat(path)).size < smallBytes) return await digest(path);
  const result = await perform({ type: 'digest', path });
  if (result.digest === undefined) throw new PorticoError('internal', `'${path}' has no digest`);
  return result.digest;
}

/**
 * Makes one file of segments with the same codecs, in a process of its own.
 * @throws PorticoError `internal` when one cannot be read or the file cannot be written
 */
export async function joinInProcess(segments: readonly SegmentFacts[], path: string): Promise<void> {
  await perform({ type: 'join', segments, path });
}

async function perform(task: BulkTask): Promise<{ digest?: string }> {
  const child = fork(processFile, {
    execArgv: [],
    // Tracks have bytes in them.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  lowerPriority(child.pid);
  const result = await new Promise<BulkResult>((resolve) => {
    child.once('message', (said) => {
      resolve(said as BulkResult);
    });
    child.once('error', (error) => {
      resolve({ error: error.message });
    });
    child.once('close', (code, signal) => {
      resolve({ error: `its process ended with ${signal ?? `code ${code ?? '?'}`}` });
    });
    child.send(task, () => undefined);
  });
  if ('error' in result)
    throw new PorticoError('internal', `the recording cannot be finished (${result.error})`);
  return result;
}
