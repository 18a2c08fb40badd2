import assert from 'node:assert/strict';
import { PorticoError, type ErrorCode, type WireError } from '../../../common/contract/errors.ts';
import { Tickets } from '../../../portal/tickets/tickets.ts';
import { Client } from './support/client.ts';
import { comeBack, join, messages, text } from './support/returning.ts';
import { useScene } from './support/scene.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { gate, metric, ticketsKey, until, World } from './support/world.ts';

describe('coming back in vain', () => {
  const scene = useScene();

  it('that fails leaves the old connection alone', async () => {
    const { client: old, answer } = await join(scene.portal.url, 'alice');
    const reached = gate();
    const go = gate();
    scene.conference.room.script.relogin = async () => {
      reached.open();
      await go.opened;
      throw new PorticoError('ticket_used', 'a newer ticket was used');
    };
    const thief = await Client.connect(scene.portal.url);
    const refused = thief.relogin(answer.ticket!, { cursor: answer.cursor });
    await reached.opened;
    await scene.conference.room.tell(scene.here, { event: text('meanwhile') });
    go.open();
    assert.equal(((await refused)[1] as WireError).code, 'ticket_used');
    assert.equal(await thief.ended, 'io server disconnect');
    await old.notified('text');
    assert.equal((await old.request('text', { to: 'all', message: 'x' }))[0], 'ok');
    assert.equal(
      await metric(scene.context, 'portico_sessions_closed_total', { reason: 'relogin_failed' }),
      1,
    );
  });

  it('of a client that is gone before the answer leaves it away, with everything kept', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const { room } = scene.conference;
    client.break();
    await scene.away();
    const reached = gate();
    const go = gate();
    room.script.relogin = async (input) => {
      reached.open();
      await go.opened;
      return await room.welcomeBack(input);
    };
    const gone = await Client.connect(scene.portal.url);
    gone.relogin(answer.ticket!, { cursor: answer.cursor }).catch(() => undefined);
    await reached.opened;
    gone.break();
    const connected = () => metric(scene.context, 'portico_sessions', { state: 'connected' });
    await until(async () => (await connected()) === 0, 'the portal knows');
    go.open();
    await scene.away(2);
    await room.tell(scene.here, { event: text('kept') });
    // The answer was lost, so the client has its first ticket only.
    const again = await comeBack(scene.portal.url, answer.ticket!, { cursor: answer.cursor });
    await again.client.notified('text');
    assert.deepEqual(messages(again.client), ['kept']);
  });

  it('tells the room that nobody is there when its answer was lost', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    client.break();
    await scene.away();
    scene.conference.room.script.relogin = () => {
      throw new PorticoError('resource_exhausted', 'no seat is left');
    };
    const late = await Client.connect(scene.portal.url);
    assert.equal(((await late.relogin(answer.ticket!))[1] as WireError).code, 'resource_exhausted');
    await scene.away(2);
  });

  it('is refused with the reason', async () => {
    const { client, answer } = await join(scene.portal.url, 'alice');
    const fields = JSON.parse(Buffer.from(answer.ticket!, 'base64').toString()) as Record<string, unknown>;
    const seal = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
    const old = new Tickets({ key: ticketsKey, lifetimeMs: 1_000, now: () => Date.now() - 5_000 });
    const record = scene.conference.room.records.get(answer.id)!;
    const cases: [unknown, ErrorCode][] = [
      [{ ticket: seal({ ...fields, user: 'mallory' }) }, 'ticket_signature'],
      [{ ticket: seal({ ...fields, kid: 'other' }) }, 'ticket_foreign'],
      [{ ticket: 'x'.repeat(100) }, 'ticket_malformed'],
      [{ ticket: old.mint(scene.conference.room.id, record) }, 'ticket_expired'],
      [{ ticket: answer.ticket, more: 1 }, 'bad_request'],
      [{ ticket: 5 }, 'bad_request'],
      [undefined, 'bad_request'],
    ];
    for (const [input, code] of cases) {
      const stranger = await Client.connect(scene.portal.url);
      const [status, error] = await stranger.request('relogin', input);
      assert.equal(status, 'error');
      assert.equal((error as WireError).code, code);
      assert.equal(await stranger.ended, 'io server disconnect');
    }
    assert.equal(await scene.relogins('ticket_signature'), 1);
    assert.equal(await scene.relogins('bad_request'), 3);
    assert.equal(scene.conference.room.of('relogin').length, 0, 'no room was asked');
    const [, again] = await client.relogin(answer.ticket!);
    assert.equal((again as WireError).code, 'already_joined');
    assert.equal((await client.request('text', { to: 'all', message: 'well' }))[0], 'ok');
  });

  it('counts against the address when it keeps failing', async () => {
    const strict = new World({ portal: { logins_per_minute: 2 } });
    try {
      await ScriptedConference.start(strict);
      const { portal: other } = await strict.portal();
      for (const code of ['ticket_malformed', 'ticket_malformed', 'rate_limited']) {
        const client = await Client.connect(other.url);
        const [, error] = await client.relogin('nonsense'.repeat(5));
        assert.equal((error as WireError).code, code);
      }
    } finally {
      await strict.close();
    }
  });
});
