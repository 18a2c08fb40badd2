import { useState } from 'preact/hooks';
import type { Part } from '../api/management.ts';
import { useLive, useView } from './context.ts';
import type { View } from './context.ts';

const pageSize = 50;
/** As many as the server gives in one part. */
const most = 1_000;

export interface Pages<T> {
  view: View<Part<T>>;
  rows: T[] | undefined;
  /** Undefined: all of them are there. */
  more: (() => void) | undefined;
}

/** The newest entries of a list, kept current; `more` asks for more of them. */
export const usePages = <T>(
  key: string,
  load: (page: { limit: number }, signal: AbortSignal) => Promise<Part<T>>,
): Pages<T> => {
  const live = useLive();
  const [limit, setLimit] = useState(pageSize);
  const view = useView(key, (_live, signal) => load({ limit }, signal));
  const more = (): void => {
    setLimit(Math.min(most, limit * 2));
    live.refresh();
  };
  const rest = view.data?.next !== undefined && limit < most;
  return { view, rows: view.data?.items, more: rest ? more : undefined };
};
