import type { Conference, RemoteStream, Subscription } from '../../../sdk/index.ts';
import { codeOf, explain } from '../explain.ts';
import type { Store } from '../state/store.ts';
import type { Kind, Permission } from '../state/types.ts';
import { QualityMeter } from './quality-meter.ts';
import { toView } from './translate.ts';

/** Subscribes to every stream of the room that the role may receive, and keeps the state current about each. */
export class Receiver {
  readonly #conference: Conference;
  readonly #store: Store;
  readonly #permission: Permission;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Streams that were seen, so that one told twice is received once. */
  readonly #known = new Set<string>();

  constructor(conference: Conference, store: Store, permission: Permission) {
    this.#conference = conference;
    this.#store = store;
    this.#permission = permission;
  }

  add(stream: RemoteStream): void {
    // A mix shows the same people again: the page makes its own picture of them.
    if (stream.type === 'mixed' || this.#known.has(stream.id)) return;
    this.#known.add(stream.id);
    const view = toView(stream, this.#permission);
    this.#store.dispatch({ type: 'stream-added', stream: view });
    if (view.audio ?? view.video) void this.#receive(stream);
  }

  update(stream: RemoteStream): void {
    this.#store.dispatch({ type: 'stream-updated', stream: toView(stream, this.#permission) });
  }

  remove(stream: RemoteStream): void {
    this.#known.delete(stream.id);
    this.#subscriptions.delete(stream.id);
    this.#store.dispatch({ type: 'stream-removed', id: stream.id });
  }

  /** @returns a function that ends it; does nothing for streams that are not received */
  attach(id: string, kind: Kind, element: HTMLMediaElement): () => void {
    const subscription = this.#subscriptions.get(id);
    const fits = kind === 'video' ? element instanceof HTMLVideoElement : element instanceof HTMLAudioElement;
    if (!subscription || !fits || subscription.state === 'ended') return () => {};
    return subscription.attach(element);
  }

  async #receive(stream: RemoteStream): Promise<void> {
    const { subscribeAudio, subscribeVideo } = this.#permission;
    try {
      const subscription = await this.#conference.subscribe(stream, {
        ...(subscribeAudio ? {} : { audio: false }),
        ...(subscribeVideo ? {} : { video: false }),
      });
      this.#subscriptions.set(stream.id, subscription);
      this.#follow(stream, subscription);
      this.#store.dispatch({ type: 'receiving', id: stream.id, receiving: 'live' });
    } catch (error) {
      this.#failed(stream, error);
    }
  }

  #follow(stream: RemoteStream, subscription: Subscription): void {
    const { dispatch } = this.#store;
    const { id } = stream;
    const meter = new QualityMeter();
    subscription.on('quality', ({ track, score }) => {
      dispatch({ type: 'quality', id, score: meter.update(track, score) });
    });
    subscription.on('interrupted', () => {
      dispatch({ type: 'receiving', id, receiving: 'restoring' });
    });
    subscription.on('resumed', () => {
      dispatch({ type: 'receiving', id, receiving: 'live' });
    });
    subscription.on('ended', ({ error }) => {
      this.#subscriptions.delete(id);
      if (error) this.#failed(stream, error);
    });
    subscription.on('playbackBlocked', ({ element }) => {
      if (element instanceof HTMLAudioElement) dispatch({ type: 'sound-blocked', blocked: true });
    });
  }

  #failed({ id }: RemoteStream, error: unknown): void {
    // It ended while we asked for it: its removal is on the way, or the call is over.
    if (['stream_not_found', 'ended'].includes(codeOf(error) ?? '')) return;
    this.#store.dispatch({ type: 'receiving', id, receiving: 'failed', problem: explain(error) });
  }
}
