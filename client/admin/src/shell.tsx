import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Mark, Wordmark } from '../../app/src/ui/logo.tsx';
import { Icon } from '../../app/src/ui/icon.tsx';
import { useCluster, useLink, useLive } from './live/context.ts';
import { linkTo, readRoute } from './model/route.ts';
import type { Route } from './model/route.ts';
import { AuditPage } from './pages/audit-page.tsx';
import { OverviewPage } from './pages/overview-page.tsx';
import { RoomsPage } from './rooms/rooms-page.tsx';
import { RoomPage } from './room/room-page.tsx';
import { TokensPage } from './tokens/tokens-page.tsx';
import { Dot } from './ui/parts.tsx';
import { Glyph } from './ui/glyph.tsx';
import { Notices } from './ui/notices.tsx';
import { WebhooksPage } from './webhooks/webhooks-page.tsx';

const places = [
  { page: 'overview', name: 'Overview' },
  { page: 'rooms', name: 'Rooms' },
  { page: 'tokens', name: 'Tokens' },
  { page: 'webhooks', name: 'Webhooks' },
  { page: 'audit', name: 'Audit log' },
] as const;

const useRoute = (): Route => {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const onChange = (): void => {
      setRoute(readRoute(location.hash));
      document.getElementById('main')?.scrollTo(0, 0);
    };
    window.addEventListener('hashchange', onChange);
    return () => {
      window.removeEventListener('hashchange', onChange);
    };
  }, []);
  return route;
};

const titleOf = (route: Route): string =>
  route.page === 'room' ? route.room : (places.find(({ page }) => page === route.page)?.name ?? '');

const Page = ({ route }: { route: Route }): JSX.Element => {
  switch (route.page) {
    case 'overview':
      return <OverviewPage />;
    case 'rooms':
      return <RoomsPage />;
    case 'room':
      return <RoomPage key={route.room} room={route.room} />;
    case 'tokens':
      return <TokensPage key={route.room} room={route.room ?? ''} />;
    case 'webhooks':
      return <WebhooksPage />;
    case 'audit':
      return <AuditPage key={route.room} room={route.room ?? ''} />;
  }
};

/** Whether what is shown is current. */
const LinkState = (): JSX.Element => {
  const link = useLink();
  const words = { connecting: 'Connecting…', live: 'Live', lost: 'Server lost' };
  const tones = { connecting: 'warn', live: 'good', lost: 'bad' } as const;
  return (
    <span class="link-state" role="status" data-link={link.state}>
      <Dot tone={tones[link.state]} />
      {words[link.state]}
    </span>
  );
};

const LostBanner = (): JSX.Element | null => {
  const link = useLink();
  const live = useLive();
  if (link.state !== 'lost') return null;
  const since = new Date(link.since).toLocaleTimeString();
  return (
    <div class="lost" role="alert">
      <Icon name="signal-off" size={20} />
      <span>
        {link.reason} What you see is from {since}; this page comes back by itself.
      </span>
      <button type="button" onClick={live.refresh}>
        Try now
      </button>
    </div>
  );
};

const Navigation = ({ route }: { route: Route }): JSX.Element => {
  const running = useCluster()?.rooms.length ?? 0;
  const here = route.page === 'room' ? 'rooms' : route.page;
  return (
    <nav class="places" aria-label="Pages">
      {places.map(({ page, name }) => (
        <a key={page} href={linkTo({ page })} title={name} aria-current={here === page ? 'page' : undefined}>
          <Glyph name={page} size={20} />
          <span>{name}</span>
          {page === 'rooms' && running > 0 && <b title="running">{running}</b>}
        </a>
      ))}
    </nav>
  );
};

export const Shell = ({ service, onSignOut }: { service: string; onSignOut: () => void }): JSX.Element => {
  const route = useRoute();
  useEffect(() => {
    document.title = `${titleOf(route)} · Portico admin`;
  }, [route]);
  return (
    <Notices>
      <div class="shell">
        <header class="side">
          <a class="home" href={linkTo({ page: 'overview' })} aria-label="Portico admin, overview">
            <Wordmark />
            <Mark size={24} />
          </a>
          <Navigation route={route} />
          <div class="who">
            <LinkState />
            <span class="service" title={`Signed in as the service ${service}`}>
              {service}
            </span>
            <button
              type="button"
              class="small-button"
              title="Sign out"
              aria-label="Sign out"
              onClick={onSignOut}
            >
              <Glyph name="sign-out" size={18} />
            </button>
          </div>
        </header>
        <main id="main" tabIndex={-1}>
          <LostBanner />
          <Page route={route} />
        </main>
      </div>
    </Notices>
  );
};
