import { PorticoError } from '../../common/contract/errors.ts';
import type { Value } from './database/database.ts';
import type { Page, PageRequest } from './store.ts';

/** Fields as columns hold them: what our types leave out is null. */
type Nullable<T> = { [K in keyof T]: T[K] | null };

/** Leaves out what is null. */
export function present<T extends object>(fields: Nullable<T>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as T;
}

/** Instants may come with fractions. */
export const ms = (instant: number): number => Math.round(instant);

export interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** A condition that is asked for only when there is a value. */
export const when = (sql: string, value: Value | undefined): Condition | undefined =>
  value === undefined ? undefined : { sql, values: [value] };

/** `WHERE` with all of them. */
export function where(...conditions: readonly (Condition | undefined)[]): { sql: string; values: Value[] } {
  const wanted = conditions.filter((condition) => condition !== undefined);
  return {
    sql: wanted.length === 0 ? '' : `WHERE ${wanted.map(({ sql }) => `(${sql})`).join(' AND ')}`,
    values: wanted.flatMap(({ values }) => [...values]),
  };
}

/** `limit` items of `limit + 1` rows that were asked for; the one too many tells that there are more. */
export function pageOf<R, T>(
  rows: readonly R[],
  { limit }: PageRequest,
  read: { item: (row: R) => T; position: (row: R) => string },
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(read.item);
  return rows.length > limit && last !== undefined ? { items, next: read.position(last) } : { items };
}

/** @throws PorticoError `bad_request` when the position is none of ours */
export function numberAfter(after: string | undefined): number | undefined {
  if (after === undefined) return undefined;
  if (!/^\d{1,15}$/.test(after)) throw badPosition();
  return Number(after);
}

export const badPosition = (): PorticoError =>
  new PorticoError('bad_request', '`after` must be the `next` of the page before', { field: 'after' });
