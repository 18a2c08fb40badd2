import assert from 'node:assert/strict';
import type { Cursor } from '../../../../common/contract/client.ts';
import type { ParticipantId } from '../../../../common/contract/ids.ts';
import { isAfter } from '../../../../common/contract/log.ts';
import { Client } from './client.ts';
import { join, type ReloginAnswer } from './returning.ts';

interface Position extends Cursor {
  prev: number;
}

/** A client of our protocol that comes back, and checks that what it is told has neither gaps nor repetitions. */
export class SteadfastClient {
  readonly id: ParticipantId;
  /** What it was told in order. */
  readonly heard: Cursor[] = [];
  /** What it gave up by asking for the state of the room instead: after the first up to the second position. */
  readonly skipped: [Cursor, Cursor][] = [];
  readonly start: Cursor;
  /** Sentences about what must not happen. */
  readonly faults: string[] = [];
  cursor: Cursor;
  #ticket: string;
  #client: Client;
  #broken = false;

  static async join(url: string, user: string): Promise<SteadfastClient> {
    const { client, answer } = await join(url, user);
    return new SteadfastClient(client, answer.id, answer.ticket!, answer.cursor);
  }

  private constructor(client: Client, id: ParticipantId, ticket: string, cursor: Cursor) {
    this.id = id;
    this.cursor = cursor;
    this.start = cursor;
    this.#ticket = ticket;
    this.#client = client;
    this.#listen(client);
  }

  get connected(): boolean {
    return !this.#broken;
  }

  break(): void {
    this.#broken = true;
    this.#client.break();
  }

  ack(): void {
    this.#client.socket.emit('ack', this.cursor);
  }

  async renew(): Promise<void> {
    const [status, answer] = await this.#client.request('refreshReconnectionTicket');
    if (status === 'ok') this.#ticket = (answer as { ticket: string }).ticket;
  }

  /** Comes back on one of these connections; of several at the same time one wins. */
  async return(urls: readonly string[], { fresh = false } = {}): Promise<void> {
    const input = { ticket: this.#ticket, ...(fresh ? {} : { cursor: this.cursor }) };
    // From now on it does not listen to its old connection.
    this.#client.socket.offAny();
    const clients = await Promise.all(urls.map((url) => Client.connect(url)));
    const waiting = clients.map((client) => {
      const early: [string, unknown[]][] = [];
      const keep = (name: string, ...args: unknown[]) => early.push([name, args]);
      client.socket.onAny(keep);
      return { client, early, keep };
    });
    const answers = await Promise.all(clients.map((client) => client.request('relogin', input)));
    for (const [status, answer] of answers) assert.equal(status, 'ok', JSON.stringify(answer));
    const losers = new Set<Client>();
    const ended = clients.map((client) => client.ended.then(() => losers.add(client)));
    while (losers.size < clients.length - 1)
      await Promise.race(ended.filter((_, n) => !losers.has(clients[n]!)));
    const index = clients.findIndex((client) => !losers.has(client));
    const { client, early, keep } = waiting[index]!;
    const answer = answers[index]![1] as ReloginAnswer;
    this.#ticket = answer.ticket;
    this.#broken = false;
    if (answer.resume === 'fresh') this.skipped.push([this.cursor, answer.cursor]);
    this.cursor = answer.cursor;
    this.#client = client;
    client.socket.offAny(keep);
    for (const [, args] of early) this.#receive(args);
    this.#listen(client);
  }

  /** Comes back, but the answer does not reach it any more. */
  async returnInVain(url: string, handled: () => Promise<void>): Promise<void> {
    this.#client.socket.offAny();
    const client = await Client.connect(url);
    client.socket.emit('relogin', { ticket: this.#ticket, cursor: this.cursor });
    await handled();
    client.break();
    this.#client = client;
    this.#broken = true;
  }

  close(): void {
    this.#client.close();
  }

  #listen(client: Client): void {
    client.socket.onAny((_name: string, ...args: unknown[]) => {
      this.#receive(args);
    });
  }

  #receive([, position]: unknown[]): void {
    if (position === undefined) return;
    const { epoch, seq, prev } = position as Position;
    if (!isAfter({ epoch, seq }, this.cursor)) this.faults.push(`${String(seq)} once more`);
    if (prev !== this.cursor.seq) {
      this.faults.push(`${String(seq)} follows ${String(prev)}, known is ${String(this.cursor.seq)}`);
    }
    this.cursor = { epoch, seq };
    this.heard.push(this.cursor);
  }
}
