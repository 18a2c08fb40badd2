import type { ParticipantPage } from './page.ts';

interface Meter {
  running: boolean;
  frames: number;
  longest: number;
  last: { key: string; at: number };
}

/**
 * Measures the longest time in which a page decoded no new frame of somebody's camera. Taken from the decoder's count: what
 * is drawn says nothing in a tab that is not in front. A track that takes the place of another one goes on with its clock.
 */
export class FreezeMeter {
  readonly #viewer: ParticipantPage;
  readonly user: string;

  /** Starts to measure; resolves when frames come. */
  static async start(viewer: ParticipantPage, user: string): Promise<FreezeMeter> {
    const selector = await viewer.video(user);
    await viewer.page.evaluate(measure, { name: user, selector });
    const meter = new FreezeMeter(viewer, user);
    await viewer.page.waitForFunction((name) => window.freezeMeters[name]?.frames, user);
    return meter;
  }

  private constructor(viewer: ParticipantPage, user: string) {
    this.#viewer = viewer;
    this.user = user;
  }

  get viewer(): string {
    return this.#viewer.user;
  }

  /** Longest freeze until now, ms; the one that has not ended counts, too. */
  async longest(): Promise<number> {
    return await this.#viewer.page.evaluate((name) => {
      const meter = window.freezeMeters[name];
      return meter === undefined ? Infinity : Math.max(meter.longest, performance.now() - meter.last.at);
    }, this.user);
  }

  /** Ends the measurement. @returns the longest freeze, ms */
  async stop(): Promise<number> {
    const longest = await this.longest();
    await this.#viewer.page.evaluate((name) => {
      const meter = window.freezeMeters[name];
      if (meter !== undefined) meter.running = false;
    }, this.user);
    return longest;
  }
}

declare global {
  interface Window {
    freezeMeters: Record<string, Meter>;
  }
}

/** Runs in the page. */
function measure({ name, selector }: { name: string; selector: string }): void {
  const meter: Meter = { running: true, frames: 0, longest: 0, last: { key: '', at: performance.now() } };
  window.freezeMeters = { ...window.freezeMeters, [name]: meter };
  const connections = new WeakMap<MediaStreamTrack, RTCPeerConnection>();
  const connectionOf = (track: MediaStreamTrack) => {
    const known = connections.get(track);
    if (known !== undefined) return known;
    const found = window.peerConnections.find((connection) =>
      connection.getReceivers().some((receiver) => receiver.track === track),
    );
    if (found !== undefined) connections.set(track, found);
    return found;
  };
  /** Which track is shown, and how many frames of it were decoded. */
  const look = async (): Promise<{ key: string; count: number }> => {
    const video = document.querySelector<HTMLVideoElement>(selector);
    const [track] = (video?.srcObject as MediaStream | null)?.getVideoTracks() ?? [];
    if (track === undefined) return { key: '', count: 0 };
    for (const stat of ((await connectionOf(track)?.getStats(track))?.values() ?? []) as Iterable<
      Record<string, unknown>
    >) {
      if (stat.type !== 'inbound-rtp') continue;
      const count = Number(stat.framesDecoded ?? 0);
      return { key: `${track.id} ${String(count)}`, count };
    }
    return { key: '', count: 0 };
  };
  const tick = async (): Promise<void> => {
    const { key, count } = await look();
    const now = performance.now();
    if (count > 0 && key !== meter.last.key) {
      if (meter.frames > 0) meter.longest = Math.max(meter.longest, now - meter.last.at);
      meter.last = { key, at: now };
      meter.frames += 1;
    }
    if (meter.running) setTimeout(() => void tick(), 25);
  };
  void tick();
}
