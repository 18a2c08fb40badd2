import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A helper process of the benchmark, running one of our scripts; resolves when it prints a line. */
export async function startChild(
  script: string,
  args: string[],
  line: string,
  input?: string,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [new URL(script, import.meta.url).pathname, ...args], {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'],
  });
  child.stdin?.end(input);
  if (child.stdout === null) throw new Error(`${script} has no output`);
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (text) => {
      if (text === line) resolve();
    });
    child.once('exit', (code) => {
      reject(new Error(`${script} ended with ${String(code)} before it printed '${line}'`));
    });
  });
  return child;
}

export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
