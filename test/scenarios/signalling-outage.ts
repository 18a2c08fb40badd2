import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { FreezeMeter } from '../support/freeze-meter.ts';
import { eventually, type ParticipantPage } from '../support/page.ts';
import { chatOf, notes, sightOf, watchRoom } from '../support/room-watch.ts';
import { seeAndHearEachOther } from './call.ts';

export interface OutageParties {
  /** Her signalling is about to break. */
  alice: ParticipantPage;
  bob: ParticipantPage;
  /** Leaves while alice is away. */
  dave: ParticipantPage;
  /** Somebody new, who is not cut either. */
  join: (user: string) => Promise<ParticipantPage>;
}

export interface Outage {
  name: string;
  begin: () => void;
  end: () => void;
  ms: number;
}

/** Media is not touched by a signalling outage; what is left is the jitter of a machine that runs it all, ms. */
const freezeLimitMs = 1_500;
/** How long after the outage everything must be as if it had not been, ms. */
const settleMs = 20_000;

/**
 * Signalling of one participant breaks in a call. Meanwhile others join, chat, mute and leave, and she writes, too. Afterwards
 * she sees what those see who were never cut, nothing twice, and the picture never stood still.
 */
export async function survivesSignallingOutage(parties: OutageParties, outage: Outage): Promise<void> {
  const { alice, bob } = parties;
  await seeAndHearEachOther(alice, bob);
  await Promise.all([watchRoom(alice), watchRoom(bob)]);
  const [id, connections] = [await alice.id(), await countConnections(alice)];
  const meters = await Promise.all([FreezeMeter.start(alice, 'bob'), FreezeMeter.start(bob, 'alice')]);
  const over = pause(outage.ms);
  const begun = Date.now();
  outage.begin();
  const carol = await liveOn(parties);
  await over;
  outage.end();
  const lasted = Date.now() - begun;
  await agree({ ...parties, carol });
  const freezes = await Promise.all(meters.map((meter) => meter.stop()));
  process.stdout.write(
    `      ${outage.name}, ${seconds(lasted)}: settled ${seconds(Date.now() - begun - lasted)} later; longest freeze ` +
      `${meters.map(({ viewer, user }, n) => `${viewer} of ${user} ${String(Math.round(freezes[n] ?? 0))} ms`).join(', ')}\n`,
  );
  assert.equal(await alice.id(), id, 'she is the same participant');
  assert.equal(await countConnections(alice), connections, 'no media connection was made anew');
  for (const freeze of freezes)
    assert.ok(freeze < freezeLimitMs, `the picture stood still for ${String(freeze)} ms`);
  await nothingTwice({ ...parties, carol });
  await seeAndHearEachOther(alice, bob);
  await carol.close();
}

/** What happens in the room while alice is away. */
async function liveOn({ alice, bob, dave, join }: OutageParties): Promise<ParticipantPage> {
  // Sent into the outage: waits in her page, and goes out once.
  await alice.page.evaluate(() => void window.portico.conference?.send('alice, from nowhere'));
  await say(bob, 'bob, before carol');
  const carol = await join('carol');
  await say(carol, 'carol, hello');
  await say(bob, 'bob, welcome');
  await carol.page.evaluate(async () => {
    const [publication] = window.portico.conference?.publications.values() ?? [];
    await publication?.mute('audio');
  });
  await dave.page.evaluate(() => window.portico.conference?.leave());
  await say(carol, 'carol, and dave is gone');
  return carol;
}

const say = (page: ParticipantPage, text: string): Promise<void> =>
  page.page.evaluate((message) => window.portico.conference?.send(message), text);

type All = OutageParties & { carol: ParticipantPage };

/** Waits until alice's view is that of those who were never cut. */
async function agree({ alice, bob, carol }: All): Promise<void> {
  await alice.state('connected', settleMs);
  const spoken = 5;
  await eventually(
    'all have all messages',
    async () => {
      const [hers, his] = [await chatOf(alice), await chatOf(bob)];
      return hers.length >= spoken && his.length >= spoken;
    },
    settleMs,
  );
  const same = async (other: ParticipantPage) => {
    const own = [alice.user, other.user];
    return [await sightOf(alice, own), await sightOf(other, own)] as const;
  };
  let last: unknown;
  await eventually(
    'alice sees what the others see',
    async () => {
      const pairs = [await same(bob), await same(carol)];
      last = pairs;
      return pairs.every(([hers, theirs]) => JSON.stringify(hers) === JSON.stringify(theirs));
    },
    settleMs,
  ).catch((error: unknown) => {
    process.stderr.write(`${JSON.stringify(last, null, 2)}\n`);
    throw error;
  });
  const { people } = await sightOf(alice);
  assert.deepEqual(
    people.map((person) => person.split(' ')[0]),
    ['alice', 'bob', 'carol'],
  );
}

async function nothingTwice({ alice, bob }: All): Promise<void> {
  const [hers, his] = [await chatOf(alice), await chatOf(bob)];
  assert.deepEqual(hers, his, 'the same messages in the same order');
  assert.equal(new Set(hers).size, 5, hers.join());
  assert.equal(hers.length, 5, hers.join());
  for (const [event, who] of [
    ['joined', 'carol'],
    ['left left', 'dave'],
    ['stream added', 'carol'],
  ] as const) {
    for (const page of [alice, bob]) {
      const seen = (await notes(page, event)).filter((note) => note.who === who);
      assert.equal(seen.length, 1, `${page.user}: ${who} ${event} ${String(seen.length)} times`);
    }
  }
  const left = (await notes(bob)).filter(({ event, who }) => event.startsWith('left') && who === 'alice');
  assert.deepEqual(left, [], 'nobody saw alice leave');
}

export async function countConnections({ page }: ParticipantPage): Promise<number> {
  return await page.evaluate(() => window.peerConnections.length);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
