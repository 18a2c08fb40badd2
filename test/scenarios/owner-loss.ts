import assert from 'node:assert/strict';
import { countConnections } from './signalling-outage.ts';
import { FreezeMeter } from '../support/freeze-meter.ts';
import type { ParticipantPage } from '../support/page.ts';

/** After the loss of its owner a room must work again within this, ms. */
const recoveryMs = 5_000;

/**
 * The owner of a room is lost during a call: media goes on untouched; mute, chat and a new joiner work within 5 s.
 * Returns the new joiner.
 */
export async function survivesLossOfOwner(parties: {
  alice: ParticipantPage;
  bob: ParticipantPage;
  kill: () => void;
  join: (user: string) => Promise<ParticipantPage>;
}): Promise<ParticipantPage> {
  const { alice, bob, kill, join } = parties;
  const id = await alice.id();
  const connections = await countConnections(alice);
  const meter = await FreezeMeter.start(bob, alice.user);
  kill();
  const killedAt = Date.now();
  const [carol] = await Promise.all([join('carol'), muteIsSeen(alice, bob), chatArrives(alice, bob)]);
  const recovered = Date.now() - killedAt;
  assert.ok(recovered < recoveryMs, `mute, chat and a new joiner took ${String(recovered)} ms`);
  await carol.seesMoreFrames('alice', 5);
  assert.equal(await alice.id(), id, 'participants keep their ids');
  assert.equal(await countConnections(alice), connections, 'no connection was made anew');
  const freeze = await meter.stop();
  assert.ok(freeze < 1_000, `the picture stood still for ${String(freeze)} ms`);
  return carol;
}

async function muteIsSeen(alice: ParticipantPage, bob: ParticipantPage): Promise<void> {
  const id = await alice.id();
  await alice.page.evaluate(async () => {
    for (const publication of window.portico.conference?.publications.values() ?? [])
      await publication.mute('audio');
  });
  await bob.page.waitForFunction((owner) => {
    const streams = [...(window.portico.conference?.streams.values() ?? [])].filter(
      (stream) => stream.participantId === owner,
    );
    return streams.some((stream) => stream.tracks.some((track) => track.kind === 'audio' && track.muted));
  }, id);
}

async function chatArrives(alice: ParticipantPage, bob: ParticipantPage): Promise<void> {
  const text = `still here ${String(Date.now())}`;
  await alice.page.evaluate((message) => window.portico.conference?.send(message), text);
  await bob.page.getByText(text).first().waitFor({ state: 'attached' });
}
