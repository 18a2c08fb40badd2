import type { Input } from '../../common/contract/rpc.ts';
import type {
  ManagedParticipant,
  ManagementContract,
  RecordingReady,
} from '../../common/contract/management.ts';
import type { Store } from '../store/store.ts';
import { eventBody } from './event-body.ts';
import { missing } from './missing.ts';

export type EventReport = Input<ManagementContract, 'events.report'>;

export interface IntakeParts {
  store: Pick<Store, 'rooms' | 'tokens' | 'events'>;
  /** Hears of rooms that belong to nobody. */
  superService: string | undefined;
  /** Called when something new waits for webhooks. */
  onNews: () => void;
}

/** Takes reports of room owners: notes used tokens, and what webhooks are to be told. */
export class EventIntake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Resolves when the store has it. A report that is repeated changes nothing. */
  async take({ room, owner, events, picture }: EventReport, now = Date.now()): Promise<void> {
    const { store, superService, onNews } = this.#parts;
    const joined = events.flatMap(({ event }) =>
      event.type === 'participant_joined' ? [event.participant] : [],
    );
    // Before the report, which is not repeated once the store has it.
    await this.#noteTokens([...joined, ...(picture?.participants ?? [])]);
    const news = await store.events.report({
      room,
      service: (await store.rooms.get(room))?.service,
      orElse: superService,
      owner,
      events,
      ...(picture === undefined
        ? {}
        : {
            upTo: picture.upTo,
            missing: (told, fresh) =>
              missing(told, picture, { events: events.map(({ event }) => event), fresh: fresh.length }),
          }),
      bodyOf: (told) => eventBody({ ...told, room }),
      now,
    });
    if (news.length > 0) onNews();
  }

  /** A recording is ready; resolves when the store has it. */
  async ready({ room, at, id, ...news }: RecordingReady, now = Date.now()): Promise<void> {
    const { store, superService, onNews } = this.#parts;
    const event = { type: 'recording_ready', ...news } as const;
    await store.events.tell({
      room,
      service: (await store.rooms.get(room))?.service,
      orElse: superService,
      type: event.type,
      bodyOf: (service) => eventBody({ event, at, id, room, service }),
      now,
    });
    onNews();
  }

  async #noteTokens(participants: readonly ManagedParticipant[]): Promise<void> {
    const { tokens } = this.#parts.store;
    await Promise.all(participants.map(({ id, token, joinedAt }) => tokens.markUsed(token, joinedAt, id)));
  }
}
