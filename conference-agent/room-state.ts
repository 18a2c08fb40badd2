import type { SubscribedTrack, SubscriptionGrant } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type {
  EgressId,
  MemberId,
  ParticipantId,
  RoomId,
  StreamId,
  SubscriptionId,
} from '../common/contract/ids.ts';
import type { RoomSnapshot } from '../common/contract/client.ts';
import type { Egress } from './egress/egress.ts';
import type { Participant } from './participant.ts';
import { Stream } from './stream.ts';
import type { View } from './views/view.ts';

/** What a participant receives: the grant that its agent holds, and on which agent. */
export interface Subscription {
  grant: SubscriptionGrant;
  agent: MemberId;
}

/**
 * Who and what is in a room. Every change is one synchronous step, so nobody ever sees half of it; requests that wait
 * for an agent look again afterwards.
 */
export class RoomState {
  readonly id: RoomId;
  readonly participants = new Map<ParticipantId, Participant>();
  /** Those whose join is on its way; nobody but their seats knows of them yet. */
  readonly arriving = new Set<Participant>();
  readonly streams = new Map<StreamId, Stream>();
  /** Mixed streams, by label. */
  readonly views = new Map<string, View>();
  /** Recordings and live streams out that are not over. */
  readonly egresses = new Map<EgressId, Egress>();
  readonly #subscriptions = new Map<SubscriptionId, Subscription>();
  /** The same by participant and by stream: a full room has tens of thousands. */
  readonly #received = new Map<ParticipantId | StreamId, Set<Subscription>>();

  constructor(id: RoomId) {
    this.id = id;
  }

  /** @throws PorticoError `participant_not_found`. */
  participant(id: ParticipantId): Participant {
    const participant = this.participants.get(id);
    if (participant === undefined) throw this.noParticipant(id);
    return participant;
  }

  noParticipant(id: string): PorticoError {
    return new PorticoError('participant_not_found', `participant '${id}' is not in room '${this.id}'`, {
      field: 'id',
    });
  }

  /** No forward stream has this id. */
  noStream(id: string): PorticoError {
    if (this.viewOf(id) !== undefined)
      return new PorticoError('bad_request', 'Stream is Mixed', { field: 'id' });
    return new PorticoError('stream_not_found', `stream '${id}' not found in room '${this.id}'`, {
      field: 'id',
    });
  }

  /** The view that a stream or track id names. */
  viewOf(id: string): View | undefined {
    return [...this.views.values()].find((view) => view.isNamed(id));
  }

  /** Forward streams that participants know of. */
  get announced(): Stream[] {
    return [...this.streams.values()].filter((stream) => stream.announced);
  }

  streamsOf(owner: ParticipantId): Stream[] {
    return [...this.streams.values()].filter((stream) => stream.owner === owner);
  }

  get subscriptions(): ReadonlyMap<SubscriptionId, Subscription> {
    return this.#subscriptions;
  }

  addSubscription(subscription: Subscription): void {
    const { grant } = subscription;
    this.removeSubscription(grant.id);
    this.#subscriptions.set(grant.id, subscription);
    for (const key of keysOf(grant)) {
      const received = this.#received.get(key) ?? new Set();
      this.#received.set(key, received.add(subscription));
    }
  }

  removeSubscription(id: SubscriptionId): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    this.#subscriptions.delete(id);
    for (const key of keysOf(subscription.grant)) {
      const received = this.#received.get(key);
      received?.delete(subscription);
      if (received?.size === 0) this.#received.delete(key);
    }
  }

  /** @throws PorticoError `subscription_not_found`, also when it is somebody else's */
  subscriptionOf(participant: ParticipantId, id: SubscriptionId): Subscription {
    const subscription = this.#subscriptions.get(id);
    if (subscription?.grant.participant === participant) return subscription;
    throw new PorticoError('subscription_not_found', `subscription '${id}' not found`, { field: 'id' });
  }

  subscriptionsOf(participant: ParticipantId): Subscription[] {
    const received = this.#received.get(participant) ?? [];
    return [...received].filter(({ grant }) => grant.participant === participant);
  }

  subscriptionsTo(stream: StreamId): Subscription[] {
    const received = this.#received.get(stream) ?? [];
    return [...received].filter(({ grant }) => grant.tracks.some((track) => track.stream === stream));
  }

  /** Participants of this room on each access agent, those included who are just sitting down. */
  seats(): Map<MemberId, number> {
    const seats = new Map<MemberId, number>();
    for (const { agent } of [...this.participants.values(), ...this.arriving]) {
      if (agent !== undefined) seats.set(agent, (seats.get(agent) ?? 0) + 1);
    }
    return seats;
  }

  /** Living portals that hold at least one of these participants (of all, when none are named). */
  portalsOf(participants?: readonly ParticipantId[]): Set<MemberId> {
    const those =
      participants === undefined
        ? [...this.participants.values()]
        : participants.flatMap((id) => this.participants.get(id) ?? []);
    return new Set(those.flatMap(({ portal, stranded }) => (stranded ? [] : [portal])));
  }

  /** Whether a stream or track has one of these ids. */
  isNamed(ids: readonly string[]): boolean {
    const has = ({ id, tracks, isFetched }: Stream) =>
      ids.includes(id) ||
      tracks.some((track) => ids.includes(track.id)) ||
      // Its tracks may not be there yet.
      (isFetched && [0, 1].some((index) => ids.includes(Stream.trackId(id, index))));
    return [...this.streams.values()].some(has) || ids.some((id) => this.viewOf(id) !== undefined);
  }

  /** Whether a track that was granted is still what its stream consists of. */
  isCurrent(track: SubscribedTrack): boolean {
    const stream = this.streams.get(track.stream);
    if (stream === undefined) return this.viewOf(track.stream)?.isCurrent(track.type, track.origin) === true;
    const source = stream?.tracks.find(({ id }) => id === track.id);
    return source?.producer === track.origin.producer && stream?.agent === track.origin.agent;
  }

  clear(): void {
    this.participants.clear();
    this.streams.clear();
    this.egresses.clear();
    this.#subscriptions.clear();
    this.#received.clear();
  }

  /** As clients see it (OWT 1.3). */
  toSnapshot(): RoomSnapshot {
    return {
      id: this.id,
      views: [...this.views.keys()],
      participants: [...this.participants.values()].map((participant) => participant.toInfo()),
      streams: [
        ...[...this.views.values()].map((view) => view.toInfo()),
        ...this.announced.map((stream) => stream.toInfo()),
      ],
      recordings: [...this.egresses.values()].flatMap((egress) => egress.toInfo() ?? []),
    };
  }
}

/** Ids of participants and streams may be the same text: whoever looks one up filters. */
function keysOf({ participant, tracks }: SubscriptionGrant): Set<ParticipantId | StreamId> {
  return new Set([participant, ...tracks.map(({ stream }) => stream)]);
}
