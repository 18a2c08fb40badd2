import type { Conference } from '../../client/sdk/index.ts';
import type { Browser } from './browser.ts';
import type { Deployment, JoinOptions } from './deployment.ts';
import { people, plainCamera } from './people.ts';
import { ParticipantPage } from './page.ts';

/**
 * A participant with the SDK and no page around it: those of `people` send their colour and tone as the sample app would, and nobody
 * receives anything unasked. Pages of the app draw everybody, and a few of them leave the server too little of a small machine.
 */
export async function joinBare(
  browser: Browser,
  deployment: Deployment,
  options: JoinOptions,
): Promise<ParticipantPage> {
  const { user, at = deployment.url } = options;
  // Any answer of the server is a document of its origin.
  const page = await browser.open(`${at}/healthz?user=${user}`, plainCamera);
  const order = { token: await deployment.token(options), sends: user in people };
  await page.evaluate(async ({ token, sends }) => {
    const module = '/sdk/portico.js';
    const sdk = (await import(module)) as { Conference: new () => Conference };
    const conference = new sdk.Conference();
    window.portico = { conference };
    await conference.join(token);
    if (!sends) return;
    const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    const [audio, video] = [media.getAudioTracks()[0], media.getVideoTracks()[0]];
    await conference.publish(
      { ...(audio !== undefined && { audio }), ...(video !== undefined && { video }) },
      { source: { audio: 'mic', video: 'camera' }, mix: conference.views.slice(0, 1) },
    );
  }, order);
  return ParticipantPage.of(page, user);
}
