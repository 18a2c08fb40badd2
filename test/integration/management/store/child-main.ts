import { writeSync } from 'node:fs';
import { openStore } from '../../../../management-api/store/open.ts';
import type { Store } from '../../../../management-api/store/store.ts';
import { secret } from './engines.ts';
import { joined, noon, numbered, report, room, service, token } from './samples.ts';

/** A line that has left this process when this returns. */
const say = (...words: unknown[]): void => {
  writeSync(1, `${words.join(' ')}\n`);
};

/** What a process may be told to do, with the arguments after the name of the job. */
const jobs: Record<string, (store: Store, ...args: string[]) => Promise<void>> = {
  open: async () => {
    say('open');
  },

  /** Never ends. Says what was acknowledged. */
  write: async (store, run = '') => {
    const people = Array.from({ length: 20 }, async (_, writer) => {
      for (let n = 0; ; n++) {
        const id = `${run}-${String(writer)}-${String(n)}`;
        await store.tokens.add(token(id));
        say('token', id);
      }
    });
    const rooms = async (): Promise<void> => {
      for (;;) {
        const changed = await store.rooms.update(room, service, (now) => ({
          ...now,
          participantLimit: now.participantLimit + 1,
        }));
        say('room', changed?.version, changed?.settings.participantLimit);
      }
    };
    const events = async (): Promise<void> => {
      for (let seq = 1; ; seq++) {
        await store.events.report(report({ events: numbered([joined(`p${String(seq)}`)], seq) }));
        say('event', seq);
      }
    };
    await Promise.all([...people, rooms(), events()]);
  },

  take: async (store, count) => {
    const digests = Array.from({ length: Number(count) }, (_, n) => `digest ${String(n)}`);
    for (const digest of digests) if (await store.nonces.take(digest, noon)) say(digest);
  },

  rename: async (store, count) => {
    for (let n = 0; n < Number(count); n++) {
      await store.rooms.update(room, service, (now) => ({
        ...now,
        participantLimit: now.participantLimit + 1,
      }));
    }
    say('done');
  },

  /** Delivers until nothing waits; says when each began and ended (ns of the system's monotonic clock). */
  deliver: async (store) => {
    while ((await store.deliveries.waiting()) > 0) {
      const leased = await store.deliveries.lease({ now: noon, until: noon + 60_000, limit: 3, except: [] });
      const began = process.hrtime.bigint();
      await new Promise((resolve) => setTimeout(resolve, 2));
      const ended = process.hrtime.bigint();
      for (const one of leased) {
        say(`${one.webhook}/${one.room}`, one.id, began, ended);
        await store.deliveries.delivered(one.id, noon);
      }
    }
  },
};

const [url = '', job = '', ...args] = process.argv.slice(2);
const store = await openStore({ url, secret, pool: 5 });
await jobs[job]?.(store, ...args);
await store.close();
