import type { Conference, Publication, PublishOptions } from '../../../sdk/index.ts';
import { explain } from '../explain.ts';
import { isActive } from '../media/local-media.ts';
import type { LocalMedia } from '../media/local-media.ts';
import type { CaptureSource } from '../media/problems.ts';
import type { Store } from '../state/store.ts';
import type { Kind, Permission } from '../state/types.ts';
import { QualityMeter } from './quality-meter.ts';
import { toOwnView } from './translate.ts';

interface Slot {
  publication: Publication;
  track: MediaStreamTrack;
}

export interface PublisherParts {
  conference: Conference;
  store: Store;
  media: LocalMedia;
  permission: Permission;
  video: NonNullable<PublishOptions['video']>;
}

const kindOf: Record<CaptureSource, Kind> = { mic: 'audio', camera: 'video' };
const sources: CaptureSource[] = ['mic', 'camera'];

/**
 * Makes what is published follow the devices. Whatever changes (a switch, another device, one unplugged, a stream that
 * ended), the same comparison of wish and reality runs again, one run at a time.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #slots = new Map<CaptureSource, Slot>();
  readonly #stopListening: () => void;
  #queue: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#stopListening = parts.media.subscribe(() => {
      this.#sync();
    });
    this.#sync();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopListening();
  }

  /** The stream that holds the own microphone or camera. */
  publicationOf(id: string): Publication | undefined {
    return [...this.#slots.values()].find(({ publication }) => publication.id === id)?.publication;
  }

  #sync(): void {
    this.#queue = this.#queue
      .then(() => this.#reconcile())
      .catch((error: unknown) => {
        this.#failed(error);
      });
  }

  #failed(error: unknown): void {
    if (!this.#stopped) this.#parts.store.dispatch({ type: 'toast', tone: 'error', text: explain(error) });
  }

  async #reconcile(): Promise<void> {
    const { media, permission } = this.#parts;
    // Microphone and camera that open together become one stream: wait for both.
    if (this.#stopped || media.snapshot.opening) return;
    const allowed = { mic: permission.publishAudio, camera: permission.publishVideo };
    const fresh = sources.filter(
      (source) => allowed[source] && media.snapshot.tracks[source] !== null && !this.#slots.has(source),
    );
    if (fresh.length > 0) await this.#publish(fresh);
    for (const source of this.#slots.keys()) await this.#align(source);
  }

  async #publish(fresh: CaptureSource[]): Promise<void> {
    const { conference, media, video } = this.#parts;
    const { tracks, on } = media.snapshot;
    const given = fresh.flatMap((source) => {
      const track = tracks[source];
      return track ? [{ source, track }] : [];
    });
    const publication = await conference.publish(
      Object.fromEntries(given.map(({ source, track }) => [kindOf[source], track])),
      {
        source: { audio: 'mic', video: 'camera' },
        muted: { audio: !on.mic, video: !on.camera },
        video,
        mix: conference.views.slice(0, 1),
      },
    );
    for (const { source, track } of given) this.#slots.set(source, { publication, track });
    this.#follow(publication);
    this.#show('stream-added', publication);
  }

  /** Brings one published source to the present device and switch. */
  async #align(source: CaptureSource): Promise<void> {
    const slot = this.#slots.get(source);
    if (!slot || this.#stopped || slot.publication.state === 'ended') return;
    const { media } = this.#parts;
    const kind = kindOf[source];
    const track = media.snapshot.tracks[source];
    if (track && track !== slot.track) {
      await slot.publication.replaceTrack(track);
      slot.track = track;
    }
    const silent = !isActive(media.snapshot, source);
    if (silent === slot.publication.muted[kind]) return;
    // It is done on this side at once. The server may be told later, and the last wish wins: nothing waits for that.
    const told = silent ? slot.publication.mute(kind) : slot.publication.unmute(kind);
    told.catch((error: unknown) => {
      this.#failed(error);
    });
  }

  #follow(publication: Publication): void {
    const { store } = this.#parts;
    const meter = new QualityMeter();
    const refresh = (): void => {
      this.#show('stream-updated', publication);
    };
    publication.on('mute', ({ kind, by }) => {
      refresh();
      this.#mutedBy(kind, by);
    });
    publication.on('unmute', refresh);
    publication.on('views', refresh);
    publication.on('mixFailed', ({ error }) => {
      this.#failed(error);
    });
    publication.on('interrupted', () => {
      this.#forgetClosed(publication);
      refresh();
    });
    publication.on('resumed', refresh);
    publication.on('quality', ({ track, score }) => {
      store.dispatch({ type: 'quality', id: publication.id, score: meter.update(track, score) });
    });
    publication.on('ended', ({ reason, error }) => {
      for (const [source, slot] of this.#slots) {
        if (slot.publication === publication) this.#slots.delete(source);
      }
      store.dispatch({ type: 'stream-removed', id: publication.id });
      if (this.#stopped) return;
      if (error) store.dispatch({ type: 'toast', tone: 'error', text: explain(error) });
      // Nobody here asked for that: what is still open is published anew, unless it is not wanted any more.
      else if (reason !== 'permission_revoked') this.#sync();
    });
  }

  /** A camera that is off has no track to publish again: when it comes back it gets a stream of its own. */
  #forgetClosed(publication: Publication): void {
    for (const [source, slot] of this.#slots) {
      if (slot.publication === publication && slot.track.readyState === 'ended') this.#slots.delete(source);
    }
  }

  /** Somebody who leads the room switched us off: the switch follows, and we are told. */
  #mutedBy(kind: Kind, by: string | undefined): void {
    const { store, media } = this.#parts;
    if (by === undefined || by === store.state.self?.id) return;
    const name = store.state.people[by]?.user ?? 'Somebody';
    void media.turn({ [kind === 'audio' ? 'mic' : 'camera']: false });
    const what = kind === 'audio' ? 'muted you' : 'turned your camera off';
    store.dispatch({ type: 'toast', tone: 'warning', text: `${name} ${what}` });
  }

  #show(type: 'stream-added' | 'stream-updated', publication: Publication): void {
    const { store, conference } = this.#parts;
    if (this.#stopped) return;
    store.dispatch({ type, stream: toOwnView(publication, conference.self.id) });
  }
}
