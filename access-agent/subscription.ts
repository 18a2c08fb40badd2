import type { SubscriptionGrant } from '../common/contract/cluster.ts';
import type { ClientInput } from '../common/contract/client.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { SubscriptionId, TrackId } from '../common/contract/ids.ts';
import type { TrackMeasure } from '../common/contract/management.ts';
import type { KindSelector, VideoParameters } from '../common/contract/media.ts';
import type { ClientTransport } from './client-transport.ts';
import type { AgentParts } from './parts.ts';
import type { Seat } from './seat.ts';
import type { SourceEnd } from '../common/media/pipes/source.ts';
import { SubscribedTrack, type ConsumeAnswer } from './subscribed-track.ts';

/** What a participant may receive under one id: exactly the tracks of its grant. */
export class Subscription {
  readonly id: SubscriptionId;
  readonly #parts: AgentParts;
  readonly #seat: Seat;
  #grant: SubscriptionGrant;
  readonly #tracks = new Map<TrackId, SubscribedTrack>();

  constructor(parts: AgentParts, seat: Seat, grant: SubscriptionGrant) {
    this.id = grant.id;
    this.#parts = parts;
    this.#seat = seat;
    this.#grant = grant;
    for (const track of grant.tracks) this.#add(track);
  }

  /** Tracks that have a consumer. */
  get consumers(): number {
    return [...this.#tracks.values()].filter((track) => track.consuming).length;
  }

  /** Tracks that may be received. */
  get granted(): number {
    return this.#tracks.size;
  }

  /** The owner granted it again, perhaps other tracks or from another origin. */
  async update(grant: SubscriptionGrant): Promise<void> {
    this.#grant = grant;
    const wanted = new Set(grant.tracks.map((track) => track.id));
    for (const [id, track] of this.#tracks) {
      if (wanted.has(id)) continue;
      track.close();
      this.#tracks.delete(id);
    }
    for (const track of grant.tracks) {
      const known = this.#tracks.get(track.id);
      if (known === undefined) this.#add(track);
      else await known.update(track);
    }
  }

  /** @throws PorticoError `grant_missing` and what SubscribedTrack.consume throws */
  async consume(transport: ClientTransport, request: ClientInput<'consume'>): Promise<ConsumeAnswer> {
    const track = this.#tracks.get(request.track);
    if (track === undefined) {
      throw new PorticoError(
        'grant_missing',
        `track '${request.track}' is not part of subscription '${this.id}'`,
      );
    }
    return await track.consume(transport, request.rtpCapabilities);
  }

  async resume(): Promise<void> {
    await this.#each('av', (track) => track.resume());
  }

  /** The receiver was away: what it is sent can be seen again from the next key frame on. */
  async refresh(): Promise<void> {
    await this.#each('video', (track) => track.refresh());
  }

  async setPaused(paused: boolean, data: KindSelector): Promise<void> {
    await this.#each(data, (track) => track.setPaused(paused));
  }

  async setParameters(parameters: VideoParameters): Promise<void> {
    await this.#each('video', (track) => track.setParameters(parameters));
  }

  async setLayers({ spatialLayer, temporalLayer }: ClientInput<'setLayers'>): Promise<void> {
    const layers = temporalLayer === undefined ? { spatialLayer } : { spatialLayer, temporalLayer };
    await this.#each('video', (track) => track.setLayers(layers));
  }

  measure(): Promise<TrackMeasure[]> {
    return Promise.all([...this.#tracks.values()].map((track) => track.measure()));
  }

  async stats(): Promise<object[]> {
    const stats = await Promise.all([...this.#tracks.values()].map((track) => track.stats()));
    return stats.flat();
  }

  /** Whether a track of it is received over this transport. */
  uses(transport: ClientTransport): boolean {
    return [...this.#tracks.values()].some((track) => track.transport === transport);
  }

  describe(): SubscriptionGrant {
    return { ...this.#grant, tracks: [...this.#tracks.values()].map((track) => track.describe()) };
  }

  close(): void {
    for (const track of this.#tracks.values()) track.close();
    this.#tracks.clear();
  }

  async #each(data: KindSelector, act: (track: SubscribedTrack) => Promise<void>): Promise<void> {
    const chosen = [...this.#tracks.values()].filter((track) => data === 'av' || track.kind === data);
    await Promise.all(chosen.map(act));
  }

  #add(grant: SubscriptionGrant['tracks'][number]): void {
    const options = { parts: this.#parts, seat: this.#seat, subscription: this.id, grant };
    const track = new SubscribedTrack({
      ...options,
      onEnded: (reason: SourceEnd) => {
        // A stream that was closed on purpose: its owner knows what else to do.
        if (reason === 'source_interrupted') this.#seat.interrupted(this);
      },
    });
    this.#tracks.set(grant.id, track);
  }
}
