import type { Inventory, PublicationGrant } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { ProducerId, StreamId, TrackId } from '../common/contract/ids.ts';
import type { TrackMeasure } from '../common/contract/management.ts';
import type { KindSelector } from '../common/contract/media.ts';
import type { ClientTransport } from './client-transport.ts';
import type { AgentParts } from './parts.ts';
import { PublishedTrack, type GrantedTrack, type ProduceRequest } from './published-track.ts';
import type { Seat } from './seat.ts';
import type { SourceEnd } from '../common/media/pipes/source.ts';

/** A stream that a participant may publish here: exactly the tracks of its grant. */
export class Publication {
  readonly id: StreamId;
  readonly seat: Seat;
  readonly #parts: AgentParts;
  #grant: PublicationGrant;
  readonly #tracks = new Map<TrackId, PublishedTrack>();

  constructor(parts: AgentParts, seat: Seat, grant: PublicationGrant) {
    this.id = grant.id;
    this.seat = seat;
    this.#parts = parts;
    this.#grant = grant;
    for (const track of grant.tracks) this.#add(track);
  }

  /** Tracks that are being sent. */
  get live(): number {
    return [...this.#tracks.values()].filter((track) => track.source !== undefined).length;
  }

  /** The owner granted it again, perhaps with other tracks. */
  async update(grant: PublicationGrant): Promise<void> {
    this.#grant = grant;
    const wanted = new Map(grant.tracks.map((track) => [track.id, track]));
    for (const [id, track] of this.#tracks) {
      if (wanted.get(id)?.type === track.kind) continue;
      track.end('source_ended');
      this.#tracks.delete(id);
    }
    for (const track of grant.tracks) {
      const known = this.#tracks.get(track.id);
      if (known === undefined) this.#add(track);
      else await known.update(track);
    }
  }

  /** @throws PorticoError `grant_missing`, `rtp_invalid`, `codec_unsupported`, `worker_lost` */
  async produce(transport: ClientTransport, request: ProduceRequest): Promise<ProducerId> {
    const track = this.#tracks.get(request.track);
    if (track === undefined || track.kind !== request.kind) {
      throw new PorticoError(
        'grant_missing',
        `no ${request.kind} track '${request.track}' of stream '${this.id}' may be produced`,
      );
    }
    return await track.produce(transport, request);
  }

  async control(operation: 'pause' | 'play', data: KindSelector): Promise<void> {
    const chosen = [...this.#tracks.values()].filter((track) => data === 'av' || track.kind === data);
    await Promise.all(chosen.map((track) => track.setPaused(operation === 'pause')));
  }

  refresh(): void {
    for (const track of this.#tracks.values()) track.refresh();
  }

  repeatHints(): void {
    for (const track of this.#tracks.values()) track.repeatHints();
  }

  measure(): Promise<TrackMeasure[]> {
    return Promise.all([...this.#tracks.values()].map((track) => track.measure()));
  }

  async stats(): Promise<object[]> {
    const stats = await Promise.all([...this.#tracks.values()].map((track) => track.stats()));
    return stats.flat();
  }

  /** Whether a track of it is sent over this transport. */
  uses(transport: ClientTransport): boolean {
    return [...this.#tracks.values()].some((track) => track.transport === transport);
  }

  describe(): Inventory['publications'][number] {
    return { ...this.#grant, tracks: [...this.#tracks.values()].map((track) => track.describe()) };
  }

  close(reason: SourceEnd): void {
    for (const track of this.#tracks.values()) track.end(reason);
    this.#tracks.clear();
  }

  #add(grant: GrantedTrack): void {
    const track = new PublishedTrack({ parts: this.#parts, seat: this.seat, publication: this.id, grant });
    this.#tracks.set(grant.id, track);
  }
}
