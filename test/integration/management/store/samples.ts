import {
  ManagedParticipant,
  type NumberedEvent,
  type RoomEvent,
} from '../../../../common/contract/management.ts';
import type { Owner } from '../../../../common/contract/cluster.ts';
import { MemberId, RoomId, TokenId } from '../../../../common/contract/ids.ts';
import { RoomSettings } from '../../../../common/contract/room-settings.ts';
import type { EventLog, Store, TokenRow, Webhook } from '../../../../management-api/store/store.ts';

export const service = 'shop';
export const room = RoomId.parse('lobby');
/** A moment in which tests play, ms. */
export const noon = Date.UTC(2030, 0, 1, 12);

export const settings = (name = 'Lobby'): RoomSettings => RoomSettings.parse({ name });

export const roomId = (name: string): RoomId => RoomId.parse(name);

export const token = (id: string, change: Partial<TokenRow> = {}): TokenRow => ({
  id: TokenId.parse(id),
  service,
  room,
  user: 'ann',
  role: 'presenter',
  issuedAt: noon,
  expiresAt: noon + 180_000,
  ...change,
});

export const owner = (epoch: number, id = 'conference-a'): Owner => ({ epoch, id: MemberId.parse(id) });

const participant = (id: string): ManagedParticipant =>
  ManagedParticipant.parse({
    id,
    user: `user of ${id}`,
    role: 'presenter',
    permission: { publish: { audio: true, video: true }, subscribe: { audio: true, video: true } },
    joinedAt: noon,
    connection: 'ok',
    token: `t-${id}`,
    portal: 'portal-a',
  });

export const joined = (id: string): RoomEvent => ({
  type: 'participant_joined',
  participant: participant(id),
});

export const left = (id: string): RoomEvent => ({
  type: 'participant_left',
  participant: participant(id),
  reason: 'left',
});

/** Numbers events from `first` on. */
export const numbered = (events: readonly RoomEvent[], first = 1): NumberedEvent[] =>
  events.map((event, index) => ({ seq: first + index, at: noon + index, event }));

/** A report whose bodies are short texts: the type, and who. */
export const report = (
  change: Partial<Parameters<EventLog['report']>[0]> = {},
): Parameters<EventLog['report']>[0] => ({
  room,
  service,
  orElse: undefined,
  owner: owner(1),
  events: [],
  missing: () => [],
  bodyOf: ({ event }) => bodyOf(event),
  now: noon,
  ...change,
});

const bodyOf = (event: RoomEvent): string =>
  'participant' in event ? `${event.type} ${event.participant.id}` : event.type;

export const webhook = async (store: Store, change: Partial<Webhook> = {}): Promise<Webhook> =>
  await store.webhooks.create({
    ...{ id: 'hook', service, url: 'https://shop.example/hook', events: [], enabled: true },
    ...change,
  });

export const page = { limit: 1000 };
