import process from 'node:process';
import { digest } from './digest.ts';
import { joinSegments } from './join.ts';
import type { BulkResult, BulkTask } from './task.ts';

/* A process that does one thing to whole recordings: started by a mixer agent, ends with it. */

async function perform(task: BulkTask): Promise<BulkResult> {
  try {
    if (task.type === 'digest') return { digest: await digest(task.path) };
    await joinSegments(task.segments, task.path);
    return {};
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

process.once('message', (task: BulkTask) => {
  void perform(task).then((result) => {
    process.send?.(result, undefined, undefined, () => process.exit(0));
  });
});
// What it makes nobody waits for any more; the next start begins anew.
process.on('disconnect', () => process.exit(1));
// Only the agent decides when it is over.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
