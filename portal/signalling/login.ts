import { randomBytes } from 'node:crypto';
import type { KeyLookup } from '../../common/auth/keys.ts';
import { verifyToken, type VerifiedToken } from '../../common/auth/verify.ts';
import type { ClientInput } from '../../common/contract/client.ts';
import type { RoomContract } from '../../common/contract/conference.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { ParticipantId, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import type { IceServer } from '../../common/contract/media.ts';
import type { Output } from '../../common/contract/rpc.ts';
import type { TokenClaims } from '../../common/contract/token.ts';
import type { LoginLimit } from '../limits.ts';
import type { PortalList } from '../portal-list.ts';
import { Attendee, type Connection } from '../rooms/attendee.ts';
import type { Delivery } from '../rooms/delivery.ts';
import type { Departures } from '../rooms/departures.ts';
import type { RoomClient } from '../rooms/room-client.ts';
import type { Presence } from '../rooms/presence.ts';
import type { Roster } from '../rooms/roster.ts';
import type { Tickets } from '../tickets/tickets.ts';
import { Attempts, type Attempt } from './login-attempts.ts';
import { loginAnswer } from './login-answer.ts';
import { parseLogin } from './login-input.ts';

export interface LoginOptions {
  portal: MemberId;
  keys: KeyLookup;
  rooms: Pick<RoomClient, 'call'>;
  roster: Roster;
  departures: Departures;
  delivery: Delivery;
  presence: Presence;
  tickets: Tickets;
  portals: Pick<PortalList, 'all'>;
  limit: LoginLimit;
  iceServers: (participant: ParticipantId) => IceServer[];
}

/** Who logs in. */
export interface Newcomer {
  connection: Connection;
  /** Network address, for the limit on failures. */
  address: string;
  /** Whether the client is still there. */
  isOpen: () => boolean;
}

export interface LoginResult {
  attendee: Attendee;
  answer: unknown;
}

/**
 * Id of a new participant. Not the id of its connection: for Engine.IO 3 clients that one is a secret, as whoever knows
 * it can read and send in its name, and everybody in the room learns participant ids.
 */
const newParticipantId = () => ParticipantId.parse(randomBytes(15).toString('base64url'));

/** Turns a token into a participant. */
export class Logins {
  readonly #options: LoginOptions;
  readonly #attempts = new Attempts();

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** @throws PorticoError of the token or the room; what a client did wrong counts against its address. */
  async login(input: unknown, newcomer: Newcomer): Promise<LoginResult> {
    await this.#options.limit.check(newcomer.address);
    try {
      return await this.#login(input, newcomer);
    } catch (error) {
      const failure = PorticoError.from(error);
      if (!failure.retryable && failure.code !== 'internal')
        await this.#options.limit.failed(newcomer.address);
      throw error;
    }
  }

  async #login(input: unknown, newcomer: Newcomer): Promise<LoginResult> {
    const request = parseLogin(input);
    const claims = await verifyToken(request.token, this.#options.keys);
    if (request.room !== undefined && request.room !== claims.room) {
      const message = `the token is for room '${claims.room}', not '${request.room}'`;
      throw new PorticoError('token_wrong_room', message, { field: 'room' });
    }
    const attendee = new Attendee({
      id: newParticipantId(),
      room: claims.room,
      protocol: request.protocol,
      connection: newcomer.connection,
    });
    const attempt = this.#attempts.begin(claims.jti);
    this.#options.roster.expect(attendee);
    try {
      await this.#isTold(claims);
      const join = await this.#join(attendee, request, claims, attempt);
      if (!newcomer.isOpen()) {
        attempt.orphan(join.result.id);
        throw new PorticoError('illegal_request', 'the client left while it was joining');
      }
      return this.#admit(attendee, request, claims, join);
    } finally {
      this.#options.roster.dismiss(attendee);
      for (const id of attempt.end()) this.#retract(claims.room, id);
    }
  }

  /** The same token may have joined here a moment ago: the room has to hear that this connection broke before it joins again. */
  async #isTold({ room, jti }: TokenClaims): Promise<void> {
    const { roster, departures } = this.#options;
    const id = roster.get(room)?.tokens.get(jti)?.participant;
    if (id !== undefined) await departures.settled({ room, id });
  }

  async #join(
    { room, id }: Attendee,
    { requestId, protocol, transports = [] }: ClientInput<'login'>,
    { jti, exp, iat, iat_ms = 0, service, sub, role, attributes }: VerifiedToken,
    attempt: Attempt,
  ): Promise<Output<RoomContract, 'join'>> {
    try {
      return await this.#options.rooms.call(room, 'join', {
        portal: this.#options.portal,
        participant: { id, user: sub, role, ...(attributes === undefined ? {} : { attributes }) },
        token: {
          id: jti,
          exp,
          iat: iat + iat_ms / 1000,
          service,
          ...(requestId === undefined ? {} : { requestId }),
        },
        protocol,
        transports: [...new Set(transports)],
      });
    } catch (error) {
      // The room may have admitted it after all, and the answer was lost.
      if (PorticoError.from(error).retryable) attempt.orphan(id);
      throw error;
    }
  }

  #retract(room: RoomId, id: ParticipantId): void {
    if (this.#options.roster.find(room, id) !== undefined) return;
    void this.#options.departures.report({ room, id }, 'join_failed');
  }

  #admit(
    attendee: Attendee,
    { requestId }: ClientInput<'login'>,
    { jti, exp, sub: user, role }: TokenClaims,
    join: Output<RoomContract, 'join'>,
  ): LoginResult {
    const { id, record, room, seq } = join.result;
    const { roster, delivery, iceServers, presence, tickets, portals } = this.#options;
    const position = { epoch: join.owner.epoch, seq };
    attendee.admit(record, position);
    const token = { id: jti, exp, participant: id, at: Date.now() };
    const previous = roster.add(attendee, requestId === undefined ? token : { ...token, requestId });
    if (previous !== attendee) previous?.connection?.retire('replaced');
    if (!attendee.native) delivery.picture(roster.touch(attendee.room), room, position);
    const answer = loginAnswer({
      protocol: attendee.protocol,
      user,
      role,
      join,
      iceServers: iceServers(id),
      ticket: tickets.mint(attendee.room, record),
      keepsPlaces: presence.keepsPlaces,
      portals: portals.all,
    });
    return { attendee, answer };
  }
}
