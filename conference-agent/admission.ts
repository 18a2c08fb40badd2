import type { ClientInput, Direction } from '../common/contract/client.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { ParticipantRecord } from '../common/contract/cluster.ts';
import type { MemberId, ParticipantId, TokenId } from '../common/contract/ids.ts';
import { memberAddress } from '../common/contract/ids.ts';
import { Caller } from '../common/bus/contract.ts';
import type { Bus } from '../common/bus/bus.ts';
import { portalContract } from '../common/contract/portal.ts';
import type { LeaveReason } from '../common/contract/reasons.ts';
import type { Input, Output } from '../common/contract/rpc.ts';
import type { By, RoomContract } from '../common/contract/conference.ts';
import { heldBy, type Absence } from './absence.ts';
import { Participant } from './participant.ts';
import { permissionOf, requireModerator } from './permissions.ts';
import type { Publishing } from './publishing.ts';
import type { RoomCore } from './room-core.ts';
import type { Access, Seating } from './seating.ts';
import type { Subscribing } from './subscribing.ts';

type JoinInput = Input<RoomContract, 'join'>;
type JoinResult = Output<RoomContract, 'join'>['result'];

/** How long the same token with the same request id gives the first result again, ms. */
const repeatMs = 30_000;

/** A join on its way. Its token is taken, but counts as used only when the participant is inside. */
interface Arrival {
  participant: Participant;
  requestId: string | undefined;
  /** Its connection went away: nobody waits for it any more. */
  gone: boolean;
  result: Promise<JoinResult>;
}

export interface AdmissionParts {
  seating: Seating;
  publishing: Publishing;
  subscribing: Subscribing;
  bus: Bus;
  /** Nobody is in the room or on the way in. */
  onEmpty: () => void;
  absence: Absence;
  /** Somebody is no longer in the room. */
  onLeft: (participant: ParticipantId) => void;
}

/** Who comes in and who goes out. */
export class Admission {
  readonly #core: RoomCore;
  readonly #parts: AdmissionParts;
  readonly #portals: Caller<typeof portalContract>;
  readonly #arrivals = new Map<TokenId, Arrival>();
  /** Participants whose media is being closed. */
  #departing = 0;

  constructor(core: RoomCore, parts: AdmissionParts) {
    this.#core = core;
    this.#parts = parts;
    this.#portals = new Caller(parts.bus, portalContract);
  }

  /** Somebody is on the way in or out: the room is not empty. */
  get busy(): boolean {
    return this.#arrivals.size + this.#departing > 0;
  }

  async join(input: JoinInput): Promise<JoinResult> {
    this.#core.portals.watch(input.portal);
    try {
      const result = await this.#once(input);
      this.#core.metrics.joins.inc({ result: 'ok' });
      return result;
    } catch (error) {
      this.#core.metrics.joins.inc({ result: PorticoError.from(error).code });
      throw error;
    }
  }

  /** One use of each token; the same request again (its answer was lost) gets the result of the first. */
  async #once(input: JoinInput): Promise<JoinResult> {
    const { id, requestId } = input.token;
    const underWay = this.#arrivals.get(id);
    if (underWay !== undefined) {
      if (requestId === undefined || underWay.requestId !== requestId) throw tokenUsed();
      // The client came back while its first attempt is on its way; a goodbye of that one no longer counts.
      underWay.participant.portal = input.portal;
      underWay.gone = false;
      return await underWay.result;
    }
    const used = this.#core.usedTokens.get(id);
    if (used === undefined) return await this.#arrive(input);
    const again =
      used.participant === undefined ? undefined : this.#core.state.participants.get(used.participant);
    const same = requestId !== undefined && used.requestId === requestId && Date.now() - used.at <= repeatMs;
    if (!same || again === undefined) throw tokenUsed();
    again.portal = input.portal;
    again.stranded = false;
    this.#parts.absence.end(again);
    return await this.#answer(again, input);
  }

  /** @throws PorticoError `role_unknown`, `room_full`, or why there is no seat. */
  async #arrive(input: JoinInput): Promise<JoinResult> {
    const { state, roomConfig } = this.#core;
    const { participant: who, token, portal } = input;
    const permission = permissionOf(roomConfig, who.role);
    const limit = roomConfig.participant_limit;
    if (limit >= 0 && state.participants.size + this.#arrivals.size >= limit) {
      throw new PorticoError(
        'room_full',
        `room '${state.id}' has reached its limit of ${limit} participants`,
      );
    }
    const participant = new Participant(
      {
        ...who,
        permission,
        joinedAt: Date.now(),
        token: token.id,
        protocol: input.protocol,
        generations: { oldest: 1, newest: 1 },
      },
      portal,
    );
    // The admission itself begins a moment later: it finds the arrival noted.
    const result = Promise.resolve().then(() => this.#admit(arrival, input));
    const arrival: Arrival = { participant, requestId: token.requestId, gone: false, result };
    this.#arrivals.set(token.id, arrival);
    state.arriving.add(participant);
    try {
      return await result;
    } finally {
      this.#arrivals.delete(token.id);
      state.arriving.delete(participant);
      this.#checkEmpty();
    }
  }

  async #admit(arrival: Arrival, { transports, token }: JoinInput): Promise<JoinResult> {
    const { participant } = arrival;
    let media: Access | undefined;
    try {
      media = await this.#seat(participant, transports);
      if (arrival.gone) throw new PorticoError('participant_not_found', 'it left while it was joining');
    } catch (error) {
      await this.#parts.seating.close(participant, 'participant_left');
      throw error;
    }
    this.#enter(arrival, token);
    return this.#snapshot(participant, media);
  }

  /** One step: from here on the participant is inside and its token is used. */
  #enter({ participant }: Arrival, token: JoinInput['token']): void {
    const { state, roomConfig, usedTokens, portals, journal, metrics, log } = this.#core;
    const { id, user, agent } = participant;
    const used = { id: token.id, exp: token.exp, participant: id, at: Date.now() };
    usedTokens.add(token.requestId === undefined ? used : { ...used, requestId: token.requestId });
    this.#arrivals.delete(token.id);
    state.arriving.delete(participant);
    state.participants.set(id, participant);
    portals.watch(participant.portal);
    metrics.participants.inc();
    if (roomConfig.notify_participants) {
      const data = { action: 'join' as const, data: participant.toInfo() };
      journal.tellAll({ name: 'participant', data }, [id]);
    }
    log.info({ room: state.id, participant: id, user, agent }, 'joined');
  }

  async #answer(participant: Participant, { transports }: JoinInput): Promise<JoinResult> {
    const media = await participant.queue.run(async () => {
      this.#core.state.participant(participant.id);
      return await this.#seat(participant, transports);
    });
    return this.#snapshot(participant, media);
  }

  /**
   * Also who wants no transports yet gets a seat: it asks its agent for what the router can do before it asks for them.
   * Without any agent it can still talk.
   */
  async #seat(participant: Participant, transports: Direction[]): Promise<Access | undefined> {
    try {
      return await this.#parts.seating.open(participant, transports);
    } catch (error) {
      if (transports.length === 0 && PorticoError.from(error).code === 'resource_exhausted') return undefined;
      throw error;
    }
  }

  #snapshot(participant: Participant, media: Access | undefined): JoinResult {
    const { state, journal } = this.#core;
    const { id, permission } = participant;
    const record = participant.toRecord();
    const answer = { id, permission, room: state.toSnapshot(), seq: journal.seq, record };
    if (media === undefined) return answer;
    const { rtpCapabilities, transports } = media;
    return { ...answer, media: { rtpCapabilities, transports } };
  }

  /** A participant is gone; leaving twice is harmless. */
  async leave(by: By, reason: LeaveReason): Promise<void> {
    for (const arrival of this.#arrivals.values()) {
      const { id, portal } = arrival.participant;
      if (id === by.participant && portal === by.portal) arrival.gone = true;
    }
    const participant = this.#core.state.participants.get(by.participant);
    // A portal that lost the participant to another one has no say any more.
    if (participant?.portal !== by.portal) return;
    await this.remove(participant, reason);
  }

  /** Takes a participant out: others are told at once, its media is closed before this resolves. */
  async remove(participant: Participant, reason: LeaveReason): Promise<void> {
    const { state, roomConfig, journal, metrics, log, config, usedTokens } = this.#core;
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
    if (roomConfig.notify_participants) {
      journal.tellAll({ name: 'participant', data: { action: 'leave', data: id, reason } });
    }
    this.#parts.onLeft(id);
    const why = reason === 'dropped' ? 'dropped' : 'participant_left';
    this.#departing += 1;
    await participant.queue.run(() => this.#parts.seating.close(participant, why));
    this.#departing -= 1;
    this.#checkEmpty();
  }

  /** A moderator removes somebody: the media is closed before this resolves, then the portal closes the connection. */
  async drop(moderator: Participant, { id }: ClientInput<'drop'>): Promise<void> {
    requireModerator(moderator.permission, 'remove others');
    await this.expel(this.#core.state.participant(id), 'dropped');
  }

  /** Takes somebody out who did not ask to leave; its portal is told, too. */
  async expel(participant: Participant, reason: 'dropped' | 'reconnect_timeout'): Promise<void> {
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
    // A portal that lost the participant to another one has no say any more.
    if (participant?.portal !== portal || participant.stranded) return {};
    const { absence } = this.#parts;
    if (absence.windowMs === 0) await this.remove(participant, 'disconnected');
    else absence.begin(participant, returnWithinMs);
    const { lost } = participant;
    return lost === undefined ? {} : { lost };
  }

  /** A portal is gone with its connections: its participants may come back on another one. */
  async portalLost(portal: MemberId): Promise<void> {
    for (const arrival of this.#arrivals.values()) {
      if (arrival.participant.portal === portal) arrival.gone = true;
    }
    const { absence } = this.#parts;
    const away = heldBy(this.#core.state.participants.values(), portal);
    for (const participant of away) participant.stranded = true;
    if (absence.windowMs === 0) {
      await Promise.all(away.map((participant) => this.remove(participant, 'portal_lost')));
    } else {
      for (const participant of away) absence.begin(participant);
    }
  }

  #checkEmpty(): void {
    if (this.#core.state.participants.size === 0 && !this.busy) this.#parts.onEmpty();
  }
}

function tokenUsed(): PorticoError {
  return new PorticoError('token_used', 'this token was used before; each token joins once', {
    field: 'token',
  });
}
