import { MixedStream } from '../../../sdk/index.ts';
import type { Conference, RemoteStream, Subscription } from '../../../sdk/index.ts';
import { codeOf, explain } from '../explain.ts';
import { mixOf, showsMix } from '../state/mix-selectors.ts';
import type { Store } from '../state/store.ts';
import type { Kind, Permission, StreamView } from '../state/types.ts';
import { QualityMeter } from './quality-meter.ts';
import { toMixView, toView } from './translate.ts';

/** A mix may have to be started first, on a server that is busy: that can take longer than one attempt. */
const attemptsAtMix = 3;
const isSlow = (error: unknown): boolean =>
  ['timeout', 'unavailable', 'stream_interrupted'].includes(codeOf(error) ?? '');

/**
 * Subscribes to what the stage shows and the role may receive: every stream of the room, or the mixed one of a view alone.
 * Keeps the state current about each.
 */
export class Receiver {
  readonly #conference: Conference;
  readonly #store: Store;
  readonly #permission: Permission;
  readonly #streams = new Map<string, RemoteStream>();
  readonly #subscriptions = new Map<string, Subscription>();
  /** Streams that are being asked for. */
  readonly #asked = new Set<string>();
  /** Streams that the room took away although they are there. */
  readonly #denied = new Set<string>();

  constructor(conference: Conference, store: Store, permission: Permission) {
    this.#conference = conference;
    this.#store = store;
    this.#permission = permission;
  }

  add(...streams: readonly RemoteStream[]): void {
    const { dispatch } = this.#store;
    // One that is told twice is received once.
    for (const stream of streams.filter(({ id }) => !this.#streams.has(id))) {
      this.#streams.set(stream.id, stream);
      if (stream instanceof MixedStream) {
        dispatch({ type: 'mix-added', mix: toMixView(stream, this.#permission) });
      } else dispatch({ type: 'stream-added', stream: toView(stream, this.#permission) });
    }
    this.sync();
  }

  update(stream: RemoteStream): void {
    const { dispatch, state } = this.#store;
    if (!(stream instanceof MixedStream)) {
      dispatch({ type: 'stream-updated', stream: toView(stream, this.#permission) });
      return;
    }
    const wasInterrupted = state.mixes[stream.id]?.interrupted === true;
    dispatch({ type: 'mix-updated', mix: toMixView(stream, this.#permission) });
    if (wasInterrupted && stream.status === 'active') this.retry(stream.id);
  }

  remove(stream: RemoteStream): void {
    const { id } = stream;
    this.#streams.delete(id);
    this.#subscriptions.delete(id);
    this.#denied.delete(id);
    this.#store.dispatch({ type: stream.type === 'mixed' ? 'mix-removed' : 'stream-removed', id });
    this.sync();
  }

  /** Makes what is received what the stage shows. What was shown before goes on until the new is there. */
  sync(): void {
    const wanted = this.#wanted();
    for (const { id } of wanted) this.#want(id);
    const settled = wanted.every(({ id }) => !this.#asked.has(id));
    if (!settled) return;
    const kept = new Set(wanted.map(({ id }) => id));
    for (const [id, subscription] of this.#subscriptions) if (!kept.has(id)) this.#drop(id, subscription);
  }

  /** Asks again for what could not be received. */
  retry(id: string): void {
    if (this.#view(id)?.receiving !== 'failed') return;
    this.#store.dispatch({ type: 'receiving', id, receiving: 'off' });
    this.sync();
  }

  /** @returns a function that ends it; does nothing for streams that are not received */
  attach(id: string, kind: Kind, element: HTMLMediaElement): () => void {
    const subscription = this.#subscriptions.get(id);
    const fits = kind === 'video' ? element instanceof HTMLVideoElement : element instanceof HTMLAudioElement;
    if (!subscription || !fits || subscription.state === 'ended') return () => {};
    return subscription.attach(element);
  }

  #view(id: string): StreamView | undefined {
    const { streams, mixes } = this.#store.state;
    return mixes[id] ?? streams[id];
  }

  /** While a mix cannot be received the single streams are at least heard. */
  #wanted(): StreamView[] {
    const { state } = this.#store;
    const mix = showsMix(state) ? mixOf(state) : null;
    if (mix !== null && mix.receiving !== 'failed') return [mix];
    return Object.values(state.streams).filter(({ id }) => this.#streams.has(id));
  }

  #want(id: string): void {
    const stream = this.#streams.get(id);
    const view = this.#view(id);
    const isKnown = this.#subscriptions.has(id) || this.#asked.has(id) || this.#denied.has(id);
    if (!stream || !view || isKnown) return;
    if (view.receiving !== 'failed' && (view.audio ?? view.video)) void this.#receive(stream);
  }

  async #receive(stream: RemoteStream): Promise<void> {
    const { id } = stream;
    const { dispatch } = this.#store;
    this.#asked.add(id);
    dispatch({ type: 'receiving', id, receiving: 'waiting' });
    try {
      const subscription = await this.#subscribe(stream, stream.type === 'mixed' ? attemptsAtMix : 1);
      this.#subscriptions.set(id, subscription);
      this.#follow(stream, subscription);
      dispatch({ type: 'receiving', id, receiving: 'live' });
    } catch (error) {
      this.#failed(stream, error);
    }
    this.#asked.delete(id);
    // Something else may be wanted by now.
    this.sync();
  }

  async #subscribe(stream: RemoteStream, attempts: number): Promise<Subscription> {
    const { subscribeAudio, subscribeVideo } = this.#permission;
    try {
      return await this.#conference.subscribe(stream, {
        ...(subscribeAudio ? {} : { audio: false }),
        ...(subscribeVideo ? {} : { video: false }),
      });
    } catch (error) {
      const isWanted = this.#wanted().some(({ id }) => id === stream.id);
      if (attempts <= 1 || !isWanted || !isSlow(error)) throw error;
      return await this.#subscribe(stream, attempts - 1);
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
    subscription.on('ended', ({ reason, error }) => {
      if (this.#subscriptions.get(id) === subscription) this.#subscriptions.delete(id);
      if (reason === 'permission_revoked') this.#denied.add(id);
      if (!error) return;
      this.#failed(stream, error);
      this.sync();
    });
    subscription.on('playbackBlocked', ({ element }) => {
      if (element instanceof HTMLAudioElement) dispatch({ type: 'sound-blocked', blocked: true });
    });
  }

  #drop(id: string, subscription: Subscription): void {
    this.#subscriptions.delete(id);
    this.#store.dispatch({ type: 'receiving', id, receiving: 'off' });
    void subscription.stop();
  }

  #failed({ id }: RemoteStream, error: unknown): void {
    // It ended while we asked for it: its removal is on the way, or the call is over.
    if (['stream_not_found', 'ended'].includes(codeOf(error) ?? '')) return;
    this.#store.dispatch({ type: 'receiving', id, receiving: 'failed', problem: explain(error) });
  }
}
