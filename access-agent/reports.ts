import { randomUUID } from 'node:crypto';
import type { Bus, CallOptions } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import type { PublishedTrack } from '../common/contract/cluster.ts';
import { roomContract, type RoomContract } from '../common/contract/conference.ts';
import { PorticoError } from '../common/contract/errors.ts';
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
import { SerialQueue } from '../common/lifecycle/serial-queue.ts';
import { backoff, pause } from '../common/lifecycle/wait.ts';
import type { Logger } from '../common/observe/log.ts';
import type { Speaker } from './speaking.ts';

/** How long a report waits for an owner, ms. After that a new owner has asked for our inventory, which says the same. */
const patienceMs = 10_000;
const callMs = 2_000;

export interface EndedSessions {
  seats?: ParticipantId[];
  publications?: StreamId[];
  subscriptions?: SubscriptionId[];
}

/** Calls the owner; repeated with the same id. */
type Report = (options: CallOptions) => Promise<unknown>;

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
  readonly #queue = new SerialQueue();

  constructor({ self, room, bus, log }: ReportsOptions) {
    this.#self = self;
    this.#room = room;
    this.#log = log;
    this.#owner = new Caller(bus, roomContract);
  }

  /** Resolves when all that was reported so far has been heard or given up. */
  idle(): Promise<void> {
    return this.#queue.run(() => undefined);
  }

  trackAdded(publication: StreamId, participant: ParticipantId, track: PublishedTrack): void {
    const params = { agent: this.#self, publication, participant, track };
    this.#report('trackAdded', (options) => this.#owner.call(this.#address, 'trackAdded', params, options));
  }

  ended(
    { seats = [], publications = [], subscriptions = [] }: EndedSessions,
    reason: SessionEndReason,
  ): void {
    if (seats.length + publications.length + subscriptions.length === 0) return;
    const params = { agent: this.#self, seats, publications, subscriptions, reason };
    this.#report('sessionsEnded', (options) =>
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

  #report(what: string, call: Report): void {
    void this.#queue.run(() => this.#deliver(what, call));
  }

  async #deliver(what: string, call: Report): Promise<void> {
    const id = randomUUID();
    const until = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        await call({ timeoutMs: callMs, id });
        return;
      } catch (error) {
        const { retryable, code } = PorticoError.from(error);
        if (!retryable || code === 'closing' || performance.now() > until) {
          this.#log.warn({ err: error, room: this.#room, what }, 'report to the room not delivered');
          return;
        }
        await pause(20 + backoff(attempt, { baseMs: 30, maxMs: 500 }));
      }
    }
  }
}
