/*
 * Just enough of the browser's media objects for the SDK and the media engine's fake handler.
 */

/** A camera or microphone track without a device. */
class FakeTrack extends EventTarget {
  readonly id = crypto.randomUUID();
  readonly kind: 'audio' | 'video';
  readonly #settings: MediaTrackSettings;
  enabled = true;
  contentHint = '';
  readyState: MediaStreamTrackState = 'live';

  constructor(kind: 'audio' | 'video', settings: MediaTrackSettings = {}) {
    super();
    this.kind = kind;
    this.#settings = settings;
  }

  getSettings(): MediaTrackSettings {
    return this.#settings;
  }

  /** The device was unplugged. */
  unplug(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }

  stop(): void {
    this.readyState = 'ended';
  }
}

const fakeTrack = (
  kind: 'audio' | 'video',
  settings?: MediaTrackSettings,
): MediaStreamTrack & { unplug(): void } =>
  new FakeTrack(kind, settings) as unknown as MediaStreamTrack & { unplug(): void };

export const camera = (): MediaStreamTrack & { unplug(): void } =>
  fakeTrack('video', { width: 1280, height: 720, frameRate: 30 });
export const microphone = (): MediaStreamTrack & { unplug(): void } => fakeTrack('audio');

/** A set of tracks. */
export class FakeMediaStream extends EventTarget {
  readonly #tracks = new Set<MediaStreamTrack>();

  addTrack(track: MediaStreamTrack): void {
    this.#tracks.add(track);
  }

  removeTrack(track: MediaStreamTrack): void {
    this.#tracks.delete(track);
  }

  getTracks(): MediaStreamTrack[] {
    return [...this.#tracks];
  }

  getAudioTracks(): MediaStreamTrack[] {
    return this.getTracks().filter(({ kind }) => kind === 'audio');
  }

  getVideoTracks(): MediaStreamTrack[] {
    return this.getTracks().filter(({ kind }) => kind === 'video');
  }
}
