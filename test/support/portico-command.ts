import { explain } from '../../cli/failures.ts';
import { buildProgram } from '../../cli/program.ts';
import { FakeTerminal } from './fake-terminal.ts';

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs a command as its program does, within this process: starting Node takes longer than most commands. */
export async function portico(words: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const terminal = new FakeTerminal({ PATH: process.env['PATH'] ?? '', ...env });
  const outcome = (code: number, ...more: string[]) => ({
    code,
    out: terminal.text,
    err: [...terminal.errors, ...more].join('\n'),
  });
  try {
    return outcome(await buildProgram(terminal).run(words));
  } catch (error) {
    const { text, code } = explain(error);
    return outcome(code, `portico: ${text}`);
  }
}
