import assert from 'node:assert/strict';
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
  const watching = longestFreeze(bob, 4_000);
  kill();
  const killedAt = Date.now();
  const [carol] = await Promise.all([join('carol'), muteIsSeen(alice, bob), chatArrives(alice, bob)]);
  const recovered = Date.now() - killedAt;
  assert.ok(recovered < recoveryMs, `mute, chat and a new joiner took ${String(recovered)} ms`);
  await carol.seesMoreFrames('alice', 5);
  assert.equal(await alice.id(), id, 'participants keep their ids');
  assert.equal(await countConnections(alice), connections, 'no connection was made anew');
  const freeze = await watching;
  assert.ok(freeze < 1_000, `the picture stood still for ${String(freeze)} ms`);
  return carol;
}

async function countConnections({ page }: ParticipantPage): Promise<number> {
  return await page.evaluate(() => window.peerConnections.length);
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

/**
 * Longest time without a newly decoded frame in what a participant receives, ms, observed for `forMs`. Taken from the
 * decoder's count: what is drawn says nothing in a tab that is not in front.
 */
async function longestFreeze(viewer: ParticipantPage, forMs: number): Promise<number> {
  return await viewer.page.evaluate(async (duration) => {
    const decoded = async () => {
      const frames = new Map<string, number>();
      for (const connection of window.peerConnections) {
        for (const stat of (await connection.getStats()).values() as Iterable<Record<string, unknown>>) {
          // mediasoup probes for bandwidth with a stream of its own that holds no picture.
          const count = Number(stat.framesDecoded ?? 0);
          if (stat.type === 'inbound-rtp' && stat.kind === 'video' && count > 0)
            frames.set(String(stat.id), count);
        }
      }
      return frames;
    };
    const first = await decoded();
    const start = performance.now();
    const last = new Map([...first.entries()].map(([id, count]) => [id, { count, at: start }]));
    let longest = 0;
    while (performance.now() - start < duration) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const now = performance.now();
      for (const [id, count] of await decoded()) {
        const known = last.get(id);
        if (known === undefined) continue;
        longest = Math.max(longest, now - known.at);
        if (count > known.count) last.set(id, { count, at: now });
      }
    }
    return last.size === 0 ? Infinity : longest;
  }, forMs);
}
