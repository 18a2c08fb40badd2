import assert from 'node:assert/strict';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import type { Room } from '../../../../management-api/schemas/rooms.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { onBothEngines } from './engines.ts';
import { otherService } from './stage.ts';

onBothEngines('management REST: rooms', (start) => {
  const stage = useStoppable(async () => {
    const started = await start();
    await started.addOther();
    return started;
  });
  const make = async (body: object) => {
    const answer = await stage().request<Room>('POST', '/v1/rooms', { body });
    assert.equal(answer.status, 200, answer.text);
    return answer;
  };

  it('makes a room with 24 hex digits as id and the defaults of Open WebRTC Toolkit', async () => {
    const { body, headers } = await make({ name: 'demo', options: { participantLimit: 5 } });
    assert.match(body._id, /^[0-9a-f]{24}$/);
    assert.equal(body.participantLimit, 5);
    assert.deepEqual(body.roles[1], {
      role: 'viewer',
      publish: { audio: false, video: false },
      subscribe: { audio: true, video: true },
    });
    assert.equal(headers.get('etag'), '"1"');
    const shown = await stage().request('GET', `/v1/rooms/${body._id}/`);
    assert.deepEqual(shown.body, body);
  });

  it('makes a room with a chosen id once', async () => {
    await make({ name: 'demo', id: 'chosen' });
    const again = await stage().request<Problem>('POST', '/v1/rooms', {
      body: { name: 'demo', id: 'chosen' },
    });
    assert.equal(again.status, 409);
    assert.equal(again.body.code, 'room_exists');
    assert.equal(again.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  });

  it('answers a POST with the same Idempotency-Key with the same answer, and makes one room', async () => {
    const options = { body: { name: 'once' }, headers: { 'idempotency-key': 'k1' } };
    const first = await stage().request<Room>('POST', '/v1/rooms', options);
    const second = await stage().request<Room>('POST', '/v1/rooms', options);
    assert.deepEqual(second.body, first.body);
    assert.equal(second.headers.get('idempotent-replayed'), 'true');
    assert.equal(second.headers.get('etag'), '"1"');
    const other = await stage().request<Problem>('POST', '/v1/rooms', {
      ...options,
      body: { name: 'twice' },
    });
    assert.deepEqual([other.status, other.body.code], [409, 'idempotency_conflict']);
  });

  it('does not remember a failure under an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'k2' };
    const body = { name: 'late', id: 'late-room' };
    await make(body);
    assert.equal((await stage().request('POST', '/v1/rooms', { body, headers })).status, 409);
    await stage().request('DELETE', '/v1/rooms/late-room');
    assert.equal((await stage().request('POST', '/v1/rooms', { body, headers })).status, 200);
  });

  it('lists rooms sorted by id, by number of page or by position', async () => {
    const of = { as: otherService };
    for (const id of ['c', 'a', 'd', 'b']) {
      await stage().request('POST', '/v1/rooms', { body: { name: id, id: `list-${id}` }, ...of });
    }
    const ids = async (query: string) => {
      const { body, headers } = await stage().request<Room[]>('GET', `/v1/rooms${query}`, of);
      return { ids: body.map(({ _id }) => _id), link: headers.get('link') };
    };
    assert.deepEqual((await ids('')).ids, ['list-a', 'list-b', 'list-c', 'list-d']);
    assert.deepEqual((await ids('?page=2&per_page=3')).ids, ['list-d']);
    const first = await ids('?limit=3');
    assert.deepEqual(first.ids, ['list-a', 'list-b', 'list-c']);
    const next = /^<\/v1\/rooms(\?.*)>; rel="next"$/.exec(first.link ?? '')?.[1] ?? '';
    assert.deepEqual(await ids(next), { ids: ['list-d'], link: null });
  });

  it('lets only the super service list rooms of others', async () => {
    const refused = await stage().request('GET', '/v1/rooms?service=operator', { as: otherService });
    assert.equal(refused.status, 403);
    const all = await stage().request<Room[]>('GET', '/v1/rooms?service=*&limit=1000');
    assert.ok(all.body.some(({ _id }) => _id === 'list-a'));
    const theirs = await stage().request<Room[]>('GET', `/v1/rooms?service=${otherService.id}`);
    assert.equal(theirs.body.length, 4);
  });

  it('replaces what PUT gives and keeps the rest', async () => {
    const { body: room } = await make({ name: 'put', options: { inputLimit: 3 } });
    const body = { ...room, participantLimit: 9, notifying: { streamChange: false } };
    const { body: changed, headers } = await stage().request<Room>('PUT', `/v1/rooms/${room._id}`, { body });
    assert.equal(changed.participantLimit, 9);
    assert.equal(changed.inputLimit, 3);
    assert.deepEqual(changed.notifying, { participantActivities: true, streamChange: false });
    assert.equal(headers.get('etag'), '"2"');
  });

  it('merges a PATCH, where null puts back the default', async () => {
    const { body: room } = await make({ name: 'patch', options: { participantLimit: 3 } });
    const body = { participantLimit: null, notifying: { streamChange: false } };
    const answer = await stage().request<Room>('PATCH', `/v1/rooms/${room._id}`, {
      body,
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    assert.equal(answer.body.participantLimit, -1);
    assert.equal(answer.body.notifying.participantActivities, true);
    assert.equal(answer.body.notifying.streamChange, false);
  });

  it('changes nothing when If-Match names another version', async () => {
    const { body: room } = await make({ name: 'match' });
    const path = `/v1/rooms/${room._id}`;
    const put = (tag: string) =>
      stage().request<Problem>('PUT', path, { body: { name: 'new' }, headers: { 'if-match': tag } });
    for (const tag of ['"2"', '"x"', 'W/"1"']) {
      const refused = await put(tag);
      assert.deepEqual([refused.status, refused.body.code], [412, 'changed_meanwhile'], tag);
    }
    assert.equal((await stage().request<Room>('GET', path)).body.name, 'match');
    assert.equal((await put('"1"')).status, 200);
    const remove = (tag: string) => stage().request('DELETE', path, { headers: { 'if-match': tag } });
    assert.equal((await remove('"1"')).status, 412);
    assert.equal((await remove('"2"')).status, 200);
  });

  it('refuses settings whose engine is not there, by name', async () => {
    for (const [field, value] of [
      ['sip', { sipServer: 'x', username: '', password: '' }],
      ['selectActiveAudio', true],
    ] as const) {
      const body = { name: 'vain', options: { [field]: value } };
      const answer = await stage().request<Problem>('POST', '/v1/rooms', { body });
      assert.deepEqual([answer.status, answer.body.code, answer.body.field], [501, 'not_supported', field]);
    }
  });

  it('names the field that is wrong', async () => {
    const cases: [object, string][] = [
      [{ name: '' }, 'name'],
      [{}, 'name'],
      [{ name: 'x', bogus: 1 }, 'bogus'],
      [
        { name: 'x', options: { roles: [{ role: 'a', publish: { audio: 'yes' } }] } },
        'options.roles[0].publish.audio',
      ],
      [{ name: 'x', options: { nonsense: 1 } }, 'options.nonsense'],
      [{ name: 'x', id: 'a.b' }, 'id'],
    ];
    for (const [body, field] of cases) {
      const answer = await stage().request<Problem>('POST', '/v1/rooms', { body });
      assert.equal(answer.status, 400);
      assert.equal(answer.body.field, field, answer.text);
      assert.equal(answer.body.error.code, 1201);
    }
  });

  it('says 404 with 1003 to another service and for what cannot be a room', async () => {
    const { body: room } = await make({ name: 'mine' });
    for (const path of [`/v1/rooms/${room._id}`, '/v1/rooms/none', '/v1/rooms/a.b', '/v1/rooms/%01']) {
      const answer = await stage().request<Problem>('GET', path, { as: otherService });
      assert.deepEqual(
        [answer.status, answer.body.code, answer.body.error.code],
        [404, 'room_not_found', 1003],
      );
    }
  });

  it('tells the agents of a change, and whether it is in effect', async () => {
    const { body: room, headers } = await make({ name: 'live' });
    assert.equal(headers.get('portico-applied'), 'at-next-start');
    await stage().agent.own(room._id);
    const put = await stage().request('PUT', `/v1/rooms/${room._id}`, { body: { participantLimit: 2 } });
    assert.equal(put.headers.get('portico-applied'), 'now');
    const told = stage().agent.configured.at(-1);
    assert.deepEqual(
      [told?.room, told?.stored.version, told?.stored.settings.participantLimit],
      [room._id, 2, 2],
    );
    const gone = await stage().request('DELETE', `/v1/rooms/${room._id}`);
    assert.equal(gone.text, 'Room deleted');
    assert.equal(stage().agent.deleted.at(-1), room._id);
    await stage().agent.disown(room._id);
  });

  it('notes who changed what', async () => {
    const { body: room } = await make({ name: 'noted' });
    await stage().request('DELETE', `/v1/rooms/${room._id}`);
    const { body } = await stage().request<{ action: string }[]>('GET', `/v1/audit?room=${room._id}`);
    assert.deepEqual(
      body.map(({ action }) => action),
      ['room.delete', 'room.create'],
    );
  });
});
