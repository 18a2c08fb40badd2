import type { Logger } from '../common/observe/log.ts';
import type { Environment } from '../common/config/environment.ts';

/** What the commands know of the process they run in; tests hand in their own. */
export interface Terminal {
  readonly env: Environment;
  /** Whether a person reads stderr, where logs go. */
  readonly isTerminal: boolean;
  /** Writes a line to stdout: what the user asked for. */
  out(text: string): void;
  /** Writes a line to stderr: everything else. */
  err(text: string): void;
  /** What the process dies of goes to this log, too. */
  attachLog(log: Logger): void;
  /** Resolves when the process is asked to end (SIGTERM, SIGINT). */
  ended(): Promise<NodeJS.Signals>;
}

/** Exit codes of the command. */
export const exitCode = { ok: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** A failure that the user can do something about: shown as it is, without a stack. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, code: ExitCode = exitCode.failed, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
    this.exitCode = code;
  }
}
