import { capture } from './capture.ts';
import { listDevices, noDevices } from './device-list.ts';
import type { DeviceList } from './device-list.ts';
import { problemSentence } from './problems.ts';
import type { CaptureSource, DeviceProblem } from './problems.ts';
import { recall, remember } from './storage.ts';

export type DeviceRole = CaptureSource | 'speaker';

/** What components and the session see; replaced as a whole at every change. */
export interface LocalSnapshot {
  tracks: Record<CaptureSource, MediaStreamTrack | null>;
  /** What the person wants; the track may still be opening or impossible. */
  on: Record<CaptureSource, boolean>;
  opening: boolean;
  problems: Partial<Record<CaptureSource, DeviceProblem>>;
  devices: DeviceList;
  /** Chosen device ids; '' lets the browser choose. */
  chosen: Record<DeviceRole, string>;
}

const sourceOf = (track: MediaStreamTrack): CaptureSource => (track.kind === 'audio' ? 'mic' : 'camera');
const sources: CaptureSource[] = ['mic', 'camera'];

const without = <T extends object>(record: T, keys: readonly string[]): T =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key))) as T;

/** Whether a source is wanted and really there. */
export const isActive = ({ on, tracks }: LocalSnapshot, source: CaptureSource): boolean =>
  on[source] && tracks[source] !== null;

const nounOf: Record<CaptureSource, string> = { mic: 'microphone', camera: 'camera' };

/**
 * Owns the microphone and the camera from the pre-join page to the end of the call. A camera that is off is really
 * closed (its light goes out); a microphone that is off stays open but silent, so that speaking again is instant.
 */
export class LocalMedia {
  snapshot: LocalSnapshot = {
    tracks: { mic: null, camera: null },
    on: { mic: false, camera: false },
    opening: false,
    problems: {},
    devices: noDevices,
    chosen: {
      mic: recall('mic') ?? '',
      camera: recall('camera') ?? '',
      speaker: recall('speaker') ?? '',
    },
  };
  /** Told about devices that vanish during the call. */
  onNotice: (sentence: string) => void = () => {};
  readonly #listeners = new Set<() => void>();
  #queue: Promise<void> = Promise.resolve();

  constructor() {
    if ('mediaDevices' in navigator) {
      navigator.mediaDevices.addEventListener('devicechange', () => void this.#refresh());
    }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Turns sources on or off; resolves when the devices are open or known not to open. */
  turn(wanted: Partial<Record<CaptureSource, boolean>>): Promise<void> {
    this.#set({ on: { ...this.snapshot.on, ...wanted } });
    return this.#serially(() => this.#apply());
  }

  /** Uses another device from now on. */
  async choose(role: DeviceRole, id: string): Promise<void> {
    remember(role, id);
    this.#set({ chosen: { ...this.snapshot.chosen, [role]: id } });
    if (role !== 'speaker') await this.#serially(() => this.#reopen(role));
  }

  /** Closes both devices; what the person wants stays known. */
  close(): Promise<void> {
    return this.#serially(() => {
      this.#drop('mic');
      this.#drop('camera');
      return Promise.resolve();
    });
  }

  /** Opens again what is wanted, after `close` or a failure. */
  reopen(): Promise<void> {
    return this.#serially(() => this.#apply());
  }

  #serially(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(work, work);
    return this.#queue;
  }

  async #apply(): Promise<void> {
    const { on, chosen, tracks, problems } = this.snapshot;
    if (!on.camera) this.#drop('camera');
    // A device that is not wanted is no problem.
    this.#set({
      problems: without(
        problems,
        sources.filter((source) => !on[source]),
      ),
    });
    if (tracks.mic) tracks.mic.enabled = on.mic;
    await this.#open({
      ...(on.mic && !tracks.mic ? { mic: chosen.mic } : {}),
      ...(on.camera && !tracks.camera ? { camera: chosen.camera } : {}),
    });
  }

  async #reopen(source: CaptureSource): Promise<void> {
    const { on, chosen, tracks } = this.snapshot;
    if (!on[source] && !tracks[source]) return;
    // Some systems open a camera only once: the old one is closed first. The microphone is swapped without a gap.
    if (source === 'camera') this.#drop('camera');
    await this.#open({ [source]: chosen[source] });
  }

  async #open(request: Partial<Record<CaptureSource, string>>): Promise<void> {
    if (Object.keys(request).length === 0) return;
    this.#set({ opening: true });
    const { tracks, problems } = await capture(request);
    const adopted = { ...this.snapshot.tracks };
    for (const track of tracks) adopted[sourceOf(track)] = this.#adopt(track);
    // All at once: whoever publishes microphone and camera as one stream must see them together.
    this.#set({
      opening: false,
      tracks: adopted,
      problems: { ...without(this.snapshot.problems, Object.keys(request)), ...problems },
    });
    await this.#refresh();
  }

  #adopt(track: MediaStreamTrack): MediaStreamTrack {
    const source = sourceOf(track);
    this.snapshot.tracks[source]?.stop();
    track.enabled = this.snapshot.on[source];
    track.addEventListener('ended', () => void this.#serially(() => this.#lost(source, track)));
    return track;
  }

  /** The device was unplugged or taken away by the system: go on with another one if there is any. */
  async #lost(source: CaptureSource, track: MediaStreamTrack): Promise<void> {
    if (this.#track(source) !== track) return;
    this.#drop(source);
    await this.#open({ [source]: '' });
    const replacement = this.#track(source);
    const noun = nounOf[source];
    if (replacement) {
      this.onNotice(`Your ${noun} was disconnected. Now using ${replacement.label || `another ${noun}`}.`);
      return;
    }
    const problem = this.snapshot.problems[source] ?? 'missing';
    this.#set({ on: { ...this.snapshot.on, [source]: false } });
    this.onNotice(
      problem === 'missing' ? `Your ${noun} was disconnected.` : problemSentence(source, problem),
    );
  }

  #track(source: CaptureSource): MediaStreamTrack | null {
    return this.snapshot.tracks[source];
  }

  #drop(source: CaptureSource): void {
    const track = this.snapshot.tracks[source];
    if (!track) return;
    track.stop();
    this.#set({ tracks: { ...this.snapshot.tracks, [source]: null } });
  }

  async #refresh(): Promise<void> {
    this.#set({ devices: await listDevices() });
  }

  #set(change: Partial<LocalSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
