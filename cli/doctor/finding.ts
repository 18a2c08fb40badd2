/** What a check found. `warning`: it works, but not as it should in production. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was found, in a sentence or less. */
  readonly says: string;
  /** What to do about it. */
  readonly fix?: string;
}

export const ok = (name: string, says: string): Finding => ({ name, state: 'ok', says });

export const warning = (name: string, says: string, fix: string): Finding => ({
  name,
  state: 'warning',
  says,
  fix,
});

export const failed = (name: string, says: string, fix: string): Finding => ({
  name,
  state: 'failed',
  says,
  fix,
});

/** A sentence about anything thrown. */
export function sentence(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return sentence(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
