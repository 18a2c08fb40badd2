import { randomBytes } from 'node:crypto';
import type { ClientInput, ClientOutput } from '../common/contract/client.ts';
import type { PublishedTrack, SubscribedTrack, SubscriptionGrant } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { StreamId, SubscriptionId, TrackId } from '../common/contract/ids.ts';
import { SubscriptionId as SubscriptionIdSchema } from '../common/contract/ids.ts';
import type { Kind } from '../common/contract/media.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import type { Participant } from './participant.ts';
import { requireKinds } from './permissions.ts';
import { kindsOf } from './stream-control.ts';
import type { RoomCore } from './room-core.ts';
import type { Subscription } from './room-state.ts';
import type { Seating } from './seating.ts';
import type { Stream } from './stream.ts';

type SubscribeRequest = ClientInput<'subscribe'>;

/** What participants receive. */
export class Subscribing {
  readonly #core: RoomCore;
  readonly #seating: Seating;

  constructor(core: RoomCore, seating: Seating) {
    this.#core = core;
    this.#seating = seating;
  }

  /** Grants exactly the tracks asked for. The same id again is the same subscription. */
  async subscribe(participant: Participant, request: SubscribeRequest): Promise<ClientOutput<'subscribe'>> {
    const kinds = request.media.tracks.map((track) => track.type);
    requireKinds(participant.permission, 'subscribe', kinds);
    return await participant.queue.run(async () => {
      // It may have been changed while the request waited.
      requireKinds(participant.permission, 'subscribe', kinds);
      const grant = this.#grantFor(participant, request);
      const transportId = await this.#open(participant, grant);
      const tracks = grant.tracks.map(({ id, type, stream }) => ({ id, type, stream }));
      return { id: grant.id, transportId, tracks };
    });
  }

  /** The subscription of this id, or a new one. */
  #grantFor(participant: Participant, request: SubscribeRequest): SubscriptionGrant {
    const { state, config } = this.#core;
    if (state.participants.get(participant.id) !== participant) throw state.noParticipant(participant.id);
    const id = request.id ?? SubscriptionIdSchema.parse(randomBytes(16).toString('hex'));
    const grant = { id, participant: participant.id, tracks: this.#resolve(participant, request) };
    const existing = state.subscriptions.get(id)?.grant;
    if (existing !== undefined) {
      const tracks = (of: SubscriptionGrant) => of.tracks.map((track) => track.id).join();
      if (existing.participant === participant.id && tracks(existing) === tracks(grant)) return existing;
      throw new PorticoError('subscription_exists', `subscription '${id}' exists already`, { field: 'id' });
    }
    if (state.subscriptionsOf(participant.id).length >= config.rooms.subscriptions_per_participant) {
      throw new PorticoError('resource_exhausted', 'this participant has as many subscriptions as it may');
    }
    return grant;
  }

  async #open(participant: Participant, grant: SubscriptionGrant): Promise<string> {
    if (participant.agent === undefined) await this.#seating.open(participant, []);
    const agent = participant.agent;
    if (agent === undefined) throw new PorticoError('worker_lost', 'the media of this participant is gone');
    const subscription = { grant, agent };
    try {
      const { transportId } = await this.#core.agents.call(agent, 'subscription.open', { grant });
      this.#checkStill(participant, subscription);
      this.insert(subscription);
      return transportId;
    } catch (error) {
      // The agent may have heard of it when its answer was lost, and a source may have gone while it was asked.
      if (this.#core.state.subscriptions.get(grant.id)?.grant !== grant) this.#revokeLater(subscription);
      throw error;
    }
  }

  /** Looks again after the agent was asked. */
  #checkStill(participant: Participant, { grant, agent }: Subscription): void {
    const { state } = this.#core;
    if (state.participants.get(participant.id) !== participant) throw state.noParticipant(participant.id);
    if (participant.agent !== agent) {
      throw new PorticoError('worker_lost', 'the media of this participant is gone');
    }
    for (const track of grant.tracks) {
      if (state.isCurrent(track)) continue;
      throw state.streams.has(track.stream) ? interrupted(track.stream) : state.noStream(track.stream);
    }
  }

  /** Adds a subscription, also one found at an agent after a takeover. */
  insert(subscription: Subscription): void {
    const { state, metrics } = this.#core;
    if (!state.subscriptions.has(subscription.grant.id)) metrics.subscriptions.inc();
    state.addSubscription(subscription);
  }

  #resolve(participant: Participant, request: SubscribeRequest): SubscribedTrack[] {
    return request.media.tracks.map(({ type, from, parameters }, index) => {
      const field = `media.tracks[${String(index)}].from`;
      const { stream, track } = this.#find(from, type, field);
      if (stream.owner === participant.id) {
        throw new PorticoError('own_stream', `stream '${stream.id}' is published by this participant`, {
          field,
        });
      }
      const origin = stream.origin(track);
      if (origin === undefined) throw interrupted(stream.id, field);
      return {
        id: track.id,
        stream: stream.id,
        type,
        paused: false,
        origin,
        ...(parameters === undefined ? {} : { parameters }),
        ...(track.parameters === undefined ? {} : { source: track.parameters }),
      };
    });
  }

  /** `from` is a stream id (its track of the type) or a track id. */
  #find(from: StreamId | TrackId, type: Kind, field: string): { stream: Stream; track: PublishedTrack } {
    const { state } = this.#core;
    const has = ({ id, tracks }: Stream) => id === from || tracks.some((track) => track.id === from);
    const stream = state.streams.get(from as StreamId) ?? [...state.streams.values()].find(has);
    if (stream?.announced === true) {
      const track = stream.id === from ? stream.track(type) : stream.tracks.find(({ id }) => id === from);
      if (track?.type === type) return { stream, track };
      throw new PorticoError('track_not_found', `'${from}' has no ${type} track`, { field });
    }
    throw new PorticoError('stream_not_found', `stream '${from}' not found in room '${state.id}'`, { field });
  }

  async unsubscribe(
    participant: Participant,
    id: SubscriptionId,
    reason: SessionEndReason = 'closed',
  ): Promise<void> {
    await participant.queue.run(async () => {
      const subscription = this.#own(participant, id);
      this.forget(subscription);
      await this.#revoke(subscription, reason);
    });
  }

  async control(participant: Participant, request: ClientInput<'subscription-control'>): Promise<void> {
    await participant.queue.run(async () => {
      const { grant, agent } = this.#own(participant, request.id);
      if (request.operation !== 'update') {
        const operation = { type: request.operation, data: request.data };
        await this.#core.agents.call(agent, 'subscription.control', { id: grant.id, operation });
        const kinds = kindsOf(request.data);
        for (const track of grant.tracks) {
          if (kinds.includes(track.type)) track.paused = operation.type === 'pause';
        }
        return;
      }
      const parameters = this.#sameSource(grant, request.data);
      if (parameters === undefined) return;
      const operation = { type: 'update' as const, parameters };
      await this.#core.agents.call(agent, 'subscription.control', { id: grant.id, operation });
      for (const track of grant.tracks) if (track.type === 'video') track.parameters = parameters;
    });
  }

  /** The new parameters, when the request stays with the same sources. */
  #sameSource(grant: SubscriptionGrant, data: UpdateData): SubscribedTrack['parameters'] {
    for (const kind of ['audio', 'video'] as const) {
      const from = data[kind]?.from;
      const track = grant.tracks.find(({ type }) => type === kind);
      if (data[kind] !== undefined && track === undefined) {
        throw new PorticoError('track_not_found', `subscription '${grant.id}' has no ${kind} track`, {
          field: `data.${kind}`,
        });
      }
      if (from !== undefined && from !== track?.stream && from !== track?.id) {
        throw new PorticoError(
          'not_supported',
          'a subscription keeps its source; subscribe to the other one instead',
          {
            field: `data.${kind}.from`,
          },
        );
      }
    }
    return data.video?.parameters;
  }

  #own(participant: Participant, id: SubscriptionId): Subscription {
    const subscription = this.#core.state.subscriptions.get(id);
    if (subscription?.grant.participant !== participant.id) {
      throw new PorticoError('subscription_not_found', `subscription '${id}' not found`, { field: 'id' });
    }
    return subscription;
  }

  /**
   * The permission of a participant has changed: takes away what it may not receive any more. In the queue of the
   * participant; resolves when its agent has done so.
   */
  async enforce({ id, permission }: Participant): Promise<void> {
    const subscriptions = this.#core.state.subscriptionsOf(id);
    await Promise.all(
      subscriptions.map(async (subscription) => {
        const { grant, agent } = subscription;
        const kept = grant.tracks.filter(({ type }) => permission.subscribe?.[type] === true);
        if (kept.length === grant.tracks.length) return;
        if (kept.length > 0) {
          await this.#narrow({ grant: { ...grant, tracks: kept }, agent });
          return;
        }
        this.end(subscription, 'permission_revoked', false);
        await this.#revoke(subscription, 'permission_revoked');
      }),
    );
  }

  /** The same subscription with fewer tracks. */
  async #narrow(subscription: Subscription): Promise<void> {
    const { grant, agent } = subscription;
    this.insert(subscription);
    await this.#core.agents.call(agent, 'subscription.open', { grant }).catch(ifGone);
  }

  /** A stream is gone or interrupted: whoever received it is told, and may receive nothing of it any more. */
  sourceLost(stream: Stream, reason: SessionEndReason): void {
    for (const subscription of this.#core.state.subscriptionsTo(stream.id))
      this.end(subscription, reason, true);
  }

  /** Ends a subscription that its participant did not end; `revoke`: its agent still holds the grant. */
  end(subscription: Subscription, reason: SessionEndReason, revoke: boolean): void {
    if (!this.forget(subscription)) return;
    const { id, participant } = subscription.grant;
    const data = { id, sessionId: id, status: 'error' as const, data: { reason, transports: false } };
    this.#core.journal.tell([participant], { name: 'progress', data });
    if (revoke) this.#revokeLater(subscription, reason);
  }

  /** Takes a subscription out of the room; its agent is not told. False when it was not there. */
  forget({ grant }: Subscription): boolean {
    const { state, metrics } = this.#core;
    if (state.subscriptions.get(grant.id)?.grant !== grant) return false;
    state.removeSubscription(grant.id);
    metrics.subscriptions.dec();
    return true;
  }

  /** After what its participant has asked for already; of one that left everything is closed anyway. */
  #revokeLater(subscription: Subscription, reason: SessionEndReason = 'closed'): void {
    const { state, log } = this.#core;
    const { id, participant } = subscription.grant;
    state.participants
      .get(participant)
      ?.queue.run(async () => {
        // The same id may be in use again by then.
        if (!state.subscriptions.has(id)) await this.#revoke(subscription, reason);
      })
      .catch((error: unknown) => {
        const { code } = PorticoError.from(error);
        log.warn({ room: state.id, subscription: id, code }, 'subscription not revoked');
      });
  }

  async #revoke({ grant, agent }: Subscription, reason: SessionEndReason): Promise<void> {
    await this.#core.agents.call(agent, 'subscription.close', { id: grant.id, reason }).catch(ifGone);
  }
}

/** Of an agent that is gone, or has lost the subscription or its transport, nobody receives anything. */
function ifGone(error: unknown): void {
  const { code } = PorticoError.from(error);
  if (!['unavailable', 'worker_lost', 'subscription_not_found', 'transport_not_found'].includes(code))
    throw error;
}

function interrupted(stream: StreamId, field?: string): PorticoError {
  const details = field === undefined ? {} : { field };
  return new PorticoError('stream_interrupted', `stream '${stream}' is interrupted`, details);
}

type UpdateData = Extract<ClientInput<'subscription-control'>, { operation: 'update' }>['data'];
