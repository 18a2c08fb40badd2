import type { Bus } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import { OwnerReports } from '../common/cluster/owner-reports.ts';
import type { PublishedTrack } from '../common/contract/published-track.ts';
import { roomContract, type RoomContract } from '../common/contract/conference.ts';
import {
  roomAddress,
  type MemberId,
  type ParticipantId,
  type RoomId,
  type RouterId,
  type StreamId,
  type SubscriptionId,
} from '../common/contract/ids.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import type { Logger } from '../common/observe/log.ts';
import type { Speaker } from './speaking.ts';

export interface EndedSessions {
  seats?: ParticipantId[];
  publications?: StreamId[];
  subscriptions?: SubscriptionId[];
}

export interface ReportsOptions {
  self: MemberId;
  room: RoomId;
  bus: Bus;
  log: Logger;
}

/** What the owner of a room has to hear from this agent, in order. */
export class RoomReports {
  readonly #self: MemberId;
  readonly #room: RoomId;
  readonly #log: Logger;
  readonly #owner: Caller<RoomContract>;
  readonly #reports: OwnerReports;

  constructor({ self, room, bus, log }: ReportsOptions) {
    this.#self = self;
    this.#room = room;
    this.#log = log;
    this.#owner = new Caller(bus, roomContract);
    this.#reports = new OwnerReports(room, log);
  }

  /** Resolves when all that was reported so far has been heard or given up. */
  idle(): Promise<void> {
    return this.#reports.idle();
  }

  trackAdded(publication: StreamId, participant: ParticipantId, track: PublishedTrack): void {
    const params = { agent: this.#self, publication, participant, track };
    this.#reports.report('trackAdded', (options) =>
      this.#owner.call(this.#address, 'trackAdded', params, options),
    );
  }

  ended(
    { seats = [], publications = [], subscriptions = [] }: EndedSessions,
    reason: SessionEndReason,
  ): void {
    if (seats.length + publications.length + subscriptions.length === 0) return;
    const params = { agent: this.#self, seats, publications, subscriptions, reason };
    this.#reports.report('sessionsEnded', (options) =>
      this.#owner.call(this.#address, 'sessionsEnded', params, options),
    );
  }

  /** Not repeated: the next one says more. */
  speaking(router: RouterId, participants: Speaker[], dominant: ParticipantId | null): void {
    this.#owner
      .send(this.#address, 'speaking', { agent: this.#self, router, participants, dominant })
      .catch((error: unknown) => {
        this.#log.debug({ err: error, room: this.#room }, 'speaking report not delivered');
      });
  }

  get #address(): string {
    return roomAddress(this.#room);
  }
}
