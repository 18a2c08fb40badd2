import assert from 'node:assert/strict';
import { Caller } from '../../../../common/bus/contract.ts';
import { memberAddress, RoomId } from '../../../../common/contract/ids.ts';
import { servedContract } from '../../../../mixer-agent/handlers.ts';
import { descendantsOf, isAlive } from '../../../support/processes.ts';
import { until } from '../../../support/until.ts';
import { MixerStage } from './support/mixer-stage.ts';
import { specOf } from './support/specs.ts';

const orphanMs = 400;

describe('mixer agent: rooms that nobody owns', () => {
  let stage: MixerStage;
  beforeEach(async () => {
    stage = await MixerStage.create({ accesses: 0, agent: { orphanMs } });
  });
  afterEach(() => stage.close());

  const apply = (revision = 1) => stage.apply(specOf({ room: stage.access.room, revision }));
  const views = async () => (await stage.inventory()).mixes?.map(({ spec }) => spec.view);
  const owned = () => stage.access.owner.serve(stage.access.bus, stage.access.room);

  it('lose their mix after a while, with its process', async () => {
    await apply();
    const { pid } = process;
    const running = descendantsOf(pid).filter(isAlive);
    await stage.access.owner.vanish();
    const goneAt = performance.now();
    await until(async () => (await views())?.length === 0, { what: 'the mix is closed' });
    assert.ok(performance.now() - goneAt >= orphanMs, 'not before the time');
    await until(() => running.some((one) => !isAlive(one)), { what: 'a process of it has ended' });
    assert.equal(stage.access.owner.all('mixEnded').length, 0, 'there is nobody to tell');
  });

  it('lose it alone: mixes of rooms with an owner stay', async () => {
    await apply();
    const caller = new Caller(stage.access.bus, servedContract);
    const room = RoomId.parse('nobodys');
    const agent = memberAddress(stage.id);
    await caller.call(agent, 'mix.apply', { room, owner: stage.owner, spec: specOf({ room }) });
    const running = async () => (await caller.call(agent, 'room.inventory', { room })).mixes?.length;
    assert.equal(await running(), 1);
    await until(async () => (await running()) === 0, { what: 'the mix of the room without owner is closed' });
    assert.deepEqual(await views(), ['common']);
  });

  it('get a new one from their next owner', async () => {
    await apply();
    await stage.access.owner.vanish();
    await until(async () => (await views())?.length === 0, { what: 'the mix is closed' });
    await owned();
    assert.equal((await apply(2)).revision, 2);
    assert.deepEqual(await views(), ['common']);
  });
});
