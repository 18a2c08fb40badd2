import type { Bus, Claim } from '../../../../common/bus/bus.ts';
import { Caller, serveContract } from '../../../../common/bus/contract.ts';
import type { Cursor, RecordingInfo } from '../../../../common/contract/client.ts';
import type { Owner, ParticipantRecord } from '../../../../common/contract/cluster.ts';
import { roomContract, type RoomContract } from '../../../../common/contract/conference.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import {
  EgressId,
  MemberId,
  memberAddress,
  RoomId,
  roomAddress,
  type ParticipantId,
} from '../../../../common/contract/ids.ts';
import { isAfter, type LogEntry, type StampedEntry } from '../../../../common/contract/log.ts';
import type { StreamInfo } from '../../../../common/contract/media.ts';
import { portalContract } from '../../../../common/contract/portal.ts';
import type { Handlers, Input, Output } from '../../../../common/contract/rpc.ts';
import { concerns, positionOf } from '../../../../common/room-log/tail.ts';
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
  /** What snapshots show. */
  streams: StreamInfo[] = [];
  recordings: RecordingInfo[] = [];
  /** Those it has admitted, as it keeps them. */
  readonly records = new Map<ParticipantId, ParticipantRecord>();
  /** Where each of them is. */
  readonly places = new Map<ParticipantId, MemberId>();
  /** All that was told. */
  readonly log: StampedEntry[] = [];
  readonly #sent = new Map<MemberId, number>();
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

  /** Numbers something; nobody hears of it until it is delivered or asked for. */
  write(...entries: (Partial<LogEntry> & Pick<LogEntry, 'event'>)[]): LogEntry[] {
    const numbered = entries.map((entry) => ({ seq: (this.seq += 1), to: 'all' as const, ...entry }));
    for (const entry of numbered) this.log.push({ epoch: this.owner.epoch, entry });
    return numbered;
  }

  /** Says something to the participants of a portal. */
  async tell(portal: MemberId, ...entries: (Partial<LogEntry> & Pick<LogEntry, 'event'>)[]): Promise<void> {
    await this.deliver(portal, this.write(...entries));
  }

  /** The same, but it does not arrive. */
  lose(portal: MemberId, ...entries: (Partial<LogEntry> & Pick<LogEntry, 'event'>)[]): void {
    this.forgetSending(portal, this.write(...entries));
  }

  /** As if it had delivered these, and the bus had lost them. */
  forgetSending(portal: MemberId, entries: readonly LogEntry[]): void {
    this.#next(portal, entries);
  }

  async deliver(
    portal: MemberId,
    entries: LogEntry[],
    {
      owner = this.owner,
      after = this.#next(portal, entries),
    }: { owner?: Owner; after?: number | null } = {},
  ): Promise<void> {
    const message = { room: this.id, owner, after, entries };
    await this.#portals.call(memberAddress(portal), 'room.deliver', message);
  }

  /** What was told to somebody after a position. */
  after(cursor: Cursor, participant?: ParticipantId): StampedEntry[] {
    return this.log.filter(
      (stamped) =>
        stamped.entry.seq !== null &&
        isAfter(positionOf(stamped), cursor) &&
        (participant === undefined || concerns(stamped.entry, participant)),
    );
  }

  /** Takes a participant away from a portal, as its return on another one does. */
  async take(
    portal: MemberId,
    participant: ParticipantId,
    cursor?: Cursor,
  ): Promise<Output<typeof portalContract, 'participant.release'>> {
    const order = { room: this.id, owner: this.owner, participant };
    const params = cursor === undefined ? order : { ...order, cursor };
    return await this.#portals.call(memberAddress(portal), 'participant.release', params);
  }

  #next(portal: MemberId, entries: readonly LogEntry[]): number | null {
    const after = this.#sent.get(portal) ?? null;
    const last = entries.findLast(({ seq }) => seq !== null)?.seq ?? null;
    if (last !== null) this.#sent.set(portal, Math.max(last, after ?? -1));
    return after;
  }

  async drop(
    portal: MemberId,
    participant: ParticipantId,
    reason: 'dropped' | 'room_closed' | 'reconnect_timeout' = 'dropped',
  ): Promise<void> {
    const order = { room: this.id, owner: this.owner, participant, reason };
    await this.#portals.call(memberAddress(portal), 'participant.drop', order);
  }

  async release(): Promise<void> {
    await this.#claim.release();
  }

  /** Agrees to a join. */
  admit({
    participant,
    portal,
    token,
    protocol,
  }: Input<RoomContract, 'join'>): Awaited<ReturnType<RoomHandlers['join']>> {
    const permission = {
      publish: { audio: true, video: true },
      subscribe: { audio: true, video: true },
    };
    const record: ParticipantRecord = {
      ...participant,
      permission,
      joinedAt: Date.now(),
      token: token.id,
      protocol,
      generations: { oldest: 1, newest: 1 },
      ...(this.agent === undefined ? {} : { agent: this.agent }),
    };
    this.records.set(record.id, record);
    this.places.set(record.id, portal);
    return {
      owner: this.owner,
      result: {
        id: participant.id,
        permission,
        room: this.snapshot([participant.id]),
        seq: this.seq,
        record,
      },
    };
  }

  snapshot(ids = [...this.records.keys()]): Output<RoomContract, 'relogin'>['result']['room'] {
    const participants = ids.flatMap((id) => {
      const known = this.records.get(id);
      if (known === undefined) return [];
      const { user, role, attributes } = known;
      return { id, user, role, ...(attributes === undefined ? {} : { attributes }) };
    });
    const views = this.streams.flatMap((stream) => (stream.type === 'mixed' ? [stream.info.label] : []));
    return { id: this.id, views, participants, streams: this.streams, recordings: this.recordings };
  }

  /** Agrees to a return as an owner does: generations, the place, what the last portal still had to tell. */
  async welcomeBack({
    portal,
    ticket,
    cursor,
    fresh,
  }: Input<RoomContract, 'relogin'>): Promise<Output<RoomContract, 'relogin'>> {
    const { participant: who, generation } = ticket;
    const known: ParticipantRecord = this.records.get(who.id) ?? {
      ...who,
      generations: { oldest: generation, newest: generation },
    };
    const { oldest, newest } = known.generations;
    if (generation < oldest) throw new PorticoError('ticket_used', 'a newer ticket was used');
    const generations = { oldest: generation, newest: newest + 1 };
    const { lost: _lost, ...rest } = known;
    const record = { ...rest, generations };
    this.records.set(who.id, record);
    const place = this.places.get(who.id);
    this.places.set(who.id, portal);
    const handed =
      place === undefined || place === portal
        ? undefined
        : await this.take(place, who.id, cursor).catch(() => undefined);
    const entries = cursor === undefined ? (fresh ? undefined : handed?.entries) : this.after(cursor, who.id);
    return {
      owner: this.owner,
      result: {
        record,
        room: this.snapshot(),
        seq: this.seq,
        ...(entries === undefined ? {} : { missed: { complete: true, entries } }),
        sessions: { publications: [], subscriptions: [] },
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
      relogin: record('relogin', (input) => this.welcomeBack(input)),
      detach: record('detach', ({ returnWithinMs = 60_000 }) => {
        const at = Date.now();
        return { owner, result: { lost: { at, until: at + returnWithinMs } } };
      }),
      renewTicket: record('renewTicket', ({ by }) => {
        const known = this.#known(by.participant);
        const { oldest, newest } = known.generations;
        const generations = { oldest, newest: newest + 1 };
        this.records.set(known.id, { ...known, generations });
        return { owner, result: { generations } };
      }),
      proveTicket: record('proveTicket', ({ by, generation }) => {
        const known = this.#known(by.participant);
        const generations = { oldest: generation, newest: known.generations.newest };
        this.records.set(known.id, { ...known, generations });
        return { owner, result: { generations } };
      }),
      missed: record('missed', ({ participant, cursor }) => ({
        owner,
        result: { complete: true, entries: this.after(cursor, participant), seq: this.seq },
      })),
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
      'start-recording': record('start-recording', ({ request }) => {
        const { requestId = 'recording', stream } = request;
        const id = EgressId.parse(requestId);
        const streams = stream === undefined ? [] : [stream];
        return { owner, result: { recording: { id, streams, startedAt: 1, status: 'active' } } };
      }),
      'control-recording': record('control-recording', done),
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
      mixEnded: record('mixEnded', done),
      egressChanged: record('egressChanged', done),
      ingressChanged: record('ingressChanged', done),
      speaking: record('speaking', done),
    };
  }

  #known(id: ParticipantId): ParticipantRecord {
    const known = this.records.get(id);
    if (known === undefined) throw new PorticoError('participant_not_found', `nobody is called '${id}'`);
    return known;
  }
}
