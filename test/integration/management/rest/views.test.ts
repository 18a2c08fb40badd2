import assert from 'node:assert/strict';
import { MixMeasure } from '../../../../common/contract/mixing.ts';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import type { Stream10, Stream11 } from '../../../../management-api/schemas/streams.ts';
import type { View11 } from '../../../../management-api/schemas/views.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { ScriptedNode, type ScriptedRoom } from './cluster.ts';
import { onBothEngines } from './engines.ts';
import { stream } from './samples.ts';
import { otherService } from './stage.ts';

const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });
const add = (value: string) => ({ op: 'add', path: '/info/inViews', value });
const remove = (value: string) => ({ op: 'remove', path: '/info/inViews', value });

const region = (id: string, area: [string, string, string, string]) => {
  const [left, top, width, height] = area;
  return { id, shape: 'rectangle', area: { left, top, width, height } };
};

onBothEngines('management REST: mixed streams', (start) => {
  const stage = useStoppable(async () => {
    const started = await start();
    await started.addOther();
    for (const id of ['mixing', 'idle'])
      await started.request('POST', '/v1/rooms', { body: { name: id, id } });
    return started;
  });
  let room: ScriptedRoom;
  beforeEach(async () => {
    room = await stage().agent.own('mixing', {
      streams: [stream('s1'), stream('s2'), stream('voice', ['audio'])].map((info) => ({ info })),
      views: ['common', 'wall'],
    });
  });
  afterEach(() => stage().agent.disown('mixing'));

  const patch = <T = Stream11>(id: string, body: unknown, version = 'v1.1') =>
    stage().request<T>('PATCH', `/${version}/rooms/mixing/streams/${id}`, { body });
  const layoutOf = async () => {
    const { body } = await stage().request<Stream11>('GET', '/v1.1/rooms/mixing/streams/mixing-common');
    assert.ok(body.type === 'mixed');
    return body.info.layout.map((entry) => [entry.region.id, entry.stream]);
  };
  const refusal = async (id: string, body: unknown) => {
    const answer = await patch<Problem>(id, body);
    return [answer.status, answer.body.code, answer.body.field, answer.body.detail.replace(/[:.].*/, '')];
  };

  it('stand before the others, in the shapes of both versions', async () => {
    const { body: old } = await stage().request<Stream10[]>('GET', '/v1/rooms/mixing/streams');
    assert.deepEqual(
      old.map(({ id, type }) => [id, type]),
      [
        ['mixing-common', 'mixed'],
        ['mixing-wall', 'mixed'],
        ...['s1', 's2', 'voice'].map((id) => [id, 'forward']),
      ],
    );
    const [first] = old;
    assert.deepEqual(first?.info, {
      label: 'common',
      activeInput: 'unknown',
      layout: (first?.info as { layout: unknown }).layout,
    });
    assert.ok(first?.media.video !== false && first?.media.video.format.codec === 'vp8');
    const { body: newer } = await stage().request<Stream11[]>('GET', '/v1.1/rooms/mixing/streams');
    assert.ok(newer[0]?.media.video !== false && newer[0]?.media.video.original.length === 1);
  });

  it('take streams in and let them go, as often as one likes', async () => {
    for (const version of ['v1', 'v1.1']) {
      for (const operation of [add('common'), add('common')]) {
        const { status, body } = await patch('s1', [operation], version);
        assert.equal(status, 200);
        assert.deepEqual(body.type === 'forward' && body.info.inViews, ['common']);
      }
      for (const operation of [remove('common'), remove('common')]) {
        const { body } = await patch('s1', [operation], version);
        assert.deepEqual(body.type === 'forward' && body.info.inViews, []);
      }
    }
    const { body } = await patch('s1', [
      add('common'),
      add('wall'),
      replace('/media/audio/status', 'inactive'),
    ]);
    assert.ok(body.type === 'forward' && body.media.audio !== false);
    assert.deepEqual(
      [body.info.inViews.toSorted(), body.media.audio.status],
      [['common', 'wall'], 'inactive'],
    );
  });

  it('put a stream into a region, where the two change places', async () => {
    for (const id of ['s1', 's2', 'voice']) await patch(id, [add('common')]);
    const before = await layoutOf();
    assert.deepEqual(before.slice(0, 2), [
      ['1', 's1'],
      ['2', 's2'],
    ]);
    const { status, body } = await patch('mixing-common', [replace('/info/layout/0/stream', 's2')]);
    assert.equal(status, 200);
    assert.deepEqual(body.type === 'mixed' && body.info.layout.slice(0, 2).map((entry) => entry.stream), [
      's2',
      's1',
    ]);
    assert.deepEqual(await layoutOf(), [['1', 's2'], ['2', 's1'], ...before.slice(2)]);
  });

  it('take a whole layout, fill its empty regions, and tell it with normal fractions', async () => {
    for (const id of ['s1', 's2']) await patch(id, [add('common')]);
    const wanted = [
      { stream: 's2', region: region('main', ['0', '0', '2/3', '1']) },
      { region: region('side', ['2/3', '0', '1/3', '0.5']) },
    ];
    const { body } = await patch('mixing-common', [replace('/info/layout', wanted)]);
    assert.deepEqual(body.type === 'mixed' && body.info.layout, [
      { stream: 's2', region: region('main', ['0/1', '0/1', '2/3', '1/1']) },
      { stream: 's1', region: region('side', ['2/3', '0/1', '1/3', '1/2']) },
    ]);
  });

  it('refuse layouts that are none, each with its reason', async () => {
    await patch('s1', [add('common')]);
    const whole = (id: string) => region(id, ['0', '0', '1/2', '1']);
    const right = (id: string) => region(id, ['1/2', '0', '1/2', '1']);
    const cases: [unknown, (number | string)[]][] = [
      [
        [{ region: whole('1') }, { stream: 's1', region: right('2') }],
        [400, 'bad_request', '[0].value[0].stream', 'Stream ID hole is not allowed'],
      ],
      [
        [
          { stream: 's1', region: whole('1') },
          { stream: 's1', region: right('2') },
        ],
        [400, 'bad_request', '[0].value[1].stream', "The stream 's1' is in two regions"],
      ],
      [
        [{ region: whole('1') }, { region: right('1') }],
        [400, 'bad_request', '[0].value[1].region.id', "There are two regions with the id '1'"],
      ],
      [
        [{ stream: 's2', region: whole('1') }],
        [404, 'stream_not_found', '[0].value[0].stream', "The stream 's2' is not mixed into this view"],
      ],
      [
        [{ region: region('1', ['1/2', '0', '2/3', '1']) }],
        [
          400,
          'bad_request',
          '[0].value[0].region.area.width',
          "The region '1' reaches beyond the right edge of the picture",
        ],
      ],
    ];
    for (const [value, expected] of cases) {
      assert.deepEqual(await refusal('mixing-common', [replace('/info/layout', value)]), expected);
    }
    const bad = [replace('/info/layout', [{ region: region('1', ['2/0', '0', '1', '1']) }])];
    const { status, body } = await patch<Problem>('mixing-common', bad);
    assert.deepEqual([status, body.field], [400, '[0].value[0].region.area.left']);
  });

  it('refuse what is not there, and do nothing of a patch that fails in part', async () => {
    await patch('s1', [add('common')]);
    const before = await layoutOf();
    const code = 'bad_request';
    assert.deepEqual(await refusal('s2', [add('common'), add('attic')]), [
      400,
      code,
      '[1].value',
      'Invalid view',
    ]);
    assert.deepEqual(await refusal('mixing-common', [add('common')]), [
      400,
      code,
      '[0].path',
      'Stream is Mixed',
    ]);
    const mute = replace('/media/audio/status', 'inactive');
    assert.deepEqual(await refusal('mixing-common', [mute]), [400, code, '[0].path', 'Stream is Mixed']);
    assert.equal((await patch('s1', [replace('/info/layout/0/stream', 's1')])).status, 400);
    const far = [replace('/info/layout/99/stream', 's1')];
    assert.deepEqual(await refusal('mixing-common', far), [400, code, '[0].path', 'Invalid region']);
    const foreign = [replace('/info/layout/0/stream', 's2')];
    assert.deepEqual((await refusal('mixing-common', foreign)).slice(0, 3), [
      404,
      'stream_not_found',
      '[0].value',
    ]);
    assert.deepEqual(await layoutOf(), before);
    assert.equal((await patch('nobody', [add('common')])).status, 404);
  });

  it('show where and how they are mixed, and measures of an agent that answers', async () => {
    const mixer = await ScriptedNode.start(stage().broker, 'mixer', { load: 0.25 });
    const measure = MixMeasure.parse({
      ...{
        view: 'common',
        decoding: 2,
        framerate: 24.9,
        lateTicks: 0,
        skipped: 1,
        loss: 0.01,
        cpu: 0.4,
        restarts: 0,
      },
      ...{
        composeMs: { p50: 2, p95: 3 },
        delayMs: { p50: 120, p95: 150 },
        decoderRestarts: 0,
        encoderRestarts: 0,
      },
    });
    let silent = false;
    await mixer.serve(async () => {
      if (silent) throw new Error('silent');
      return { mixes: [measure] };
    });
    await mixer.membership.announce();
    await patch('s1', [add('common')]);
    await patch('voice', [add('common')]);
    const [common] = room.views;
    common!.agent = mixer.membership.id;
    const views = async () => (await stage().request<View11[]>('GET', '/v1.1/rooms/mixing/views')).body;
    const [first, second] = await views();
    assert.deepEqual(
      [first?.label, first?.running, first?.agent, first?.inputs, first?.measure],
      ['common', true, mixer.membership.id, ['s1', 'voice'], measure],
    );
    assert.deepEqual(
      [second?.label, second?.running, second?.agent, second?.measure],
      ['wall', false, undefined, undefined],
    );
    const { body: one } = await stage().request<View11>('GET', '/v1/rooms/mixing/views/common');
    assert.deepEqual(one.measure, measure);
    silent = true;
    assert.equal((await views())[0]?.measure, undefined);
    const { body: nodes } = await stage().request<{ role: string; load: number }[]>(
      'GET',
      '/v1/cluster/nodes',
    );
    assert.deepEqual(
      nodes.filter(({ role }) => role === 'mixer').map(({ load }) => load),
      [0.25],
    );
    const { body: measures } = await stage().request<{ unanswered: string[] }>(
      'GET',
      '/v1/rooms/mixing/measures',
    );
    assert.deepEqual(measures.unanswered, [], 'mixer agents are not asked for measures of tracks');
    await mixer.close();
  });

  it('have no views while the room does not run, and 404 for one that is not there', async () => {
    assert.deepEqual((await stage().request('GET', '/v1/rooms/idle/views')).body, []);
    for (const path of ['idle/views/common', 'mixing/views/attic', 'mixing/views/%20']) {
      const { status, body } = await stage().request<Problem>('GET', `/v1/rooms/${path}`);
      assert.deepEqual([status, body.code], [404, 'not_found'], path);
    }
    const other = await stage().request('GET', '/v1/rooms/mixing/views', { as: otherService });
    assert.equal(other.status, 404);
  });

  it('change by template, primary, region and speaker', async () => {
    for (const id of ['s1', 's2']) await patch(id, [add('common')]);
    let mode: unknown[] = [];
    const change = async (body: unknown) => {
      const answer = await stage().request<View11>('PATCH', '/v1.1/rooms/mixing/views/common', { body });
      assert.equal(answer.status, 200, answer.text);
      const { template, follow } = answer.body;
      mode = [template, follow];
      return answer.body.stream.info.layout;
    };
    assert.equal((await change({ template: 'lecture' }))[0]?.region.area.width, '2/3');
    assert.deepEqual(mode, ['lecture', false]);
    assert.equal((await change({ primary: 's2' }))[0]?.stream, 's2');
    assert.equal((await change({ stream: 's1', region: '1' }))[0]?.stream, 's1');
    assert.equal((await change({ stream: 's2', index: 0 }))[0]?.stream, 's2');
    assert.equal((await change({ template: null })).length, 2);
    await change({ keepActiveInputPrimary: true });
    assert.equal(room.views[0]?.followsSpeaker, true);
    assert.deepEqual(mode, ['fluid', true]);
    for (const [body, status, field] of [
      [{ primary: 'nobody' }, 404, 'primary'],
      [{ stream: 's1', region: 'x' }, 404, 'region'],
      [{ template: 'void' }, 400, 'template'],
      [{ layout: [] }, 400, 'layout'],
      [{}, 400, undefined],
      [{ template: 'fluid', primary: 's1' }, 400, undefined],
    ] as const) {
      const path = '/v1/rooms/mixing/views/common';
      const answer = await stage().request<Problem>('PATCH', path, { body });
      assert.equal(answer.status, status, answer.text);
      if (field !== undefined) assert.equal(answer.body.field, field, answer.text);
    }
    const { body: audit } = await stage().request<{ action: string }[]>(
      'GET',
      '/v1/audit?room=mixing&limit=500',
    );
    assert.ok(['stream.mix', 'view.layout'].every((action) => audit.some((deed) => deed.action === action)));
  });

  it('have no route that is not offered', async () => {
    const routes = stage().routes.filter(
      ({ url, method }) => /\/:room\/(streams|views)/.test(url) && method !== 'OPTIONS',
    );
    assert.ok(routes.length >= 20);
    const bodies: Record<string, unknown[]> = {
      streams: [
        [add('common')],
        [replace('/info/layout/0/stream', 's1')],
        [replace('/media/audio/status', 'inactive')],
      ],
      views: [{ template: 'fluid' }, { primary: 's1' }, { keepActiveInputPrimary: false }],
    };
    for (const { method, url } of routes) {
      const noun = url.includes('/views') ? 'views' : 'streams';
      for (const name of ['s1', 'mixing-common', 'common']) {
        const path = url.replace(':room', 'mixing').replace(/:\w+/, name);
        for (const body of method === 'PATCH' ? bodies[noun]! : [undefined]) {
          const { status } = await stage().request(method, path, body === undefined ? {} : { body });
          assert.ok(status !== 501 && status < 500, `${method} ${path}: ${status}`);
        }
      }
    }
    const rooms = {
      name: 'x',
      options: { views: [{ label: 'a' }], transcoding: { audio: true, video: { format: true } } },
    };
    assert.equal((await stage().request('POST', '/v1/rooms', { body: rooms })).status, 200);
  });
});
