import type { Bus } from '../common/bus/bus.ts';
import { Caller } from '../common/bus/contract.ts';
import type { ClientInput } from '../common/contract/client.ts';
import type { ParticipantRecord } from '../common/contract/cluster.ts';
import type { By } from '../common/contract/conference.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { memberAddress, type MemberId, type ParticipantId } from '../common/contract/ids.ts';
import { portalContract } from '../common/contract/portal.ts';
import type { LeaveReason } from '../common/contract/reasons.ts';
import { heldBy, type Absence } from './absence.ts';
import type { Participant } from './participant.ts';
import { requireModerator } from './permissions.ts';
import type { Publishing } from './publishing.ts';
import type { RoomCore } from './room-core.ts';
import type { Seating } from './seating.ts';
import type { Subscribing } from './subscribing.ts';

export interface DeparturesParts {
  seating: Seating;
  publishing: Publishing;
  subscribing: Subscribing;
  absence: Absence;
  bus: Bus;
  /** Somebody is no longer in the room. */
  onLeft: (participant: ParticipantId) => void;
  /** All that it had is closed, too. */
  onGone: () => void;
}

/** Why somebody is taken out who did not ask to leave. */
type ExpelReason = 'dropped' | 'reconnect_timeout' | 'room_closed';

/** Who goes out: on their own, because they are removed, or because they did not come back. */
export class Departures {
  readonly #core: RoomCore;
  readonly #parts: DeparturesParts;
  readonly #portals: Caller<typeof portalContract>;
  /** Participants whose media is being closed. */
  #running = 0;

  constructor(core: RoomCore, parts: DeparturesParts) {
    this.#core = core;
    this.#parts = parts;
    this.#portals = new Caller(parts.bus, portalContract);
  }

  /** Somebody is on the way out: the room is not empty. */
  get busy(): boolean {
    return this.#running > 0;
  }

  /** A participant is gone; leaving twice is harmless. */
  async leave({ participant: id, portal }: By, reason: LeaveReason): Promise<void> {
    const participant = this.#core.state.participants.get(id);
    // A portal that lost the participant to another one has no say any more.
    if (participant?.portal === portal) await this.remove(participant, reason);
  }

  /** Takes a participant out: others are told at once, its media is closed before this resolves. */
  async remove(participant: Participant, reason: LeaveReason): Promise<void> {
    const { state, roomConfig, journal, events, metrics, log, config, usedTokens } = this.#core;
    const { id } = participant;
    if (state.participants.get(id) !== participant) return;
    state.participants.delete(id);
    this.#parts.absence.forget(participant);
    usedTokens.end(participant, reason, Date.now() + config.reconnection.ticket_lifetime_s * 1000);
    metrics.participants.dec();
    metrics.leaves.inc({ reason });
    log.info({ room: state.id, participant: id, reason }, 'left');
    for (const subscription of state.subscriptionsOf(id)) this.#parts.subscribing.forget(subscription);
    for (const stream of state.streamsOf(id)) this.#parts.publishing.remove(stream, 'participant_left');
    events.left(participant, reason);
    if (roomConfig.notify_participants) {
      journal.tellAll({ name: 'participant', data: { action: 'leave', data: id, reason } });
    }
    this.#parts.onLeft(id);
    const why = reason === 'dropped' || reason === 'room_closed' ? reason : 'participant_left';
    this.#running += 1;
    await participant.queue.run(() => this.#parts.seating.close(participant, why));
    this.#running -= 1;
    this.#parts.onGone();
  }

  /** A moderator removes somebody: the media is closed before this resolves, then the portal closes the connection. */
  async drop(moderator: Participant, { id }: ClientInput<'drop'>): Promise<void> {
    requireModerator(moderator.permission, 'remove others');
    await this.expel(this.#core.state.participant(id), 'dropped');
  }

  /** Whoever came in with a token that was revoked is removed. Returns how many. */
  async expelRevoked(): Promise<number> {
    const { state, revocations } = this.#core;
    const concerned = [...state.participants.values()].filter(({ token, user, service, joinedAt }) =>
      revocations.concern({ room: state.id, token, user, service, at: joinedAt }),
    );
    await Promise.all(concerned.map((participant) => this.expel(participant, 'dropped')));
    return concerned.length;
  }

  /** Takes somebody out who did not ask to leave; its portal is told, too. */
  async expel(participant: Participant, reason: ExpelReason): Promise<void> {
    await this.remove(participant, reason);
    if (participant.stranded) return;
    const { state, owner, log } = this.#core;
    const { id, portal } = participant;
    try {
      const order = { room: state.id, owner, participant: id, reason };
      await this.#portals.call(memberAddress(portal), 'participant.drop', order);
    } catch (error) {
      const { code } = PorticoError.from(error);
      log.warn({ room: state.id, participant: id, reason, code }, 'portal not told of the removal');
    }
  }

  /** The connection of a participant broke: its place is kept, or without a window it leaves. */
  async detach(
    { participant: id, portal }: By,
    returnWithinMs?: number,
  ): Promise<Pick<ParticipantRecord, 'lost'>> {
    const participant = this.#core.state.participants.get(id);
    if (participant?.portal !== portal || participant.stranded) return {};
    const { absence } = this.#parts;
    if (absence.windowMs === 0) await this.remove(participant, 'disconnected');
    else absence.begin(participant, returnWithinMs);
    const { lost } = participant;
    return lost === undefined ? {} : { lost };
  }

  /** A portal is gone with its connections: its participants may come back on another one. */
  async portalLost(portal: MemberId): Promise<void> {
    const { absence } = this.#parts;
    const away = heldBy(this.#core.state.participants.values(), portal);
    for (const participant of away) participant.stranded = true;
    if (absence.windowMs === 0) {
      await Promise.all(away.map((participant) => this.remove(participant, 'portal_lost')));
    } else {
      for (const participant of away) absence.begin(participant);
    }
  }
}
