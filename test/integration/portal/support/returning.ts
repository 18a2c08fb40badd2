import assert from 'node:assert/strict';
import type { ClientOutput, Cursor, Notification } from '../../../../common/contract/client.ts';
import { ParticipantId } from '../../../../common/contract/ids.ts';
import { Client } from './client.ts';
import { token } from './world.ts';

export type LoginAnswer = ClientOutput<'login'>;
export type ReloginAnswer = ClientOutput<'relogin'>;

export const text = (message: string): Notification => ({
  name: 'text',
  data: { from: ParticipantId.parse('somebody'), to: 'all', message },
});

/** Messages of the texts that a client got, in order. */
export const messages = (client: Client): unknown[] =>
  client.of('text').map(([payload]) => (payload as { message: unknown }).message);

/** Position of the last numbered notification that a client got. */
export function lastPosition(client: Client): Cursor | undefined {
  const [, position] = client.received.findLast(({ args }) => args.length > 1)?.args ?? [];
  if (position === undefined) return undefined;
  const { epoch, seq } = position as Cursor;
  return { epoch, seq };
}

export async function join(url: string, user: string, change: Record<string, unknown> = {}) {
  const client = await Client.connect(url);
  const [status, answer] = await client.login(token({ user }), change);
  assert.equal(status, 'ok', JSON.stringify(answer));
  return { client, answer: answer as LoginAnswer };
}

/** Comes back with a ticket; the answer must be good. */
export async function comeBack(url: string, ticket: string, change: Record<string, unknown> = {}) {
  const client = await Client.connect(url);
  const [status, answer] = await client.relogin(ticket, change);
  assert.equal(status, 'ok', JSON.stringify(answer));
  return { client, answer: answer as ReloginAnswer };
}
