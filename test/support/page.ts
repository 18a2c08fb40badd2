import type { Page } from 'playwright-core';
import type { Conference } from '../../client/sdk/index.ts';
import type { Browser } from './browser.ts';
import type { Deployment, JoinOptions } from './deployment.ts';

declare global {
  interface Window {
    /** Every connection the page made (see browser.ts). */
    peerConnections: RTCPeerConnection[];
    /** The sample app's debugging aid. */
    portico: { conference?: Conference };
  }
}

/** What a test measures in a participant's page, from the browser's own statistics and pixels. */
export interface Reception {
  framesDecoded: number;
  videoBytes: number;
  audioEnergy: number;
  frameWidth: number;
}

/** Pixels of a video, reduced to a few numbers. */
export interface Picture {
  /** Mean brightness, 0 to 255. */
  mean: number;
  /** Difference between the brightest and the darkest of the samples. */
  contrast: number;
  /** Hash-like sum that changes when the picture does. */
  sum: number;
}

/** Calls a check until it gives something; fails with the last outcome after the deadline. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`not within ${String(timeoutMs)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A participant: the sample app in a tab. */
export class ParticipantPage {
  readonly page: Page;
  readonly user: string;

  private constructor(page: Page, user: string) {
    this.page = page;
    this.user = user;
  }

  /** @param prepare runs in the page before anything else */
  static async join(
    browser: Browser,
    deployment: Deployment,
    options: JoinOptions,
    prepare?: () => void,
  ): Promise<ParticipantPage> {
    const page = await browser.open(deployment.joinUrl(options), prepare);
    const participant = new ParticipantPage(page, options.user);
    await participant.state('connected');
    return participant;
  }

  /** A tab that came up by itself. */
  static of(page: Page, user: string): ParticipantPage {
    return new ParticipantPage(page, user);
  }

  /** Waits for a state of the app (`data-state` of the document). */
  async state(state: string, timeoutMs = 20_000): Promise<void> {
    const reached = (wanted: string) => document.documentElement.dataset.state === wanted;
    await this.page.waitForFunction(reached, state, { timeout: timeoutMs }).catch(async (cause: unknown) => {
      const page = await this.page.evaluate(() => ({
        state: document.documentElement.dataset.state,
        text: document.body.innerText.slice(0, 300),
      }));
      throw new Error(`${this.user} is not ${state}: ${JSON.stringify(page)}`, { cause });
    });
  }

  /** Id of this participant. */
  async id(): Promise<string> {
    return await this.page.evaluate(() => window.portico.conference?.self.id ?? '');
  }

  /** Id of another participant, as this page knows it; waits until it does. */
  async idOf(user: string): Promise<string> {
    return await eventually(`${this.user} knows ${user}`, () =>
      this.page.evaluate((name) => {
        const participants = window.portico.conference?.participants.values() ?? [];
        return [...participants].find((participant) => participant.user === name)?.id;
      }, user),
    );
  }

  /** Selector of another participant's video of a source. */
  async video(user: string, source = 'camera'): Promise<string> {
    return `video[data-participant-id="${await this.idOf(user)}"][data-source="${source}"]`;
  }

  /** Frames that a video element has shown. */
  async frames(selector: string): Promise<number> {
    return await this.page.evaluate((query) => {
      const video = document.querySelector<HTMLVideoElement>(query);
      return video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
    }, selector);
  }

  /** Waits until the video of another participant shows `count` more frames. */
  async seesMoreFrames(
    user: string,
    count: number,
    { source = 'camera', timeoutMs = 20_000 } = {},
  ): Promise<void> {
    const selector = await this.video(user, source);
    // The element may be replaced, with a count that starts again: then the rise counts from there.
    let last = await this.frames(selector);
    let seen = 0;
    await eventually(
      `${this.user} sees ${String(count)} more frames of ${user}`,
      async () => {
        const now = await this.frames(selector);
        seen += now >= last ? now - last : now;
        last = now;
        return seen >= count;
      },
      timeoutMs,
    );
  }

  async picture(selector: string): Promise<Picture | undefined> {
    return await this.page.evaluate((query) => {
      const video = document.querySelector<HTMLVideoElement>(query);
      if (video === null || video.videoWidth === 0) return undefined;
      const canvas = document.createElement('canvas');
      canvas.width = 64;
      canvas.height = 36;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (context === null) return undefined;
      context.drawImage(video, 0, 0, 64, 36);
      const { data } = context.getImageData(0, 0, 64, 36);
      let [sum, lowest, highest, weighted] = [0, 255, 0, 0];
      for (let index = 0; index < data.length; index += 4) {
        const light = ((data[index] ?? 0) + (data[index + 1] ?? 0) + (data[index + 2] ?? 0)) / 3;
        sum += light;
        weighted += light * (index % 997);
        lowest = Math.min(lowest, light);
        highest = Math.max(highest, light);
      }
      return { mean: sum / (64 * 36), contrast: highest - lowest, sum: weighted };
    }, selector);
  }

  /** Waits until the picture of another participant is neither black nor frozen. */
  async seesLivePicture(user: string, source = 'camera'): Promise<void> {
    const selector = await this.video(user, source);
    const first = await eventually(`${this.user} sees a picture of ${user}`, async () => {
      const picture = await this.picture(selector);
      return picture !== undefined && picture.mean > 10 && picture.contrast > 30 ? picture : undefined;
    });
    await eventually(`the picture of ${user} moves at ${this.user}`, async () => {
      const picture = await this.picture(selector);
      return picture !== undefined && picture.sum !== first.sum;
    });
  }

  /** Sums over everything this page receives. */
  async reception(): Promise<Reception> {
    return await this.page.evaluate(async () => {
      const total = { framesDecoded: 0, videoBytes: 0, audioEnergy: 0, frameWidth: 0 };
      for (const connection of window.peerConnections) {
        const report = await connection.getStats();
        for (const stat of report.values() as Iterable<Record<string, unknown>>) {
          if (stat.type !== 'inbound-rtp') continue;
          if (stat.kind === 'audio') total.audioEnergy += Number(stat.totalAudioEnergy ?? 0);
          if (stat.kind !== 'video') continue;
          total.framesDecoded += Number(stat.framesDecoded ?? 0);
          total.videoBytes += Number(stat.bytesReceived ?? 0);
          total.frameWidth = Math.max(total.frameWidth, Number(stat.frameWidth ?? 0));
        }
      }
      return total;
    });
  }

  /** Waits until sound arrives: the energy of all received audio rises. */
  async hearsSound(timeoutMs = 20_000): Promise<void> {
    const before = (await this.reception()).audioEnergy;
    await eventually(
      `${this.user} hears something`,
      async () => (await this.reception()).audioEnergy > before + 1e-6,
      timeoutMs,
    );
  }

  /** Bits per second that this page sends in video, measured over `ms`. */
  async sendBitrate(ms = 1_000): Promise<number> {
    return await this.page.evaluate(async (window_ms) => {
      const sent = async () => {
        let bytes = 0;
        for (const connection of window.peerConnections) {
          for (const stat of (await connection.getStats()).values() as Iterable<Record<string, unknown>>) {
            if (stat.type === 'outbound-rtp' && stat.kind === 'video') bytes += Number(stat.bytesSent ?? 0);
          }
        }
        return bytes;
      };
      const before = await sent();
      const start = performance.now();
      await new Promise((resolve) => setTimeout(resolve, window_ms));
      return (((await sent()) - before) * 8 * 1000) / (performance.now() - start);
    }, ms);
  }

  /** Protocols of the candidate pairs in use. */
  async protocols(): Promise<string[]> {
    return await this.page.evaluate(async () => {
      const protocols = new Set<string>();
      for (const connection of window.peerConnections) {
        const report = await connection.getStats();
        const stats = new Map([...report.entries()] as [string, Record<string, unknown>][]);
        for (const stat of stats.values()) {
          if (stat.type !== 'transport' || typeof stat.selectedCandidatePairId !== 'string') continue;
          const pair = stats.get(stat.selectedCandidatePairId);
          const local = stats.get(String(pair?.localCandidateId));
          protocols.add(`${String(local?.candidateType)}/${String(local?.relayProtocol ?? local?.protocol)}`);
        }
      }
      return [...protocols];
    });
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}
