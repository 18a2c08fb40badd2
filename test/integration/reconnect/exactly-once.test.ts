import assert from 'node:assert/strict';
import { ConferenceAgent } from '../../../conference-agent/conference-agent.ts';
import { SubscriptionId } from '../../../common/contract/ids.ts';
import { Random } from '../../support/random.ts';
import { SignalClient } from '../../support/signal-client.ts';
import { SimulatedParticipant } from '../../support/simulated-participant.ts';
import { until } from '../../support/until.ts';
import { token, World } from '../portal/support/world.ts';

const people = 5;
const steps = 120;

/** Two portals, owners that come and go, and people whose connections break in every way. */
class Ordeal {
  readonly #world: World;
  readonly #random: Random;
  readonly #urls: string[];
  readonly #people: SimulatedParticipant[] = [];
  readonly #sent: string[] = [];
  #owners: { kill: () => Promise<void> }[] = [];

  static async begin(world: World, random: Random): Promise<Ordeal> {
    const portals = [await world.portal(), await world.portal()];
    const ordeal = new Ordeal(
      world,
      random,
      portals.map(({ portal }) => portal.url),
    );
    await ordeal.#addOwner();
    await ordeal.#addOwner();
    for (let n = 0; n < people; n += 1) await ordeal.#join(`person-${String(n)}`);
    return ordeal;
  }

  private constructor(world: World, random: Random, urls: string[]) {
    this.#world = world;
    this.#random = random;
    this.#urls = urls;
  }

  async step(): Promise<void> {
    const random = this.#random;
    const person = random.pick(this.#people);
    switch (random.below(12)) {
      case 0:
        await this.#leaveConnection(person);
        break;
      case 1:
        await this.#loseAnswer(person);
        break;
      case 2:
        if (random.chance(0.4)) await this.#killOwner();
        break;
      case 3:
        if (random.chance(0.4)) this.#world.broker.sever(`portal-${String(random.below(2))}`);
        break;
      case 4:
      case 5:
        for (const one of this.#people) if (random.chance(0.5)) await this.#comeBack(one);
        break;
      default:
        await this.#say(person);
    }
  }

  /** Everybody comes back; returns what each has heard of the messages, beside what was said. */
  async end(): Promise<{ said: string[]; heard: Map<string, unknown[]> }> {
    for (const person of this.#people) await this.#comeBack(person);
    const [last] = this.#people;
    if (last !== undefined) await this.#say(last);
    const final = this.#sent.at(-1);
    const heard = new Map<string, unknown[]>();
    for (const person of this.#people) {
      const messages = () => person.texts.map(({ message }) => message);
      await until(() => messages().includes(final ?? ''), { what: `${person.id} hears the last message` });
      assert.equal(person.ended, undefined);
      heard.set(person.id, messages());
    }
    for (const person of this.#people) person.close();
    return { said: this.#sent, heard };
  }

  async #addOwner(): Promise<void> {
    const context = await this.#world.context('conference');
    const agent = await ConferenceAgent.create(context);
    await context.membership.announce();
    let over = false;
    const end = async (): Promise<void> => {
      if (over) return;
      over = true;
      await agent.close();
    };
    this.#owners.push({
      kill: async () => {
        await context.bus.close();
        await end();
      },
    });
    this.#world.onClose(end);
  }

  async #join(user: string): Promise<void> {
    const url = this.#random.pick(this.#urls);
    this.#people.push(await SimulatedParticipant.join(url, token({ user }), { returns: false }));
  }

  async #say(person: SimulatedParticipant): Promise<void> {
    if (!person.connected) return;
    const message = `${String(this.#sent.length)} of ${person.id}`;
    this.#sent.push(message);
    await person.send(message);
  }

  async #leaveConnection(person: SimulatedParticipant): Promise<void> {
    if (!person.connected) return;
    person.breakOff();
    await until(() => !person.connected);
  }

  /** It comes back, but never learns that it did. */
  async #loseAnswer(person: SimulatedParticipant): Promise<void> {
    await this.#leaveConnection(person);
    person.abandonedOne = true;
    const client = await SignalClient.connect(this.#random.pick(this.#urls));
    const held = { transports: [], publications: [], subscriptions: [] };
    client.socket.emit(
      'relogin',
      { ticket: person.ticket, cursor: person.log.cursor, held },
      () => undefined,
    );
    // Sometimes before the portal has it, sometimes while the room answers, sometimes when all is done.
    if (this.#random.chance(0.7)) {
      await client.request('unsubscribe', { id: SubscriptionId.parse('none') }).catch(() => undefined);
    }
    client.close();
  }

  async #comeBack(person: SimulatedParticipant): Promise<void> {
    if (person.connected) return;
    await until(
      async () => {
        try {
          await person.comeBack(this.#random.pick(this.#urls));
          return true;
        } catch (error) {
          if (error instanceof Error && /ticket_/.test(error.message)) throw error;
          return false;
        }
      },
      { what: `${person.id} is back`, timeoutMs: 15_000 },
    );
  }

  /** Another one takes its place first, so that somebody can open the room. */
  async #killOwner(): Promise<void> {
    await this.#addOwner();
    await this.#owners.shift()?.kill();
  }
}

/** Messages of one sender among all that were heard. */
const of = (sender: string, messages: readonly unknown[]) =>
  messages.filter((message) => String(message).endsWith(` of ${sender}`));

describe('people whose connections, portals and owners break at random', function () {
  this.timeout(60_000);
  let world: World;
  afterEach(() => world.close());

  const first = Number(process.env.PORTICO_SEED ?? 1);
  for (let seed = first; seed < first + 4; seed += 1) {
    it(`hear every message exactly once, in the order of its sender (seed ${String(seed)})`, async () => {
      world = new World({ reconnection: { window_ms: 30_000 } });
      const ordeal = await Ordeal.begin(world, new Random(seed));
      for (let step = 0; step < steps; step += 1) await ordeal.step();
      const { said, heard } = await ordeal.end();
      assert.ok(said.length > steps / 5);
      for (const [listener, messages] of heard) {
        for (const sender of heard.keys()) {
          assert.deepEqual(of(sender, messages), of(sender, said), `${listener} hears ${sender}`);
        }
      }
    });
  }
});
