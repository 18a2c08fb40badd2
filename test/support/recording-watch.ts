import assert from 'node:assert/strict';
import { pause } from '../../common/lifecycle/wait.ts';
import {
  PorticoAdmin,
  PorticoAdminError,
  type EndedRecording,
  type WebhookEvent,
} from '../../management-api/sdk/index.ts';
import type { Cluster, Deployment } from './deployment.ts';
import { look, toneLead } from './live-viewer.ts';
import { people, type Person } from './people.ts';
import type { PorticoProcess } from './portico-process.ts';
import { childrenOf, commandOf } from './processes.ts';
import { until } from './until.ts';

/** Processes of a server that record or send. */
export const recordersOf = (server: number): number[] =>
  childrenOf(server).filter((pid) => commandOf(pid).includes('mixer-agent/egress/main.ts'));

/** The mixer agent that records. */
export function recorderIn({ mixers }: Cluster): PorticoProcess {
  const found = mixers.find(({ pid, exited }) => !exited && recordersOf(pid).length > 0);
  assert.ok(found !== undefined, 'a mixer agent records');
  return found;
}

/** The process that opened a room last; undefined when it is gone. */
export function findOwner({ conferences }: Cluster, room: string): PorticoProcess | undefined {
  const openedAt = ({ lines }: PorticoProcess) =>
    Number(lines.findLast((line) => line.msg === 'room opened' && line['room'] === room)?.['time'] ?? 0);
  const [owner] = conferences
    .filter((process) => !process.exited && openedAt(process) > 0)
    .toSorted((a, b) => openedAt(b) - openedAt(a));
  return owner;
}

export function ownerIn(cluster: Cluster, room: string): PorticoProcess {
  const owner = findOwner(cluster, room);
  assert.ok(owner !== undefined, 'somebody owns the room');
  return owner;
}

export const adminOf = async (server: Deployment): Promise<PorticoAdmin> =>
  new PorticoAdmin(await server.management());

/** Sound and picture of a stream. */
export const both = (from: string) => ({ audio: { from }, video: { from } });

/** The first stream of a room, forward or mixed. */
export const streamOf = (admin: PorticoAdmin, room: string, mixed = false): Promise<string> =>
  until(async () => (await admin.streams.list(room)).find(({ info }) => 'layout' in info === mixed)?.id, {
    timeoutMs: 20_000,
  });

/** Waits until so much of a recording is written. */
export async function recordsFor(
  admin: PorticoAdmin,
  room: string,
  { id, leastMs = 4_000 }: { id: string; leastMs?: number },
): Promise<void> {
  await until(
    async () => {
      const running = await admin.recordings.get(room, id);
      return running.status !== 'ended' && running.durationMs > leastMs;
    },
    { timeoutMs: 60_000, what: 'something is recorded' },
  );
}

/** A recording whose files are finished. */
export const endedRecording = (
  admin: PorticoAdmin,
  room: string,
  matches: (recording: EndedRecording) => boolean,
): Promise<EndedRecording> =>
  until(async () => (await admin.recordings.ended(room)).find(matches), {
    timeoutMs: 60_000,
    what: 'the recording is finished',
  });

/** Somebody's own colour and tone, and nobody else's: the last picture and the sound in the middle, or both elsewhere (0 .. 1). */
export async function showsAndSounds(file: string, who: Person, at?: number): Promise<void> {
  const { colour, sound } = await look(file, at);
  assert.ok(colour !== undefined, 'there is a picture');
  for (const [index, channel] of [colour.r, colour.g, colour.b].entries()) {
    const wanted = people[who].colour[index] ?? 0;
    assert.ok(Math.abs(channel - wanted) < 70, `${JSON.stringify(colour)} is the colour of ${who}`);
  }
  // A busy machine leaves a hole now and then: not everywhere around there.
  const around = [0, -0.15, 0.15].map((by) => Math.min(1, Math.max(0, (at ?? 0.5) + by)));
  const lead = Math.max(...around.map((place) => toneLead(sound, people[who].tone, 2_300, place)));
  assert.ok(lead > 15, `the tone of ${who} leads by ${lead.toFixed(1)} dB`);
}

const askEveryMs = 20;

/** Asks for a recording again and again; `stop` tells what was answered other than the recording. */
export function askAllTheTime(
  admin: PorticoAdmin,
  room: string,
  id: string,
): { stop: () => Promise<{ asked: number; refusals: string[] }> } {
  const refusals: string[] = [];
  const ending = new AbortController();
  let asked = 0;
  const ask = async () => {
    while (!ending.signal.aborted) {
      asked += 1;
      await pause(askEveryMs);
      await admin.recordings.get(room, id).catch((error: unknown) => {
        refusals.push(error instanceof PorticoAdminError ? error.code : String(error));
      });
    }
  };
  const asking = ask();
  return {
    stop: async () => {
      ending.abort();
      await asking;
      return { asked, refusals };
    },
  };
}

/** What webhooks were told of a type, oldest first. */
export async function toldOf<T extends WebhookEvent['type']>(
  admin: PorticoAdmin,
  type: T,
): Promise<Extract<WebhookEvent, { type: T }>[]> {
  const told: Extract<WebhookEvent, { type: T }>[] = [];
  for await (const delivery of admin.webhooks.deliveries()) {
    if (delivery.type === type) told.unshift(delivery.event as Extract<WebhookEvent, { type: T }>);
  }
  return told;
}
