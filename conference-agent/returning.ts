import { Caller } from '../common/bus/contract.ts';
import type { Bus } from '../common/bus/bus.ts';
import type { Cursor } from '../common/contract/client.ts';
import type { By, RoomContract } from '../common/contract/conference.ts';
import type { Generations } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { memberAddress, type MemberId } from '../common/contract/ids.ts';
import type { Permission } from '../common/contract/media.ts';
import { portalContract } from '../common/contract/portal.ts';
import type { Input, Output } from '../common/contract/rpc.ts';
import type { Rest } from '../common/room-log/tail.ts';
import type { Absence } from './absence.ts';
import type { Missed } from './missed.ts';
import { Participant } from './participant.ts';
import { permissionOf } from './permissions.ts';
import type { Publishing } from './publishing.ts';
import type { RoomCore } from './room-core.ts';
import type { Access, Seating } from './seating.ts';
import type { Subscribing } from './subscribing.ts';

type ReloginInput = Input<RoomContract, 'relogin'>;
type Holder = ReloginInput['ticket']['participant'];
type ReloginResult = Output<RoomContract, 'relogin'>['result'];

/** How long the portal that a participant has left may take to hand over what it did not tell it, ms. */
const releaseMs = 1_000;

export interface ReturningParts {
  bus: Bus;
  absence: Absence;
  missed: Missed;
  seating: Seating;
  publishing: Publishing;
  subscribing: Subscribing;
  /** Somebody is back. */
  onBack: (participant: Participant) => void;
  /** Somebody is back of whom the room did not know: its media may be waiting. */
  onRestored: (participant: Participant) => void;
}

/** Participants who come back with a ticket, on whatever portal. */
export class Returning {
  readonly #core: RoomCore;
  readonly #parts: ReturningParts;
  readonly #portals: Caller<typeof portalContract>;

  constructor(core: RoomCore, parts: ReturningParts) {
    this.#core = core;
    this.#parts = parts;
    this.#portals = new Caller(parts.bus, portalContract);
  }

  /** @throws PorticoError `ticket_revoked`, `ticket_used`, or why a client without media gets no seat. */
  async relogin(input: ReloginInput): Promise<ReloginResult> {
    const { portal, ticket, cursor } = input;
    const participant = this.#admit(input);
    const { generation } = ticket;
    const { oldest, newest } = participant.generations;
    if (generation < oldest) {
      throw new PorticoError('ticket_used', 'a newer reconnection ticket was used since', {
        field: 'ticket',
      });
    }
    participant.generations = {
      oldest: Math.max(oldest, generation),
      newest: Math.max(newest, generation) + 1,
    };
    const left = this.#moveTo(participant, portal);
    const handedOver = left === undefined ? undefined : this.#release(participant, left, cursor);
    const handed = this.#needsMore(participant, input) ? await handedOver : undefined;
    const media = await this.#settleMedia(participant, input);
    return this.#result(participant, { cursor, handed, media });
  }

  /** Whether the portal that it left may know what this owner does not. OWT clients do not say what they have. */
  #needsMore(participant: Participant, { cursor, fresh }: ReloginInput): boolean {
    if (cursor === undefined) return !fresh;
    return !this.#parts.missed.by(participant, cursor).complete;
  }

  /** @throws PorticoError `participant_not_found`. */
  renewTicket({ participant: id }: By): Generations {
    const participant = this.#core.state.participant(id);
    const { oldest, newest } = participant.generations;
    participant.generations = { oldest, newest: newest + 1 };
    return participant.generations;
  }

  /** The client has the ticket of this number: older ones are no good any more. */
  proveTicket(by: By, generation: number): Generations {
    const participant = this.#core.state.participant(by.participant);
    const { oldest, newest } = participant.generations;
    if (generation <= newest) participant.generations = { oldest: Math.max(oldest, generation), newest };
    // Two portals took it back at the same time: only one of them holds it now.
    if (participant.portal !== by.portal) void this.#release(participant, by.portal, undefined);
    return participant.generations;
  }

  /** Finds the participant, or restores it when nobody remembers it and it did not leave for good. */
  #admit({ portal, ticket: { participant: who, generation } }: ReloginInput): Participant {
    const { state, usedTokens, metrics, journal, events, roomConfig, log } = this.#core;
    this.#checkWelcome(who);
    const ended = usedTokens.get(who.token)?.ended;
    if (ended !== undefined) {
      throw new PorticoError('ticket_revoked', `the participant is gone: ${ended}`, { field: 'ticket' });
    }
    const known = state.participants.get(who.id);
    if (known !== undefined) return known;
    const generations = { oldest: generation, newest: generation };
    const permission = this.#permissionOf(who);
    const participant = new Participant({ ...who, permission, generations }, portal);
    participant.stranded = true;
    state.participants.set(who.id, participant);
    usedTokens.add({
      id: who.token,
      exp: Math.ceil(Date.now() / 1000),
      participant: who.id,
      at: who.joinedAt,
    });
    metrics.participants.inc();
    events.restored(participant);
    if (roomConfig.notify_participants) {
      journal.tellAll({ name: 'participant', data: { action: 'join', data: participant.toInfo() } }, [
        who.id,
      ]);
    }
    this.#parts.onRestored(participant);
    log.info({ room: state.id, participant: who.id }, 'participant restored by its ticket');
    return participant;
  }

  /** @throws PorticoError `room_closed`, `ticket_revoked`. */
  #checkWelcome({ token, user, service, joinedAt }: Holder): void {
    const { state, refusal, revocations } = this.#core;
    if (refusal !== undefined) throw refusal;
    if (!revocations.concern({ room: state.id, token, user, service, at: joinedAt })) return;
    throw new PorticoError('ticket_revoked', 'the token that it joined with was revoked', {
      field: 'ticket',
    });
  }

  /** The roles of a room of the store may have changed since the ticket was made. */
  #permissionOf({ role, permission, permittedAt }: Holder): Permission {
    const { roomConfig } = this.#core;
    const known = roomConfig.roles.some((candidate) => candidate.role === role);
    if (roomConfig.stored === undefined || permittedAt !== undefined || !known) return permission;
    return permissionOf(roomConfig, role);
  }

  /** Returns the living portal that held it until now, when that was another one. */
  #moveTo(participant: Participant, portal: MemberId): MemberId | undefined {
    const { portals, log, state } = this.#core;
    const left = participant.stranded || participant.portal === portal ? undefined : participant.portal;
    participant.portal = portal;
    participant.stranded = false;
    portals.watch(portal);
    this.#parts.absence.end(participant);
    this.#parts.onBack(participant);
    log.info({ room: state.id, participant: participant.id, portal, left }, 'participant is back');
    return left;
  }

  async #release(
    { id }: Participant,
    portal: MemberId,
    cursor: Cursor | undefined,
  ): Promise<Rest | undefined> {
    const { state, owner, log } = this.#core;
    const order = { room: state.id, owner, participant: id, ...(cursor === undefined ? {} : { cursor }) };
    try {
      const limit = { timeoutMs: releaseMs };
      return await this.#portals.call(memberAddress(portal), 'participant.release', order, limit);
    } catch (error) {
      log.debug(
        { room: state.id, participant: id, portal, code: PorticoError.from(error).code },
        'not released',
      );
      return undefined;
    }
  }

  /** Closes what the client does not have any more; one that has no media at all gets a new seat. */
  async #settleMedia(
    participant: Participant,
    { held, transports, fresh }: ReloginInput,
  ): Promise<Access | undefined> {
    const { state } = this.#core;
    const { seating } = this.#parts;
    // OWT clients do not say what they hold: they have kept everything (OWT 2.3).
    if (!fresh && (held === undefined || held.transports.length > 0)) {
      if (held !== undefined) this.#closeUnheld(participant, held);
      // Its agent learns where to send hints; nobody waits for that.
      if (participant.agent !== undefined) this.#inOrder(participant, () => seating.open(participant, []));
      return undefined;
    }
    return await participant.queue.run(async () => {
      state.participant(participant.id);
      for (const subscription of state.subscriptionsOf(participant.id))
        this.#parts.subscribing.forget(subscription);
      for (const stream of state.streamsOf(participant.id)) {
        this.#parts.publishing.remove(stream, 'client_restarted');
      }
      await seating.close(participant, 'client_restarted');
      if (transports.length === 0) return undefined;
      return await seating.open(participant, transports);
    });
  }

  #closeUnheld(participant: Participant, held: NonNullable<ReloginInput['held']>): void {
    const { state } = this.#core;
    const { publishing, subscribing } = this.#parts;
    for (const { id } of state.streamsOf(participant.id)) {
      if (held.publications.includes(id)) continue;
      this.#inOrder(participant, () => publishing.unpublish(participant, id, 'client_restarted'));
    }
    for (const { grant } of state.subscriptionsOf(participant.id)) {
      if (held.subscriptions.includes(grant.id)) continue;
      this.#inOrder(participant, () => subscribing.unsubscribe(participant, grant.id, 'client_restarted'));
    }
  }

  /** After what the participant has asked for before; failures are only noted, its agent may be gone. */
  #inOrder(participant: Participant, task: () => Promise<unknown>): void {
    const { state, log } = this.#core;
    task().catch((error: unknown) => {
      const { code } = PorticoError.from(error);
      log.debug({ room: state.id, participant: participant.id, code }, 'not settled after the return');
    });
  }

  #result(
    participant: Participant,
    {
      cursor,
      handed,
      media,
    }: { cursor: Cursor | undefined; handed: Rest | undefined; media: Access | undefined },
  ): ReloginResult {
    const { state, journal } = this.#core;
    const { id } = participant;
    const missed = cursor === undefined ? handed : this.#missed(participant, cursor, handed);
    return {
      record: participant.toRecord(),
      room: state.toSnapshot(),
      seq: journal.seq,
      sessions: {
        publications: state.streamsOf(id).map((stream) => stream.id),
        subscriptions: state.subscriptionsOf(id).map(({ grant }) => grant.id),
      },
      ...(missed === undefined ? {} : { missed }),
      ...(media === undefined
        ? {}
        : { media: { rtpCapabilities: media.rtpCapabilities, transports: media.transports } }),
    };
  }

  /** What its last portal still had to tell it, then what this owner has said since; or all that is left. */
  #missed(participant: Participant, cursor: Cursor, handed: Rest | undefined): Rest {
    const { missed } = this.#parts;
    if (handed?.complete !== true) return missed.of(participant, cursor);
    const own = missed.by(participant, cursor);
    return own.complete ? own : missed.joined(participant, cursor, handed.entries);
  }
}
