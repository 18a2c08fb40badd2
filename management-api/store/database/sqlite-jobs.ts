import type { Outcome, Rows, Statement, Value } from './database.ts';

/** What the thread of SQLite is asked, several at a time. */
export type Job = { readonly id: number } & (
  | { readonly kind: 'read'; readonly sql: string; readonly values: readonly Value[] }
  | { readonly kind: 'write'; readonly statements: readonly Statement[] }
  | { readonly kind: 'insert'; readonly rows: Rows }
);

export type WriteJob = Exclude<Job, { kind: 'read' }>;

export interface Failure {
  readonly kind: 'unavailable' | 'refused';
  readonly message: string;
}

export type Answer = { readonly id: number } & (
  { readonly rows: object[] } | { readonly outcomes: Outcome[] | undefined } | { readonly failure: Failure }
);

/** The first message of the thread. */
export type Opened =
  { readonly kind: 'open' } | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** The last one to it. */
export const closeRequest = 'close';
