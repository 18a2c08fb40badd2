import { FakeHandler, testFakeParameters } from 'mediasoup-client';
import { Conference } from '../../../../client/sdk/index.ts';
import { FakeMediaStream } from './fake-media.ts';
import { ScriptedServer } from './scripted-server.ts';
import type { EventSource } from '../../../../client/sdk/emitter.ts';
import type {
  ConferenceEvents,
  ConferenceOptions,
  Publication,
  PublicationEvents,
  Subscription,
  SubscriptionEvents,
} from '../../../../client/sdk/index.ts';

export const token = btoa(JSON.stringify({ tokenId: 't', host: 'localhost', secure: false, signature: 's' }));

/** The network under a transport. */
type Link = Pick<FakeHandler, 'setConnectionState'>;

const made = new Set<Conference>();

// Timers of a conference would keep the tests from ending.
afterEach(async () => {
  await Promise.all([...made].map((conference) => conference.leave()));
  made.clear();
});

export interface Setup {
  conference: Conference;
  server: ScriptedServer;
  /** Handlers of the media engine, in the order of their creation. */
  handlers: Link[];
}

/** A conference of which server, browser media and network are played by the test. */
export function setup(options: ConferenceOptions = {}): Setup {
  const server = new ScriptedServer();
  const handlers: Link[] = [];
  const factory = FakeHandler.createFactory(testFakeParameters);
  const conference = new Conference({
    createSocket: server.createSocket,
    mediasoup: {
      createMediaStream: () => new FakeMediaStream() as unknown as MediaStream,
      handlerFactory: {
        ...factory,
        factory: (given) => {
          const handler = factory.factory(given);
          handlers.push(handler as unknown as Link);
          return handler;
        },
      },
    },
    ...options,
  });
  made.add(conference);
  return { conference, server, handlers };
}

export async function joined(
  change: (server: ScriptedServer) => void = () => undefined,
  options: ConferenceOptions = {},
): Promise<Setup> {
  const parts = setup(options);
  change(parts.server);
  await parts.conference.join(token);
  return parts;
}

type EventsOf<S> = S extends Conference
  ? ConferenceEvents
  : S extends Publication
    ? PublicationEvents
    : SubscriptionEvents;

/** Resolves with the next event of that name. */
export const next = <S extends Conference | Publication | Subscription, N extends keyof EventsOf<S>>(
  source: S,
  name: N,
): Promise<EventsOf<S>[N]> =>
  new Promise((resolve) => {
    (source as unknown as EventSource<EventsOf<S>>).once(name, resolve);
  });
