import type { Direction } from '../common/contract/client.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, ParticipantId, RoomId, TokenId } from '../common/contract/ids.ts';
import type { Input, Output } from '../common/contract/rpc.ts';
import type { RoomContract } from '../common/contract/conference.ts';
import type { Absence } from './absence.ts';
import type { RoomRules } from './management/room-rules.ts';
import { Participant } from './participant.ts';
import { permissionOf } from './permissions.ts';
import type { RoomCore } from './room-core.ts';
import type { Access, Seating } from './seating.ts';

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
  absence: Absence;
  /** Somebody is in the room now. */
  onEntered: (participant: ParticipantId) => void;
  /** A join is over, whatever came of it. */
  onOver: () => void;
}

/** Who comes in. */
export class Admission {
  readonly #core: RoomCore;
  readonly #parts: AdmissionParts;
  readonly #arrivals = new Map<TokenId, Arrival>();

  constructor(core: RoomCore, parts: AdmissionParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** Somebody is on the way in: the room is not empty. */
  get busy(): boolean {
    return this.#arrivals.size > 0;
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
    this.#checkWelcome(input);
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

  /** @throws PorticoError `room_closed`, `token_revoked`, `token_wrong_room`, `room_not_found`. */
  #checkWelcome({ token, participant: { user } }: JoinInput): void {
    const { state, roomConfig, refusal, revocations } = this.#core;
    const { id, service, iat } = token;
    if (refusal !== undefined) throw refusal;
    if (revocations.concern({ room: state.id, token: id, user, service, at: Math.round(iat * 1000) })) {
      throw new PorticoError('token_revoked', 'this token was revoked', { field: 'token' });
    }
    requireService(roomConfig, state.id, service);
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
        service: token.service,
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
      this.#parts.onOver();
    }
  }

  async #admit(arrival: Arrival, input: JoinInput): Promise<JoinResult> {
    const { participant } = arrival;
    const { transports, token } = input;
    let media: Access | undefined;
    try {
      media = await this.#seat(participant, transports);
      if (arrival.gone) throw new PorticoError('participant_not_found', 'it left while it was joining');
      // Management may have closed the door meanwhile, or changed the roles.
      this.#checkWelcome(input);
      participant.permission = permissionOf(this.#core.roomConfig, participant.role);
    } catch (error) {
      await this.#parts.seating.close(participant, 'participant_left');
      throw error;
    }
    this.#enter(arrival, token);
    return this.#snapshot(participant, media);
  }

  /** One step: from here on the participant is inside and its token is used. */
  #enter({ participant }: Arrival, token: JoinInput['token']): void {
    const { state, roomConfig, usedTokens, portals, journal, events, metrics, log } = this.#core;
    const { id, user, agent } = participant;
    const used = { id: token.id, exp: token.exp, participant: id, at: Date.now() };
    usedTokens.add(token.requestId === undefined ? used : { ...used, requestId: token.requestId });
    this.#arrivals.delete(token.id);
    state.arriving.delete(participant);
    state.participants.set(id, participant);
    portals.watch(participant.portal);
    metrics.participants.inc();
    events.joined(participant);
    if (roomConfig.notify_participants) {
      const data = { action: 'join' as const, data: participant.toInfo() };
      journal.tellAll({ name: 'participant', data }, [id]);
    }
    this.#parts.onEntered(id);
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

  /** Resolves when those who are on their way have arrived, or have not. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#arrivals.values()].map(({ result }) => result));
  }

  /** Nobody waits for these any more: one that its portal says has gone, or all of a portal that is gone itself. */
  cancel({ portal, participant: id }: { portal: MemberId; participant?: ParticipantId }): void {
    for (const arrival of this.#arrivals.values()) {
      const { participant } = arrival;
      if (participant.portal === portal && (id ?? participant.id) === participant.id) arrival.gone = true;
    }
  }
}

/** A room of the store belongs to a service; one that is not there is for the operator's own tokens. */
function requireService({ services, stored }: RoomRules, room: RoomId, service: string): void {
  if (services?.includes(service) !== false) return;
  if (stored === undefined) throw new PorticoError('room_not_found', `room '${room}' does not exist`);
  throw new PorticoError('token_wrong_room', `room '${room}' does not belong to service '${service}'`, {
    field: 'token',
  });
}

function tokenUsed(): PorticoError {
  return new PorticoError('token_used', 'this token was used before; each token joins once', {
    field: 'token',
  });
}
