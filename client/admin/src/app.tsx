import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { forget, keep, recall } from './api/credentials.ts';
import type { Credentials } from './api/credentials.ts';
import { LiveContext } from './live/context.ts';
import { Live } from './live/live.ts';
import { LoginPage } from './pages/login-page.tsx';
import { managementAs } from './session.ts';
import { Shell } from './shell.tsx';

interface Session {
  credentials: Credentials;
  live: Live;
}

const isVisible = (): boolean => document.visibilityState === 'visible';

export const Root = (): JSX.Element => {
  const [session, setSession] = useState<Session>();
  const [notice, setNotice] = useState('');

  const signOut = (why = ''): void => {
    forget();
    setNotice(why);
    setSession((old) => {
      old?.live.close();
      return undefined;
    });
  };

  const signIn = (credentials: Credentials): void => {
    keep(credentials);
    const onRefused = (): void => {
      signOut('The server does not accept your key or token any more. Sign in again.');
    };
    const api = managementAs(credentials);
    setSession({ credentials, live: new Live({ api, isVisible, onRefused }) });
  };

  useEffect(() => {
    const kept = recall();
    if (kept !== undefined) signIn(kept);
  }, []);

  useEffect(() => {
    const live = session?.live;
    if (live === undefined) return undefined;
    live.refresh();
    document.addEventListener('visibilitychange', live.refresh);
    window.addEventListener('online', live.refresh);
    return () => {
      document.removeEventListener('visibilitychange', live.refresh);
      window.removeEventListener('online', live.refresh);
    };
  }, [session]);

  if (session === undefined) return <LoginPage notice={notice} onSignIn={signIn} />;
  return (
    <LiveContext.Provider value={session.live}>
      <Shell
        service={session.credentials.service}
        onSignOut={() => {
          signOut();
        }}
      />
    </LiveContext.Provider>
  );
};
