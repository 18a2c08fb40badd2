import type { Publication } from './publication.ts';
import type { Subscription } from './subscription.ts';
import type { MediaLinkEvents } from './media-link.ts';
import type { RemoteStream } from './stream.ts';
import type { Quality, SessionEndReason } from './types.ts';
import type { NotificationPayload } from './wire.ts';

/** After these nothing is restored; after the others the same session can be made again. */
const final: ReadonlySet<SessionEndReason> = new Set<SessionEndReason>([
  'closed',
  'participant_left',
  'source_ended',
  'track_ended',
  'permission_revoked',
  'dropped',
  'room_closed',
]);

/** The publications and subscriptions of this participant, and what the server says of them. */
export class Sessions {
  readonly publications = new Map<string, Publication>();
  readonly subscriptions = new Map<string, Subscription>();

  addPublication(publication: Publication): void {
    this.publications.set(publication.id, publication);
    publication.on('ended', () => {
      if (this.publications.get(publication.id) === publication) this.publications.delete(publication.id);
    });
  }

  addSubscription(subscription: Subscription): void {
    this.subscriptions.set(subscription.id, subscription);
    subscription.on('ended', () => {
      this.subscriptions.delete(subscription.id);
    });
  }

  /** The server ended or lost one session. */
  ended(sessionId: string, reason: SessionEndReason): void {
    const subscription = this.#subscriptionOf(sessionId);
    if (final.has(reason)) (subscription ?? this.publications.get(sessionId))?.end(reason);
    else if (subscription !== undefined) subscription.lost(reason, { told: true });
    else this.publications.get(sessionId)?.interrupt(reason);
  }

  /** Our transports are gone, with all that used them. */
  transportsLost({ directions, reason, told }: MediaLinkEvents['lost']): void {
    if (directions.includes('send')) {
      for (const publication of [...this.publications.values()]) publication.interrupt(reason);
    }
    if (directions.includes('recv')) {
      for (const subscription of [...this.subscriptions.values()]) subscription.lost(reason, { told });
    }
  }

  /** The room does not have a stream of ours any more. */
  ownStreamRemoved(id: string, reason: SessionEndReason | undefined): void {
    const publication = this.publications.get(id);
    publication?.forgotten();
    // `closed`: we asked for it, to publish it again with other tracks; one that was stopped is no longer in the list.
    if (publication === undefined || reason === 'closed') return;
    if (reason !== undefined && final.has(reason)) publication.end(reason);
    else publication.interrupt(reason ?? 'orphaned');
  }

  streamRemoved(stream: RemoteStream): void {
    for (const subscription of this.#to(stream)) subscription.end('source_ended');
  }

  streamActive(stream: RemoteStream): void {
    for (const subscription of this.#to(stream)) subscription.restore();
  }

  /** What is wanted of the server, by its ids: it must not close any of that. */
  get held(): { publications: string[]; subscriptions: string[] } {
    return {
      publications: [...this.publications.keys()],
      subscriptions: [...this.subscriptions.values()].flatMap(({ wireId }) => wireId ?? []),
    };
  }

  /** The server has these sessions of ours: what it does not have, finished or not, is made again. */
  reconcile(known: { publications: readonly string[]; subscriptions: readonly string[] }): void {
    for (const session of [...this.publications.values(), ...this.subscriptions.values()]) session.extend();
    for (const publication of [...this.publications.values()]) {
      if (!known.publications.includes(publication.id)) publication.interrupt('orphaned');
    }
    for (const subscription of [...this.subscriptions.values()]) {
      const { wireId } = subscription;
      if (wireId !== undefined && !known.subscriptions.includes(wireId)) {
        subscription.lost('orphaned', { told: true });
      }
    }
  }

  layers({ id, track, maxSpatialLayer }: NotificationPayload<'layers'>): void {
    this.publications.get(id)?.setMaxLayer(track, maxSpatialLayer);
  }

  quality({ id, ...rest }: NotificationPayload<'quality'>): void {
    const quality: Quality = { track: rest.track, score: rest.score };
    if (rest.layers !== undefined) quality.layers = rest.layers;
    (this.publications.get(id) ?? this.#subscriptionOf(id))?.report(quality);
  }

  endAll(reason: SessionEndReason): void {
    for (const session of [...this.publications.values(), ...this.subscriptions.values()])
      session.end(reason);
  }

  #to(stream: RemoteStream): Subscription[] {
    return [...this.subscriptions.values()].filter((subscription) => subscription.stream === stream);
  }

  #subscriptionOf(wireId: string): Subscription | undefined {
    return [...this.subscriptions.values()].find((subscription) => subscription.wireId === wireId);
  }
}
