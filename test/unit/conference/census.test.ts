import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Inventory } from '../../../common/contract/cluster.ts';
import type { MemberId } from '../../../common/contract/ids.ts';
import { Census } from '../../../conference-agent/census.ts';
import type { Inventories } from '../../../conference-agent/inventories.ts';
import { until } from '../../support/until.ts';
import { member, roomId } from './fixtures.ts';
import { participantRecord } from '../../support/participant-record.ts';

const self = member('conference', 'self');
const portal = member('portal', 'p');
const access = member('access', 'a');
const other = member('access', 'b');

/** Members that answer when a test says so; a census needs no more of them than this. */
class FakeInventories {
  readonly asked: MemberId[] = [];
  readonly membership = Object.assign(new EventEmitter(), { id: self });
  readonly #known: MemberId[];
  readonly #answers = new Map<MemberId, (inventory: Inventory | undefined) => void>();

  constructor(known: MemberId[]) {
    this.#known = known;
  }

  members(): MemberId[] {
    return this.#known;
  }

  ask(id: MemberId): Promise<Inventory | undefined> {
    this.asked.push(id);
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  answer(id: MemberId, facts: Partial<Inventory> | undefined = {}): void {
    const nothing = { participants: [], seats: [], publications: [], subscriptions: [], usedTokens: [] };
    this.#answers.get(id)?.({ member: id, role: 'access', ...nothing, ...facts });
  }

  refuse(id: MemberId): void {
    this.#answers.get(id)?.(undefined);
  }

  census(): Census {
    return new Census(roomId, this as unknown as Inventories);
  }
}

const membersOf = (inventories: Inventory[]) => inventories.map(({ member: id }) => id);

describe('a census', () => {
  it('ends when all have answered or refused', async () => {
    const fake = new FakeInventories([portal, access]);
    const taking = fake.census().take(60_000);
    fake.answer(portal);
    fake.refuse(access);
    assert.deepEqual(membersOf(await taking), [portal]);
  });

  it('ends at once when there is nobody', async () => {
    assert.deepEqual(await new FakeInventories([]).census().take(60_000), []);
  });

  it('does not wait longer than it may, and hears those who are late', async () => {
    const fake = new FakeInventories([portal, access]);
    const census = fake.census();
    const taking = census.take(5);
    fake.answer(portal);
    assert.deepEqual(membersOf(await taking), [portal]);
    const late: Inventory[] = [];
    census.follow((inventory) => late.push(inventory), 60_000);
    const heard = census.heard(access);
    fake.answer(access);
    await heard;
    assert.deepEqual(membersOf(late), [access]);
    census.stop();
  });

  it('asks members that others name, too', async () => {
    const fake = new FakeInventories([portal]);
    const taking = fake.census().take(60_000);
    const record = participantRecord('alice', { agent: access });
    fake.answer(portal, { participants: [record] });
    await until(() => fake.asked.includes(access));
    fake.answer(access, { seats: [{ participant: record.id, portal: member('portal', 'q') }] });
    await until(() => fake.asked.includes(member('portal', 'q')));
    fake.answer(member('portal', 'q'));
    assert.deepEqual(membersOf(await taking), [portal, access, member('portal', 'q')]);
  });

  it('asks members that turn up, for a while, and nobody twice, and not itself', async () => {
    const fake = new FakeInventories([portal]);
    const census = fake.census();
    const taking = census.take(60_000);
    fake.answer(portal);
    await taking;
    const late: Inventory[] = [];
    census.follow((inventory) => late.push(inventory), 60_000);
    for (const id of [portal, access, self, access]) fake.membership.emit('joined', { id });
    fake.answer(access);
    await census.hear(access);
    await census.hear(self);
    assert.deepEqual(fake.asked, [portal, access]);
    assert.deepEqual(membersOf(late), [access]);
    census.stop();
    fake.membership.emit('joined', { id: other });
    assert.deepEqual(fake.asked, [portal, access]);
  });

  it('stops looking for members after a while', async () => {
    const fake = new FakeInventories([]);
    const census = fake.census();
    await census.take(1);
    census.follow(() => undefined, 1);
    await until(() => fake.membership.listenerCount('joined') === 0);
  });

  it('delivers nothing after it was stopped', async () => {
    const fake = new FakeInventories([access]);
    const census = fake.census();
    await census.take(1);
    const late: Inventory[] = [];
    census.follow((inventory) => late.push(inventory), 60_000);
    census.stop();
    fake.answer(access);
    await census.hear(access);
    assert.deepEqual(late, []);
  });
});
