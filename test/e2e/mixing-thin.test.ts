import assert from 'node:assert/strict';
import { ClientNetwork } from '../support/client-network.ts';
import { startSingle } from '../support/deployment.ts';
import { fixture, useBrowser, useDeployment } from '../support/fixture.ts';
import { eventually, ParticipantPage } from '../support/page.ts';
import { childrenOf, commandOf } from '../support/processes.ts';

/** Width of the view, and of its smaller encoding. */
const [main, low] = [640, 320];

const parameters = { resolution: { width: 640, height: 360 }, framerate: 15, bitrate: 1_000 };
const viewOf = (codec: 'vp8' | 'h264') => ({ label: 'common', video: { format: { codec }, parameters } });

/** FFmpegs of the mixes of a server that encode. */
const encodersOf = (server: number): number =>
  childrenOf(server)
    .flatMap((pid) => childrenOf(pid))
    .filter((pid) => /ffmpeg.*lib(vpx|x264)/s.test(commandOf(pid))).length;

/** Runs in a page before anything else: a camera full of movement, so that encoders take all they may. */
function busyCamera(): void {
  navigator.mediaDevices.getUserMedia = () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [640, 360];
    const context = canvas.getContext('2d');
    setInterval(() => {
      if (context === null) return;
      for (let count = 0; count < 6; count += 1) {
        context.fillStyle = `hsl(${Math.random() * 360} 80% ${Math.random() * 100}%)`;
        context.fillRect(Math.random() * 640, Math.random() * 360, 60, 40);
      }
    }, 40);
    return Promise.resolve(canvas.captureStream(25));
  };
}

/** Runs in a page before anything else: it shows the mixed view and receives nothing else. */
function mixedStage(): void {
  localStorage.setItem('portico.stage', 'mixed');
}

interface Probe {
  frames: number;
  longest: number;
  last: number;
  /** Widths, in the order in which they were seen. */
  widths: number[];
}

declare global {
  interface Window {
    thinProbe?: Probe;
  }
}

/** Somebody who looks at the mixed view of the page. */
class Viewer {
  readonly page: ParticipantPage;

  private constructor(page: ParticipantPage) {
    this.page = page;
  }

  static async join(...[browser, server, options]: Parameters<typeof ParticipantPage.join>): Promise<Viewer> {
    const page = await ParticipantPage.join(browser, server, { ...options, role: 'viewer' }, mixedStage);
    const selector = '[data-mix] > video[data-source="mixed"]';
    await page.page.waitForSelector(selector, { timeout: 60_000 });
    await page.page.evaluate((query) => {
      const video = document.querySelector<HTMLVideoElement>(query);
      const probe: Probe = { frames: 0, longest: 0, last: performance.now(), widths: [] };
      window.thinProbe = probe;
      const look = (now: number, { width }: VideoFrameCallbackMetadata) => {
        if (probe.frames > 0) probe.longest = Math.max(probe.longest, now - probe.last);
        probe.last = now;
        probe.frames += 1;
        if (width !== probe.widths.at(-1)) probe.widths.push(width);
        video?.requestVideoFrameCallback(look);
      };
      video?.requestVideoFrameCallback(look);
    }, selector);
    return new Viewer(page);
  }

  async becomes(width: number, timeoutMs: number): Promise<void> {
    await eventually(
      `${this.page.user} sees ${width} pixels`,
      async () => (await this.#probe()).widths.at(-1) === width,
      timeoutMs,
    );
  }

  async seesMoreFrames(count: number, timeoutMs = 30_000): Promise<void> {
    const before = (await this.#probe()).frames;
    await eventually(
      `${count} more frames`,
      async () => (await this.#probe()).frames >= before + count,
      timeoutMs,
    );
  }

  async widths(): Promise<number[]> {
    return (await this.#probe()).widths;
  }

  /** Longest time between two frames since the last call, ms. */
  async takeLongestGap(): Promise<number> {
    return await this.page.page.evaluate(() => {
      const probe = window.thinProbe;
      if (probe === undefined) return Infinity;
      const longest = Math.max(probe.longest, performance.now() - probe.last);
      probe.longest = 0;
      return Math.round(longest);
    });
  }

  async #probe(): Promise<Probe> {
    const probe = await this.page.page.evaluate(() => window.thinProbe);
    assert.ok(probe !== undefined);
    return probe;
  }
}

describe('a mixed stream on a thin line', function () {
  this.timeout(300_000);
  const network = fixture(
    () => ClientNetwork.create(),
    (created) => created.remove(),
  );
  const running = useDeployment(() =>
    startSingle(
      {
        rooms: { room: [{ id: 'avc', views: [viewOf('h264')] }] },
        'rooms.default': { views: [viewOf('vp8')] },
      },
      { host: network().server },
    ),
  );
  const secure = () => [`--unsafely-treat-insecure-origin-as-secure=${running().url}`];
  const outside = useBrowser(() => ({ args: secure() }));
  const within = async () => ({
    executablePath: await network().wrap('/usr/bin/chromium'),
    args: secure(),
  });
  const inside = useBrowser(within);
  /** A page behind another one draws little of what it receives. */
  const insideToo = useBrowser(within);

  const publish = (room: string) =>
    ParticipantPage.join(outside(), running(), { room, user: 'busy', query: { simulcast: '0' } }, busyCamera);
  const watch = (where: typeof outside, room: string, user: string) =>
    Viewer.join(where(), running(), { room, user });
  const encoders = () => encodersOf(running().process.pid);
  const encode = (count: number, timeoutMs: number) =>
    eventually(`${count} encoders run`, () => Promise.resolve(encoders() === count), timeoutMs);

  it('gets smaller there and nowhere else, and large again with the line', async () => {
    const busy = await publish('thin');
    const wide = await watch(outside, 'thin', 'wide');
    const thin = await watch(inside, 'thin', 'thin');
    await wide.becomes(main, 30_000);
    await thin.becomes(main, 30_000);
    await encode(1, 60_000);
    await thin.seesMoreFrames(100);
    assert.deepEqual([encoders(), await thin.widths()], [1, [main]], 'nobody needs a second encoding');

    await thin.takeLongestGap();
    await network().limit(400);
    await thin.becomes(low, 30_000);
    assert.equal(encoders(), 2);
    // Until the server notices, the line drops most of what is too much for it.
    const gap = await thin.takeLongestGap();
    assert.ok(gap < 10_000, `the picture stood for ${gap} ms`);
    await thin.seesMoreFrames(200);
    const later = await thin.takeLongestGap();
    assert.ok(later < 10_000, `the small picture stood for ${later} ms`);
    assert.deepEqual(await thin.widths(), [main, low]);

    await network().limit(undefined);
    await thin.becomes(main, 90_000);
    await encode(1, 60_000);
    await thin.seesMoreFrames(50);
    const back = await thin.takeLongestGap();
    assert.ok(back < 10_000, `the picture stood for ${back} ms`);
    assert.deepEqual(await thin.widths(), [main, low, main]);
    // A busy machine is a thin line, too, as far as the other browser can tell.
    await wide.becomes(main, 60_000);
    await Promise.all([busy.close(), wide.page.close(), thin.page.close()]);
  });

  it('gets smaller for somebody who comes by it, in H.264 too, and large again', async () => {
    await network().limit(400);
    const busy = await publish('avc');
    const wide = await watch(outside, 'avc', 'wide');
    const thin = await watch(inside, 'avc', 'thin');
    await wide.becomes(main, 30_000);
    await thin.becomes(low, 30_000);
    assert.equal(encoders(), 2);
    await thin.seesMoreFrames(50);

    await network().limit(undefined);
    await thin.becomes(main, 90_000);
    await encode(1, 60_000);
    await wide.becomes(main, 60_000);
    await Promise.all([busy.close(), wide.page.close(), thin.page.close()]);
  });

  it('gets smaller for each of several who share the line, and goes on for all', async () => {
    await network().limit(1_000);
    const busy = await publish('shared');
    const viewers = [await watch(inside, 'shared', 'first'), await watch(insideToo, 'shared', 'second')];
    await Promise.all(viewers.map((viewer) => viewer.becomes(low, 30_000)));
    // 15 come each second; while the large picture is tried again they stop for a moment.
    await Promise.all(viewers.map((viewer) => viewer.seesMoreFrames(250)));
    await network().limit(undefined);
    await Promise.all([busy, ...viewers.map(({ page }) => page)].map((page) => page.close()));
  });
});
