import process from 'node:process';
import { createInterface } from 'node:readline';
import { digest } from './digest.ts';
import { joinSegments } from './join.ts';
import { readLine, writeLine, type BulkResult, type BulkTask } from './task.ts';

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

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  void perform(readLine(line) as BulkTask).then((result) => {
    process.stdout.write(writeLine(result), () => process.exit(0));
  });
});
// What it makes nobody waits for any more; the next start begins anew.
lines.once('close', () => process.exit(1));
// Only the agent decides when it is over.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
