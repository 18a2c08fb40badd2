import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import type { Browser } from './browser.ts';
import { eventually } from './page.ts';

/** What a player shows and plays. */
export interface Played {
  /** Of the middle of the picture, 0 to 255 each. */
  colour: [number, number, number];
  /** s. */
  time: number;
  /** Frequency with most energy, Hz. */
  tone: number;
}

declare global {
  interface Window {
    Hls: new () => { loadSource(url: string): void; attachMedia(video: HTMLVideoElement): void };
    dashjs: {
      MediaPlayer(): {
        create(): { initialize(video: HTMLVideoElement, url: string, autoplay: boolean): void };
      };
    };
    analyser: AnalyserNode;
  }
}

const require = createRequire(import.meta.url);
const players = {
  hls: require.resolve('hls.js/dist/hls.min.js'),
  dash: require.resolve('dashjs'),
};

/** A page of another site than the streams that plays HLS with hls.js and DASH with dash.js. */
export class PlaybackPages {
  readonly #server: Server;
  readonly #origin: string;

  static async start(): Promise<PlaybackPages> {
    const server = createServer((request, response) => {
      const script = Object.entries(players).find(([name]) => request.url === `/${name}.js`)?.[1];
      if (script === undefined) {
        response.setHeader('content-type', 'text/html').end('<video muted playsinline></video>');
      } else {
        void readFile(script).then((text) => response.setHeader('content-type', 'text/javascript').end(text));
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PlaybackPages(server, `http://127.0.0.1:${(server.address() as { port: number }).port}`);
  }

  private constructor(server: Server, origin: string) {
    this.#server = server;
    this.#origin = origin;
  }

  /** Opens a tab that plays a stream. */
  async play(browser: Browser, protocol: 'hls' | 'dash', url: string): Promise<Playback> {
    const page = await browser.open(`${this.#origin}/`);
    await page.addScriptTag({ url: `/${protocol}.js` });
    await page.evaluate(beginToPlay, { protocol, url });
    return new Playback(page);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export class Playback {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Waits until what is played is as it should be. */
  async until(what: string, check: (played: Played) => boolean): Promise<Played> {
    let last: Played | undefined;
    try {
      return await eventually(
        what,
        async () => {
          last = await this.#page.evaluate(lookAtVideo);
          return last !== undefined && check(last) && last;
        },
        60_000,
      );
    } catch (error) {
      throw new Error(`last: ${JSON.stringify(last)}`, { cause: error });
    }
  }
}

/** In the page. Sound is heard by an analyser: a muted video would have none. */
function beginToPlay({ protocol, url }: { protocol: 'hls' | 'dash'; url: string }): void {
  const video = document.querySelector('video');
  if (video === null) throw new Error('the page has no video');
  video.muted = false;
  const context = new AudioContext();
  window.analyser = new AnalyserNode(context, { fftSize: 8192 });
  context.createMediaElementSource(video).connect(window.analyser);
  if (protocol === 'hls') {
    const player = new window.Hls();
    player.loadSource(url);
    player.attachMedia(video);
    void video.play();
  } else {
    window.dashjs.MediaPlayer().create().initialize(video, url, true);
  }
}

function lookAtVideo(): Played | undefined {
  const video = document.querySelector('video');
  if (video === null || video.readyState < 2 || video.videoWidth === 0) return undefined;
  if (video.paused) void video.play();
  const canvas = new OffscreenCanvas(1, 1);
  const drawing = canvas.getContext('2d');
  drawing?.drawImage(video, 0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = drawing?.getImageData(0, 0, 1, 1).data ?? [];
  const levels = new Float32Array(window.analyser.frequencyBinCount);
  window.analyser.getFloatFrequencyData(levels);
  const loudest = levels.reduce((best, level, index) => (level > (levels[best] ?? 0) ? index : best), 0);
  const tone = (loudest * window.analyser.context.sampleRate) / window.analyser.fftSize;
  return { colour: [r, g, b], time: video.currentTime, tone };
}
