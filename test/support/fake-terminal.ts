import type { Terminal } from '../../cli/terminal.ts';

/** A terminal that keeps what was written to it. */
export class FakeTerminal implements Terminal {
  readonly env: Record<string, string>;
  readonly isTerminal = false;
  readonly written: string[] = [];
  readonly errors: string[] = [];

  constructor(env: Record<string, string> = {}) {
    this.env = env;
  }

  out(text: string): void {
    this.written.push(text);
  }

  err(text: string): void {
    this.errors.push(text);
  }

  attachLog(): void {
    // Nothing here dies.
  }

  ended(): Promise<NodeJS.Signals> {
    return Promise.resolve('SIGTERM');
  }

  get text(): string {
    return this.written.join('\n');
  }
}
