import type { Conference, Publication } from '../../../sdk/index.ts';
import { explain } from '../explain.ts';
import type { Store } from '../state/store.ts';
import { toOwnView } from './translate.ts';

/** Closing the browser's own choice of a screen is an answer, not an error. */
const isRefusal = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'NotAllowedError';

/** Shows the own screen, a window or a tab to the others, with its sound where the browser can. */
export class ScreenShare {
  readonly #conference: Conference;
  readonly #store: Store;
  #publication: Publication | null = null;

  constructor(conference: Conference, store: Store) {
    this.#conference = conference;
    this.#store = store;
  }

  get publication(): Publication | null {
    return this.#publication;
  }

  async toggle(): Promise<void> {
    if (this.#store.state.sharing === 'on') await this.stop();
    else if (this.#store.state.sharing === 'off') await this.#start();
  }

  async stop(): Promise<void> {
    const publication = this.#publication;
    if (!publication) return;
    this.#publication = null;
    for (const track of publication.mediaStream.getTracks()) track.stop();
    await publication.stop();
  }

  async #start(): Promise<void> {
    const { dispatch } = this.#store;
    dispatch({ type: 'sharing', sharing: 'starting' });
    let stream: MediaStream | null = null;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { ideal: 15, max: 30 } },
        audio: true,
      });
      const publication = await this.#conference.publish(stream, {
        source: { audio: 'screen-cast', video: 'screen-cast' },
        audio: { dtx: false, stereo: true },
        mix: this.#conference.views.slice(0, 1),
      });
      this.#follow(publication);
    } catch (error) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      dispatch({ type: 'sharing', sharing: 'off' });
      if (!isRefusal(error)) dispatch({ type: 'toast', tone: 'error', text: explain(error) });
    }
  }

  #follow(publication: Publication): void {
    const { dispatch } = this.#store;
    const owner = this.#conference.self.id;
    const refresh = (): void => {
      dispatch({ type: 'stream-updated', stream: toOwnView(publication, owner) });
    };
    this.#publication = publication;
    dispatch({ type: 'stream-added', stream: toOwnView(publication, owner) });
    dispatch({ type: 'sharing', sharing: 'on' });
    publication.on('mute', refresh);
    publication.on('unmute', refresh);
    publication.on('views', refresh);
    publication.on('interrupted', refresh);
    publication.on('resumed', refresh);
    // The browser has a bar of its own to end sharing.
    publication.on('trackEnded', ({ kind }) => {
      if (kind === 'video') void this.stop();
    });
    publication.on('ended', () => {
      this.#publication = null;
      for (const track of publication.mediaStream.getTracks()) track.stop();
      dispatch({ type: 'stream-removed', id: publication.id });
      dispatch({ type: 'sharing', sharing: 'off' });
    });
  }
}
