import assert from 'node:assert/strict';
import type { Portal } from '../../../portal/portal.ts';
import type { MemberId, ParticipantId } from '../../../common/contract/ids.ts';
import { isAfter, type LogEntry } from '../../../common/contract/log.ts';
import { concerns, positionOf } from '../../../common/room-log/tail.ts';
import { Random } from '../../support/random.ts';
import { text } from './support/returning.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import type { ScriptedRoom } from './support/scripted-room.ts';
import { SteadfastClient } from './support/steadfast-client.ts';
import { until, World } from './support/world.ts';

const steps = 60;

/** A room with two portals and three participants to whom everything happens that can. */
class Turmoil {
  readonly #random: Random;
  readonly #world = new World({ reconnection: { log_entries: 10 } });
  readonly #clients: SteadfastClient[] = [];
  readonly #trace: string[] = [];
  #conference!: ScriptedConference;
  #portals!: { portal: Portal; id: MemberId }[];
  #count = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  async run(): Promise<void> {
    await this.#start();
    try {
      for (let n = 0; n < steps; n += 1) await this.#step();
      await this.#settle();
    } catch (error) {
      throw new Error(this.#trace.slice(-15).join(' · '), { cause: error });
    } finally {
      for (const client of this.#clients) client.close();
      await this.#world.close();
    }
  }

  async #start(): Promise<void> {
    this.#conference = await ScriptedConference.start(this.#world);
    // A new owner knows what portals and agents know.
    this.#conference.onRoom = (room) => {
      const before = this.#conference.rooms.at(-2);
      if (before === undefined) return;
      room.seq = before.seq;
      room.log.push(...before.log);
      for (const [id, record] of before.records) room.records.set(id, record);
      for (const [id, place] of before.places) room.places.set(id, place);
    };
    const made = [await this.#world.portal(), await this.#world.portal()];
    this.#portals = made.map(({ portal, context }) => ({ portal, id: context.membership.id }));
    for (const user of ['a', 'b', 'c']) {
      this.#clients.push(await SteadfastClient.join(this.#random.pick(this.#portals).portal.url, user));
    }
  }

  get #room(): ScriptedRoom {
    return this.#conference.room;
  }

  async #step(): Promise<void> {
    const client = this.#random.pick(this.#clients);
    const name = `client ${String(this.#clients.indexOf(client))}`;
    const { url } = this.#random.pick(this.#portals).portal;
    const dice = this.#random.next();
    if (dice < 0.45) await this.#say();
    else if (dice < 0.55) {
      this.#trace.push(`${name} breaks`);
      client.break();
    } else if (dice < 0.75) {
      const urls = this.#random.chance(0.2) ? [url, url] : [url];
      const fresh = this.#random.chance(0.1);
      this.#trace.push(`${name} returns ${String(urls.length)}${fresh ? ' fresh' : ''} to ${url}`);
      await client.return(urls, { fresh });
    } else if (dice < 0.82) {
      this.#trace.push(`${name} returns in vain to ${url}`);
      const before = this.#room.of('relogin').length;
      const wait = this.#random.chance(0.5);
      await client.returnInVain(url, async () => {
        if (wait) await until(() => this.#room.of('relogin').length > before, 'asked');
      });
    } else if (dice < 0.92) client.ack();
    else if (dice < 0.96 && client.connected) {
      this.#trace.push(`${name} renews`);
      await client.renew().catch(() => undefined);
    } else if (dice > 0.98) await this.#takeOver();
  }

  async #takeOver(): Promise<void> {
    this.#trace.push('takeover');
    const { length } = this.#conference.rooms;
    await this.#room.release();
    await until(() => this.#conference.rooms.length > length, 'a new owner');
  }

  /** Says a few things to some or all; messages may get lost or come twice. */
  async #say(): Promise<void> {
    const entries = Array.from({ length: 1 + this.#random.below(4) }, () => this.#entry());
    const written = this.#room.write(...entries);
    for (const { id } of this.#portals) {
      const there = [...this.#room.places].filter(([, place]) => place === id).map(([who]) => who);
      const batch = written.filter((entry) => there.some((who) => concerns(entry, who)));
      if (batch.length === 0) continue;
      const lost = this.#random.chance(0.1);
      this.#trace.push(`${lost ? 'loses' : 'says'} ${batch.map(({ seq }) => String(seq)).join()} to ${id}`);
      if (lost) this.#room.forgetSending(id, batch);
      else await this.#room.deliver(id, batch);
      if (this.#random.chance(0.1) && !lost) await this.#room.deliver(id, batch);
    }
  }

  #entry(): Partial<LogEntry> & Pick<LogEntry, 'event'> {
    this.#count += 1;
    const event = text(String(this.#count));
    const some = (): ParticipantId[] =>
      this.#clients.filter(() => this.#random.chance(0.4)).map(({ id }) => id);
    const dice = this.#random.next();
    if (dice < 0.6) return { event };
    if (dice < 0.8) return { event, except: some() };
    const to = some();
    return to.length === 0 ? { event } : { event, to };
  }

  /** Everybody comes back; a last message shows what was lost on the way. */
  async #settle(): Promise<void> {
    for (const client of this.#clients) await client.return([this.#portals[0]!.portal.url]);
    const [last] = this.#room.write({ event: text('the end') });
    await this.#room.deliver(this.#portals[0]!.id, [last!]);
    for (const client of this.#clients) {
      await until(
        () => client.cursor.seq >= last!.seq!,
        `the end at ${String(last!.seq)}, it is at ${String(client.cursor.seq)}`,
      );
      assert.deepEqual(client.faults, []);
      assert.deepEqual(client.heard, this.#expected(client));
    }
  }

  #expected({ id, start, skipped }: SteadfastClient) {
    return this.#room
      .after(start, id)
      .map(positionOf)
      .filter((one) => !skipped.some(([from, to]) => isAfter(one, from) && !isAfter(one, to)));
  }
}

describe('whatever happens to connections, portals and messages', () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    it(`every client is told everything exactly once and in order (seed ${String(seed)})`, async () => {
      await new Turmoil(seed).run();
    });
  }
});
