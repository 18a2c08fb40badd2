import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { Browser } from '../support/browser.ts';
import type { Deployment } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import { endChild, startChild } from './child.ts';
import type * as BareModule from './bare/client.ts';
import type * as SdkModule from '../../client/sdk/index.ts';
import type { Figure } from './report.ts';
import { median, round } from './statistics.ts';

const rounds = 40;

/** Builds the bare client for a page; returns the file and a function that removes it. */
async function bundleBareClient(): Promise<{ file: string; remove: () => Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), 'portico-bare-'));
  const entry = new URL('bare/client.ts', import.meta.url).pathname;
  await build({
    configFile: false,
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, lib: { entry, formats: ['es'], fileName: () => 'bare.js' } },
  });
  return { file: join(outDir, 'bare.js'), remove: () => rm(outDir, { recursive: true, force: true }) };
}

/** Milliseconds from the start of joining to the first decoded frame of somebody who already sends, in a fresh page. */
const measureBare = (page: Page, stay = false): Promise<number> =>
  page.evaluate(async (stays) => {
    const module = '/bare.js';
    const { BareClient } = (await import(/* @vite-ignore */ module)) as typeof BareModule;
    const video = document.body.appendChild(document.createElement('video'));
    video.muted = true;
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
    const start = performance.now();
    const frame = new Promise<number>((resolve) =>
      video.requestVideoFrameCallback(() => {
        resolve(performance.now());
      }),
    );
    const client = new BareClient(location.origin);
    await client.join();
    const [producerId = ''] = client.producers;
    const [track] = camera.getVideoTracks();
    if (track === undefined) throw new Error('no camera');
    const [consumer] = await Promise.all([client.consume(producerId), client.produce({ track })]);
    video.srcObject = new MediaStream([consumer.track]);
    void video.play();
    const elapsed = (await frame) - start;
    if (!stays) client.close();
    return elapsed;
  }, stay);

const measurePortico = (page: Page, token: string, stay = false): Promise<number> =>
  page.evaluate(
    async ({ text, stays }) => {
      const module = '/sdk/portico.js';
      const { Conference } = (await import(/* @vite-ignore */ module)) as typeof SdkModule;
      const video = document.body.appendChild(document.createElement('video'));
      video.muted = true;
      const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
      const start = performance.now();
      const frame = new Promise<number>((resolve) =>
        video.requestVideoFrameCallback(() => {
          resolve(performance.now());
        }),
      );
      const conference = new Conference();
      await conference.join(text);
      const [stream] = conference.streams.values();
      if (stream === undefined) throw new Error('nobody publishes');
      const [subscription] = await Promise.all([
        conference.subscribe(stream),
        conference.publish(camera, { video: { simulcast: false } }),
      ]);
      video.srcObject = subscription.mediaStream;
      void video.play();
      const elapsed = (await frame) - start;
      if (!stays) await conference.leave();
      return elapsed;
    },
    { text: token, stays: stay },
  );

/** First decoded frame from joining, ours against the bare script, in turns in the same browser. */
export async function benchFirstFrame(deployment: Deployment): Promise<Figure[]> {
  const bundle = await bundleBareClient();
  const port = await freePort();
  const bareUrl = `http://127.0.0.1:${String(port)}/`;
  const server = await startChild('bare/server.ts', [String(port), bundle.file], 'ready');
  const browser = await Browser.launch();
  const blank = `${deployment.url}/healthz`;
  try {
    const barePublisher = await browser.open(bareUrl);
    await keepSendingBare(barePublisher);
    const ourPublisher = await browser.open(blank);
    await keepSendingPortico(ourPublisher, await deployment.token({ room: 'first-frame', user: 'sender' }));
    // Somebody watches already, as in a call: a stream that nobody watches is not sent here, but is in the bare script.
    await measureBare(await browser.open(bareUrl), true);
    const watcher = await deployment.token({ room: 'first-frame', user: 'watcher' });
    await measurePortico(await browser.open(blank), watcher, true);
    const bare: number[] = [];
    const ours: number[] = [];
    for (let index = 0; index < rounds; index += 1) {
      const barePage = await browser.open(bareUrl);
      bare.push(await measureBare(barePage));
      await barePage.close();
      const token = await deployment.token({ room: 'first-frame', user: `viewer-${String(index)}` });
      const ourPage = await browser.open(blank);
      ours.push(await measurePortico(ourPage, token));
      await ourPage.close();
    }
    const ratio = round(median(ours) / median(bare), 3);
    return [
      { what: 'first frame from join, bare mediasoup, median', value: round(median(bare), 0), unit: 'ms' },
      { what: 'first frame from join, Portico, median', value: round(median(ours), 0), unit: 'ms' },
      { what: 'ratio to bare mediasoup', value: ratio, unit: 'x', target: '<= 1.1 x', met: ratio <= 1.1 },
    ];
  } finally {
    await browser.close();
    await endChild(server);
    await bundle.remove();
  }
}

async function keepSendingBare(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const module = '/bare.js';
    const { BareClient } = (await import(/* @vite-ignore */ module)) as typeof BareModule;
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
    const client = new BareClient(location.origin);
    await client.join();
    const [track] = camera.getVideoTracks();
    if (track !== undefined) await client.produce({ track });
  });
}

async function keepSendingPortico(page: Page, token: string): Promise<void> {
  await page.evaluate(async (text) => {
    const module = '/sdk/portico.js';
    const { Conference } = (await import(/* @vite-ignore */ module)) as typeof SdkModule;
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
    const conference = new Conference();
    await conference.join(text);
    await conference.publish(camera, { video: { simulcast: false } });
  }, token);
}
