import type { MediaLink } from './media-link.ts';
import type { Publication } from './publication.ts';
import type { Subscription } from './subscription.ts';
import type { ConferenceStats } from './types.ts';

type Sessions<T> = ReadonlyMap<string, T>;

/** Asks all sessions at once; those that cannot answer (any more) are left out. */
async function collect<S, R>(
  sessions: Sessions<S>,
  ask: (session: S) => Promise<R>,
): Promise<Map<string, R>> {
  const answers = await Promise.allSettled(
    [...sessions].map(async ([id, session]) => [id, await ask(session)] as const),
  );
  return new Map(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])));
}

export async function collectStats(
  link: MediaLink,
  sessions: { publications: Sessions<Publication>; subscriptions: Sessions<Subscription> },
  server: boolean,
): Promise<ConferenceStats> {
  const [transports, publications, subscriptions] = await Promise.all([
    link.getStats(),
    collect(sessions.publications, (publication) => publication.getStats()),
    collect(sessions.subscriptions, (subscription) => subscription.getStats()),
  ]);
  const stats: ConferenceStats = { transports, publications, subscriptions };
  if (server) {
    const all = new Map<string, Publication | Subscription>([
      ...sessions.publications,
      ...sessions.subscriptions,
    ]);
    stats.server = await collect(all, (session) => session.getServerStats());
  }
  return stats;
}
