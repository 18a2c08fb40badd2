import assert from 'node:assert/strict';
import type { WireError } from '../../../common/contract/errors.ts';
import type { ServiceContext } from '../../../common/service.ts';
import type { Portal } from '../../../portal/portal.ts';
import { Client, type Answer } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { metric, token, until, World } from './support/world.ts';

describe('the limit on requests', () => {
  let world: World;
  let conference: ScriptedConference;
  let portal: Portal;
  let context: ServiceContext;

  beforeEach(async () => {
    world = new World({ portal: { requests_per_second: 20, request_burst: 10 } });
    conference = await ScriptedConference.start(world);
    ({ portal, context } = await world.portal());
  });
  afterEach(async () => {
    await world.close();
  });

  async function join(user: string): Promise<Client> {
    const client = await Client.connect(portal.url);
    assert.equal((await client.login(token({ user })))[0], 'ok');
    return client;
  }

  const send = (client: Client, count: number): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => client.request('text', { to: 'all', message: n })));

  it('refuses what is too much with the time to wait, and lets others alone', async () => {
    const eager = await join('eager');
    const calm = await join('calm');
    const answers = await send(eager, 50);
    const refused = answers.flatMap(([status, data]) => (status === 'error' ? [data as WireError] : []));
    assert.equal(answers.length - refused.length, 9, 'the login was the first of ten');
    assert.ok(refused.every(({ code }) => code === 'rate_limited'));
    const { retryAfterMs = 0 } = refused[0]!;
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 500);
    assert.equal((await send(calm, 1))[0]?.[0], 'ok');
    await until(async () => (await send(eager, 1))[0]?.[0] === 'ok', 'the eager one may again');
    eager.close();
    calm.close();
  });

  it('closes a connection that floods, and tells it why', async () => {
    const flood = await join('flood');
    const calm = await join('calm');
    for (let n = 0; n < 5_000; n += 1) flood.socket.emit('text', { to: 'all', message: n });
    assert.equal(await flood.ended, 'io server disconnect');
    assert.deepEqual(flood.of('drop'), [[{ reason: 'abuse' }]]);
    assert.equal(await metric(context, 'portico_sessions_closed_total', { reason: 'abuse' }), 1);
    await until(() => conference.room.of('leave').length === 1, 'the room knows');
    assert.equal(conference.room.of('leave')[0]?.reason, 'dropped');
    assert.ok(conference.room.of('text').length <= 10);
    assert.equal((await send(calm, 1))[0]?.[0], 'ok');
    calm.close();
  });
});
