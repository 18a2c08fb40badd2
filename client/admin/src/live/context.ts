import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Failure } from '../api/failure.ts';
import type { Management } from '../api/management.ts';
import type { Cluster, Live } from './live.ts';
import type { Link } from './poller.ts';

export const LiveContext = createContext<Live | null>(null);

export const useLive = (): Live => {
  const live = useContext(LiveContext);
  if (!live) throw new Error('LiveContext is missing above this component');
  return live;
};

export const useApi = (): Management => useLive().api;

/** Renders again after each look at the server. */
const useLook = (): Live => {
  const live = useLive();
  const [, render] = useState({});
  useEffect(
    () =>
      live.subscribe(() => {
        render({});
      }),
    [live],
  );
  return live;
};

export const useLink = (): Link => useLook().link;

export const useCluster = (): Cluster | undefined => useLook().cluster;

export interface View<T> {
  data?: T;
  /** The server is there and refuses; `data` is what was seen before. */
  failure?: Failure;
}

/**
 * Asks the server in each look, as long as the component stands.
 *
 * @param key another key is another question: what is known of the last one is not shown for it
 */
export const useView = <T>(key: string, load: (live: Live, signal: AbortSignal) => Promise<T>): View<T> => {
  const live = useLive();
  const [view, setView] = useState<View<T> & { key: string }>({ key });
  const question = useRef(load);
  question.current = load;
  useEffect(
    () =>
      live.show({
        load: async (signal) => {
          const data = await question.current(live, signal);
          if (!signal.aborted) setView({ key, data });
        },
        fail: (failure) => {
          setView((known) => (known.key === key ? { ...known, failure } : { key, failure }));
        },
      }),
    [live, key],
  );
  return view.key === key ? view : {};
};
