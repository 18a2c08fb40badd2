import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { within } from '../../common/lifecycle/wait.ts';

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen',
  '--autoplay-policy=no-user-gesture-required',
  // Pages in the background must go on decoding: several participants share one browser.
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
];

export interface BrowserOptions {
  args?: string[];
  viewport?: { width: number; height: number };
  /** Runs the browser through another program (a network namespace). */
  executablePath?: string;
}

/** Debian's Chromium with a fresh profile and fake devices. */
export class Browser {
  readonly #context: BrowserContext;
  readonly #profile: string;

  static async launch({ args = [], viewport, executablePath }: BrowserOptions = {}): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'portico-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath ?? process.env.PORTICO_TEST_CHROMIUM ?? '/usr/bin/chromium',
      headless: false,
      args: [...flags, ...args],
      viewport: viewport ?? { width: 1280, height: 800 },
    });
    await context.addInitScript(watchConnections);
    return new Browser(context, profile);
  }

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  /** Opens an address in a new tab. What the page logs as an error is kept for messages. */
  async open(url: string, prepare?: () => void): Promise<Page> {
    const page = await this.#context.newPage();
    if (prepare !== undefined) await page.addInitScript(prepare);
    page.on('pageerror', (error) => {
      process.stderr.write(`page error: ${String(error)}\n`);
    });
    await page.goto(url);
    return page;
  }

  /** What each tab has sent and received, a line for each stream. */
  async traffic(): Promise<string> {
    const [, ...pages] = this.#context.pages();
    // A tab that hangs is told of, too.
    const told = pages.map(async (page) => {
      const lines = await within(page.evaluate(streamsOfPage), 5_000, () => new Error('no answer')).catch(
        (error: unknown) => [String(error)],
      );
      return [`--- ${page.url().replace(/token=[^&#]*/, '')}`, ...lines].join('\n');
    });
    return (await Promise.all(told)).join('\n');
  }

  /** Closes every tab but the empty one it started with. */
  async closePages(): Promise<void> {
    const [, ...pages] = this.#context.pages();
    await Promise.all(pages.map((page) => page.close()));
  }

  async close(): Promise<void> {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function streamsOfPage(): Promise<string[]> {
  const told = ['kind', 'framesSent', 'framesDecoded', 'packetsSent', 'packetsReceived', 'keyFramesDecoded'];
  const lines = [`visibility ${document.visibilityState}`];
  for (const connection of window.peerConnections) {
    for (const stat of (await connection.getStats()).values() as Iterable<Record<string, unknown>>) {
      if (stat.type !== 'inbound-rtp' && stat.type !== 'outbound-rtp') continue;
      const facts = told.filter((key) => key in stat).map((key) => `${key} ${String(stat[key])}`);
      lines.push(`${connection.connectionState} ${stat.type}: ${facts.join(', ')}`);
    }
  }
  return lines;
}

/** Keeps every RTCPeerConnection of a page, so that a test reads statistics without the help of the product. */
function watchConnections(): void {
  const connections: RTCPeerConnection[] = [];
  const Native = window.RTCPeerConnection;
  class Watched extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  }
  Object.assign(window, { RTCPeerConnection: Watched, peerConnections: connections });
}
