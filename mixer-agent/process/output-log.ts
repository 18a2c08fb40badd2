import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const maxLength = 1_000;
/** Lines per second; whatever goes wrong in a child must not fill the disk. */
const maxLines = 20;

/** Gives on what a child writes, line by line, within bounds. */
export function logOutput(
  child: ChildProcess,
  write: (line: string, stream: 'stdout' | 'stderr') => void,
): void {
  let second = 0;
  let count = 0;
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream];
    if (input === null) continue;
    createInterface({ input }).on('line', (line) => {
      const now = Math.floor(performance.now() / 1000);
      if (now !== second) count = 0;
      second = now;
      count += 1;
      if (count <= maxLines) write(line.slice(0, maxLength), stream);
    });
  }
}
