import type { Bus, Claim } from '../../../../common/bus/bus.ts';
import { Caller, serveContract } from '../../../../common/bus/contract.ts';
import type { Owner } from '../../../../common/contract/cluster.ts';
import { roomContract, type RoomContract } from '../../../../common/contract/conference.ts';
import {
  MemberId,
  memberAddress,
  RoomId,
  roomAddress,
  type ParticipantId,
} from '../../../../common/contract/ids.ts';
import { portalContract, type LogEntry } from '../../../../common/contract/portal.ts';
import type { Handlers, Input } from '../../../../common/contract/rpc.ts';
import type { CallContext } from '../../../../common/bus/bus.ts';

type RoomHandlers = Handlers<RoomContract, CallContext>;
type Call = {
  [M in keyof RoomContract]: { method: M; params: Input<RoomContract, M>; id: string };
}[keyof RoomContract];

/** A room owner that does as the test says and remembers what it was asked. */
export class ScriptedRoom {
  readonly id: RoomId;
  readonly owner: Owner;
  readonly calls: Call[] = [];
  /** What it does instead of simply agreeing. */
  readonly script: { -readonly [M in keyof RoomHandlers]?: RoomHandlers[M] } = {};
  /** Agent it seats participants at. */
  agent: MemberId | undefined;
  seq = 0;
  readonly #claim: Claim;
  readonly #portals: Caller<typeof portalContract>;

  static async claim(bus: Bus, { room = 'demo', epoch = Date.now(), member = 'conference-1' } = {}) {
    const id = RoomId.parse(room);
    const claim = await bus.claim(roomAddress(id));
    const owned = new ScriptedRoom(bus, claim, id, { epoch, id: MemberId.parse(member) });
    await claim.serve(serveContract(roomContract, owned.#handlers()));
    return owned;
  }

  private constructor(bus: Bus, claim: Claim, id: RoomId, owner: Owner) {
    this.id = id;
    this.owner = owner;
    this.#claim = claim;
    this.#portals = new Caller(bus, portalContract);
  }

  /** Calls of one method. */
  of<M extends keyof RoomContract>(method: M): Input<RoomContract, M>[] {
    return this.calls.flatMap((call) =>
      call.method === method ? [call.params as Input<RoomContract, M>] : [],
    );
  }

  /** Says something to the participants of a portal. */
  async tell(portal: MemberId, ...entries: (Partial<LogEntry> & Pick<LogEntry, 'event'>)[]): Promise<void> {
    const numbered = entries.map((entry) => ({ seq: (this.seq += 1), to: 'all' as const, ...entry }));
    await this.deliver(portal, numbered);
  }

  async deliver(portal: MemberId, entries: LogEntry[], owner = this.owner): Promise<void> {
    await this.#portals.call(memberAddress(portal), 'room.deliver', { room: this.id, owner, entries });
  }

  async drop(
    portal: MemberId,
    participant: ParticipantId,
    reason: 'dropped' | 'room_closed' = 'dropped',
  ): Promise<void> {
    const order = { room: this.id, owner: this.owner, participant, reason };
    await this.#portals.call(memberAddress(portal), 'participant.drop', order);
  }

  async release(): Promise<void> {
    await this.#claim.release();
  }

  /** Agrees to a join. */
  admit({ participant }: Input<RoomContract, 'join'>): Awaited<ReturnType<RoomHandlers['join']>> {
    return {
      owner: this.owner,
      result: {
        id: participant.id,
        permission: { publish: { audio: true, video: true }, subscribe: { audio: true, video: true } },
        room: { id: this.id, views: [], participants: [participant], streams: [] },
        seq: this.seq,
        joinedAt: Date.now(),
        ...(this.agent === undefined ? {} : { agent: this.agent }),
      },
    };
  }

  #handlers(): RoomHandlers {
    const record = <M extends keyof RoomContract>(method: M, otherwise: RoomHandlers[M]): RoomHandlers[M] =>
      ((params: never, context: CallContext) => {
        this.calls.push({ method, params, id: context.id });
        const handler = (this.script[method] ?? otherwise) as unknown as (p: never, c: CallContext) => never;
        return handler(params, context);
      }) as unknown as RoomHandlers[M];
    const { owner } = this;
    const done = () => ({ owner, result: {} });
    return {
      join: record('join', (input) => this.admit(input)),
      leave: record('leave', done),
      publish: record('publish', ({ request }) => {
        const id = request.id!;
        const tracks = request.media.tracks.map(({ type }, n) => ({
          id: `${id}-${String(n)}` as never,
          type,
        }));
        return { owner, result: { id, transportId: 'transport-1', tracks } };
      }),
      unpublish: record('unpublish', done),
      subscribe: record('subscribe', ({ request }) => {
        const tracks = request.media.tracks.map(({ type, from }) => ({
          id: from as never,
          type,
          stream: from as never,
        }));
        return { owner, result: { id: request.id!, transportId: 'transport-2', tracks } };
      }),
      unsubscribe: record('unsubscribe', done),
      'stream-control': record('stream-control', done),
      'subscription-control': record('subscription-control', done),
      text: record('text', done),
      drop: record('drop', done),
      createWebRtcTransport: record('createWebRtcTransport', () => ({
        owner,
        result: {
          transport: {
            id: 'transport-1',
            iceParameters: { usernameFragment: 'u', password: 'p' },
            iceCandidates: [],
            dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] },
          },
          rtpCapabilities: { codecs: [] },
          agent: this.agent ?? MemberId.parse('access-none'),
        },
      })),
      trackAdded: record('trackAdded', done),
      sessionsEnded: record('sessionsEnded', done),
      speaking: record('speaking', done),
    };
  }
}
