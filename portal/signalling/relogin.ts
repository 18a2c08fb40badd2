import { parse } from '../../common/bus/contract.ts';
import {
  clientContract,
  type ClientInput,
  type ClientOutput,
  type Cursor,
} from '../../common/contract/client.ts';
import type { ParticipantRecord } from '../../common/contract/cluster.ts';
import type { RoomContract } from '../../common/contract/conference.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId, ParticipantId } from '../../common/contract/ids.ts';
import type { IceServer } from '../../common/contract/media.ts';
import type { Output } from '../../common/contract/rpc.ts';
import { SerialQueue } from '../../common/lifecycle/serial-queue.ts';
import type { LoginLimit } from '../limits.ts';
import type { PortalList } from '../portal-list.ts';
import { Attendee } from '../rooms/attendee.ts';
import type { CatchUp, Missed } from '../rooms/catch-up.ts';
import type { Delivery } from '../rooms/delivery.ts';
import type { Departures } from '../rooms/departures.ts';
import type { Presence } from '../rooms/presence.ts';
import type { RoomClient } from '../rooms/room-client.ts';
import type { Roster } from '../rooms/roster.ts';
import type { Ticket, Tickets } from '../tickets/tickets.ts';
import type { Newcomer } from './login.ts';

export interface ReloginOptions {
  portal: MemberId;
  tickets: Tickets;
  rooms: Pick<RoomClient, 'call'>;
  roster: Roster;
  delivery: Delivery;
  departures: Departures;
  presence: Presence;
  catchUp: CatchUp;
  limit: LoginLimit;
  portals: Pick<PortalList, 'all'>;
  iceServers: (participant: ParticipantId) => IceServer[];
}

/** Who comes back. */
export interface Returner extends Newcomer {
  /** The ticket is good so far: it names the protocol of its client. */
  recognised(protocol: Ticket['protocol']): void;
  /** It is back: the answer goes out, then the notifications. */
  welcome(attendee: Attendee, answer: unknown): void;
}

type Facts = Exclude<ClientInput<'relogin'>, string>;
type RoomAnswer = Output<RoomContract, 'relogin'>;

/** Turns a ticket into the participant that it was given to. */
export class Relogins {
  readonly #options: ReloginOptions;
  /** Of each participant one at a time: of two that cross each other the later one wins. */
  readonly #queues = new Map<string, SerialQueue>();

  constructor(options: ReloginOptions) {
    this.#options = options;
  }

  /** @throws PorticoError of the ticket or the room; what a client did wrong counts against its address. */
  async relogin(input: unknown, returner: Returner): Promise<void> {
    const { limit } = this.#options;
    await limit.check(returner.address);
    try {
      await this.#relogin(input, returner);
    } catch (error) {
      const failure = PorticoError.from(error);
      if (!failure.retryable && failure.code !== 'internal') await limit.failed(returner.address);
      throw error;
    }
  }

  async #relogin(input: unknown, returner: Returner): Promise<void> {
    const { tickets, presence } = this.#options;
    const facts = readFacts(input);
    const ticket = tickets.verify(facts.ticket);
    returner.recognised(ticket.protocol);
    if (!presence.keepsPlaces) {
      throw new PorticoError('ticket_revoked', 'this server keeps nobody’s place', { field: 'ticket' });
    }
    await this.#inTurn(`${ticket.room} ${ticket.participantId}`, () => this.#take(ticket, facts, returner));
  }

  async #inTurn(key: string, task: () => Promise<void>): Promise<void> {
    const queue = this.#queues.get(key) ?? new SerialQueue();
    this.#queues.set(key, queue);
    try {
      await queue.run(task);
    } finally {
      if (queue.length === 0) this.#queues.delete(key);
    }
  }

  async #take(ticket: Ticket, facts: Facts, returner: Returner): Promise<void> {
    const { roster, departures, delivery } = this.#options;
    const { room, participantId: id, protocol } = ticket;
    if (!returner.isOpen()) throw new PorticoError('illegal_request', 'the client left while it came back');
    await departures.settled({ room, id });
    const known = roster.find(room, id);
    // The old connection may look alive although nobody reads it any more.
    known?.suspend();
    const attendee = known ?? new Attendee({ id, room, protocol, connection: returner.connection });
    roster.expect(attendee);
    try {
      const answer = await this.#ask(ticket, facts, attendee);
      const found = this.#catchUp(attendee, facts, answer);
      // What is kept here is taken at once: it need not be there a moment later.
      const missed = found instanceof Promise ? await found : found;
      this.#admit(attendee, { answer, missed }, returner);
    } catch (error) {
      if (known !== undefined && roster.find(room, id) === known) delivery.resume(known);
      throw error;
    } finally {
      roster.dismiss(attendee);
    }
  }

  async #ask(ticket: Ticket, facts: Facts, attendee: Attendee): Promise<RoomAnswer> {
    const { portal, rooms, catchUp } = this.#options;
    const { cursor, held, transports = [] } = facts;
    const fresh = attendee.native && cursor === undefined;
    const askFor = cursor !== undefined && !catchUp.covers(attendee, cursor);
    try {
      return await rooms.call(ticket.room, 'relogin', {
        portal,
        ticket: {
          participant: recordOf(ticket),
          generation: ticket.generation,
          notAfter: ticket.notAfter,
        },
        ...(askFor ? { cursor } : {}),
        ...(held === undefined ? {} : { held }),
        transports: [...new Set(transports)],
        fresh,
      });
    } catch (error) {
      throw this.#refusal(error, attendee);
    }
  }

  #refusal(error: unknown, attendee: Attendee): unknown {
    const { code, retryable } = PorticoError.from(error);
    // The room may have taken it back after all, and the answer was lost: its time must go on running out.
    const isHere = attendee.record !== undefined && attendee.connection !== undefined;
    if (retryable && !isHere) void this.#options.departures.detach(attendee);
    if (code !== 'participant_not_found' || attendee.native) return error;
    return new PorticoError(code, 'Client does NOT exist');
  }

  /** What the client has to be told: from here where it was here before, else from the room. */
  #catchUp(attendee: Attendee, { cursor }: Facts, { owner, result }: RoomAnswer): Missed | Promise<Missed> {
    const { catchUp } = this.#options;
    const position = { epoch: owner.epoch, seq: result.seq };
    const { record, missed } = result;
    if (missed !== undefined) return catchUp.from(record, { cursor, position, ...missed });
    if (cursor !== undefined) return catchUp.since(attendee, cursor, record);
    return attendee.native ? catchUp.fresh(record, position) : catchUp.unspoken(attendee, record, position);
  }

  #admit(
    attendee: Attendee,
    { answer, missed }: { answer: RoomAnswer; missed: Missed },
    returner: Returner,
  ): void {
    const { roster, presence, delivery, tickets } = this.#options;
    const { connection } = returner;
    const { record, room, seq } = answer.result;
    const position = { epoch: answer.owner.epoch, seq };
    const previous = roster.find(attendee.room, attendee.id) ?? attendee;
    if (previous.connection !== connection) previous.connection?.retire('replaced');
    missed.apply(attendee);
    attendee.connection = connection;
    attendee.ticketProof.issue(record.generations.newest);
    roster.add(attendee);
    if (!attendee.native) delivery.picture(roster.touch(attendee.room), room, position);
    if (!returner.isOpen()) {
      void presence.away(attendee, connection);
      throw new PorticoError('illegal_request', 'the client left while it came back');
    }
    const ticket = tickets.mint(attendee.room, record);
    const native = () =>
      this.#nativeAnswer({ ticket, answer, resume: missed.resume, cursor: attendee.cursor });
    returner.welcome(attendee, attendee.native ? native() : ticket);
    delivery.resume(attendee, { back: missed.resume !== 'fresh' });
  }

  #nativeAnswer({
    ticket,
    answer,
    resume,
    cursor,
  }: {
    ticket: string;
    answer: RoomAnswer;
    resume: Missed['resume'];
    cursor: Cursor;
  }): ClientOutput<'relogin'> {
    const { iceServers, portals } = this.#options;
    const { record, room, sessions, media } = answer.result;
    const { id, user, role, permission } = record;
    return {
      id,
      user,
      role,
      permission,
      resume,
      ...(resume === 'fresh' ? { room } : {}),
      cursor,
      sessions,
      ...(media === undefined ? {} : { media }),
      iceServers: iceServers(id),
      ticket,
      portals: portals.all,
    };
  }
}

/** OWT clients send the ticket alone (OWT 2.4). */
function readFacts(input: unknown): Facts {
  if (typeof input === 'string') return { ticket: input };
  const [, facts] = clientContract.relogin.input.options;
  return parse(facts, input, 'relogin');
}

type TicketHolder = Omit<ParticipantRecord, 'generations' | 'agent' | 'lost'>;

function recordOf(ticket: Ticket): TicketHolder {
  const { participantId: id, user, role, permission, joinedAt, tokenId, protocol } = ticket;
  const { attributes, service, permittedAt } = ticket;
  return {
    id,
    user,
    role,
    permission,
    joinedAt,
    token: tokenId,
    protocol,
    ...(attributes === undefined ? {} : { attributes }),
    ...(service === undefined ? {} : { service }),
    ...(permittedAt === undefined ? {} : { permittedAt }),
  };
}
