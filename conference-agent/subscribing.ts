import { randomBytes } from 'node:crypto';
import type { ClientInput, ClientOutput } from '../common/contract/client.ts';
import type { SubscriptionGrant } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { SubscriptionId, TrackId } from '../common/contract/ids.ts';
import { SubscriptionId as SubscriptionIdSchema } from '../common/contract/ids.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import type { Participant } from './participant.ts';
import { requireKinds } from './permissions.ts';
import type { RoomCore } from './room-core.ts';
import type { Subscription } from './room-state.ts';
import type { Seating } from './seating.ts';
import { interrupted, Sources } from './sources.ts';
import type { Stream } from './stream.ts';
import type { Mixing } from './views/mixing.ts';
import { audioKeyOf } from './views/view.ts';

type SubscribeRequest = ClientInput<'subscribe'>;

export interface SubscribingParts {
  seating: Seating;
  mixing: () => Mixing;
}

/** What participants receive. */
export class Subscribing {
  readonly #core: RoomCore;
  readonly #parts: SubscribingParts;
  readonly #sources: Sources;

  constructor(core: RoomCore, parts: SubscribingParts) {
    this.#core = core;
    this.#parts = parts;
    this.#sources = new Sources(core, parts.mixing);
  }

  /** Grants exactly the tracks asked for. The same id again is the same subscription. */
  async subscribe(participant: Participant, request: SubscribeRequest): Promise<ClientOutput<'subscribe'>> {
    const kinds = request.media.tracks.map((track) => track.type);
    requireKinds(participant.permission, 'subscribe', kinds);
    return await participant.queue.run(async () => {
      // It may have been changed while the request waited.
      requireKinds(participant.permission, 'subscribe', kinds);
      const { grant, transportId } = await this.#grant(participant, request);
      const tracks = grant.tracks.map(({ id, type, stream }) => ({ id, type, stream }));
      return { id: grant.id, transportId, tracks };
    });
  }

  async #grant(
    participant: Participant,
    request: SubscribeRequest,
  ): Promise<{ grant: SubscriptionGrant; transportId: string }> {
    const id = request.id ?? SubscriptionIdSchema.parse(randomBytes(16).toString('hex'));
    const found = this.#sources.find(participant, request.media.tracks);
    const existing = this.#check(participant, id, found);
    if (existing !== undefined) {
      return { grant: existing, transportId: await this.#open(participant, existing) };
    }
    const { tracks, release } = await this.#sources.acquire(participant, found);
    try {
      // Somebody else may have taken the id while a mix was waited for.
      this.#check(participant, id, found);
      const grant = { id, participant: participant.id, tracks };
      return { grant, transportId: await this.#open(participant, grant) };
    } finally {
      release();
    }
  }

  /** The subscription of this id, when it is the same; undefined: it may be made. */
  #check(
    participant: Participant,
    id: SubscriptionId,
    found: readonly { id: TrackId }[],
  ): SubscriptionGrant | undefined {
    const { state, config } = this.#core;
    if (state.participants.get(participant.id) !== participant) throw state.noParticipant(participant.id);
    const existing = state.subscriptions.get(id)?.grant;
    if (existing !== undefined) {
      const names = (tracks: readonly { id: TrackId }[]) => tracks.map((track) => track.id).join();
      if (existing.participant === participant.id && names(existing.tracks) === names(found)) return existing;
      throw new PorticoError('subscription_exists', `subscription '${id}' exists already`, { field: 'id' });
    }
    if (state.subscriptionsOf(participant.id).length >= config.rooms.subscriptions_per_participant) {
      throw new PorticoError('resource_exhausted', 'this participant has as many subscriptions as it may');
    }
    return undefined;
  }

  async #open(participant: Participant, grant: SubscriptionGrant): Promise<string> {
    if (participant.agent === undefined) await this.#parts.seating.open(participant, []);
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
      const known = state.streams.has(track.stream) || state.viewOf(track.stream) !== undefined;
      throw known ? interrupted(track.stream) : state.noStream(track.stream);
    }
  }

  /** Adds a subscription, also one found at an agent after a takeover. */
  insert(subscription: Subscription): void {
    const { state, metrics } = this.#core;
    if (!state.subscriptions.has(subscription.grant.id)) metrics.subscriptions.inc();
    state.addSubscription(subscription);
    this.#parts.mixing().demandChanged(subscription.grant);
  }

  async unsubscribe(
    participant: Participant,
    id: SubscriptionId,
    reason: SessionEndReason = 'closed',
  ): Promise<void> {
    await participant.queue.run(async () => {
      const subscription = this.#core.state.subscriptionOf(participant.id, id);
      this.forget(subscription);
      await this.#revoke(subscription, reason);
    });
  }

  /**
   * The permission of a participant has changed: takes away what it may not receive any more. In the queue of the
   * participant; resolves when its agent has done so.
   */
  async enforce(participant: Participant): Promise<void> {
    const { id, permission } = participant;
    this.#endEchoes(participant);
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

  /** Somebody who may speak now hears itself in a mix for everybody: it is to subscribe to one without itself. */
  #endEchoes(participant: Participant): void {
    const { state } = this.#core;
    if (audioKeyOf(participant) === 'common') return;
    for (const subscription of state.subscriptionsOf(participant.id)) {
      const echoes = subscription.grant.tracks.some(({ type, stream, origin }) => {
        const common = type === 'audio' ? state.viewOf(stream)?.origin('audio', 'common') : undefined;
        return common?.producer === origin.producer;
      });
      if (echoes) this.end(subscription, 'source_interrupted', true);
    }
  }

  /** Ends what does not flow any more: its source went away while nobody owned the room. */
  endStale(): void {
    const { state } = this.#core;
    for (const subscription of state.subscriptions.values()) {
      const stale = subscription.grant.tracks.filter((track) => !state.isCurrent(track));
      if (stale.length === 0) continue;
      const again = stale.every(({ stream }) => state.viewOf(stream) !== undefined);
      this.end(subscription, again ? 'source_interrupted' : 'source_ended', true);
    }
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
    this.#parts.mixing().demandChanged(grant);
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
