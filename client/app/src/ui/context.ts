import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { CallControls } from '../call/controls.ts';
import type { LocalMedia, LocalSnapshot } from '../media/local-media.ts';
import type { PageParams } from '../params.ts';
import type { Dispatch, Store } from '../state/store.ts';
import type { AppState } from '../state/types.ts';

/** Everything that components reach for; made once by main. */
export interface App {
  store: Store;
  media: LocalMedia;
  controls: CallControls;
  params: PageParams;
}

export const AppContext = createContext<App | null>(null);

export const useApp = (): App => {
  const app = useContext(AppContext);
  if (!app) throw new Error('AppContext is missing above this component');
  return app;
};

export const useDispatch = (): Dispatch => useApp().store.dispatch;

interface Source<T> {
  read: () => T;
  subscribe: (listener: () => void) => () => void;
}

/** Re-renders when the selected value changes. Selectors return parts of the state, not new objects. */
const useSource = <T, S>(source: Source<T>, select: (value: T) => S): S => {
  const [, rerender] = useState({});
  const value = select(source.read());
  useEffect(() => {
    let last = value;
    const check = (): void => {
      const next = select(source.read());
      if (Object.is(next, last)) return;
      last = next;
      rerender({});
    };
    check();
    return source.subscribe(check);
    // The selector is expected to be the same function at every render, or to mean the same.
  }, [source.subscribe]);
  return value;
};

export const useAppState = <S>(select: (state: AppState) => S): S => {
  const { store } = useApp();
  return useSource({ read: () => store.state, subscribe: store.subscribe }, select);
};

export const useLocal = (): LocalSnapshot => {
  const { media } = useApp();
  return useSource({ read: () => media.snapshot, subscribe: media.subscribe }, (snapshot) => snapshot);
};
