import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { CallPage } from './pages/call-page.tsx';
import { EndPage } from './pages/end-page.tsx';
import { JoiningPage } from './pages/joining-page.tsx';
import { PrejoinPage } from './prejoin/prejoin-page.tsx';
import { handleKey } from './shortcuts.ts';
import { useApp, useAppState } from './ui/context.ts';
import { Toasts } from './ui/toasts.tsx';

const Page = (): JSX.Element => {
  const screen = useAppState((state) => state.screen);
  const direct = useAppState((state) => state.direct);
  switch (screen) {
    case 'call':
      return <CallPage />;
    case 'ended':
      return <EndPage />;
    case 'joining':
      return direct ? <JoiningPage /> : <PrejoinPage />;
    case 'prejoin':
      return <PrejoinPage />;
  }
};

export const Root = (): JSX.Element => {
  const app = useApp();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      handleKey(app, event);
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
    };
  }, [app]);
  return (
    <>
      <Page />
      <Toasts />
    </>
  );
};
