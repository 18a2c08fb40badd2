import assert from 'node:assert/strict';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import type { Room } from '../../../../management-api/schemas/rooms.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { onBothEngines } from './engines.ts';

const region = (id: string, [left, top, width, height]: (string | number)[]) => ({
  id,
  shape: 'rectangle',
  area: { left, top, width, height },
});

/** A view with nothing left to defaults. */
const full = {
  label: 'wall',
  audio: { format: { codec: 'opus', sampleRate: 48000, channelNum: 2 }, vad: false },
  video: {
    format: { codec: 'h264', profile: 'CB' },
    parameters: {
      resolution: { width: 1280, height: 720 },
      framerate: 30,
      bitrate: 1500,
      keyFrameInterval: 5,
    },
    maxInput: 9,
    motionFactor: 0.5,
    bgColor: { r: 1, g: 2, b: 3 },
    keepActiveInputPrimary: true,
    labels: true,
    speakingMark: true,
    layout: {
      fitPolicy: 'crop',
      templates: {
        base: 'lecture',
        custom: [
          { region: [region('a', ['0', '0', '1/3', '0.5']), region('b', [0.5, 0, '0.5', 1])] },
          { region: [region('main', [0, 0, 1, 1]), region('pip', ['0.7', '0.7', '1/4', '1/4'])] },
        ],
      },
    },
  },
};

onBothEngines('management REST: views of rooms', (start) => {
  const stage = useStoppable(() => start());
  const make = (options: object, name = 'views') =>
    stage().request<Room & Problem>('POST', '/v1/rooms', { body: { name, options } });

  it('come back exactly as they were stored', async () => {
    const transcoding = {
      audio: true,
      video: {
        format: true,
        parameters: { resolution: true, framerate: true, bitrate: true, keyFrameInterval: true },
      },
    };
    const views = [full, { ...full, label: 'sound', video: false }];
    const { status, body } = await make({ views, transcoding, autoMix: true });
    assert.equal(status, 200, JSON.stringify(body));
    const { body: stored } = await stage().request<Room>('GET', `/v1/rooms/${body._id}`);
    assert.deepEqual([stored.views, stored.transcoding, stored.autoMix], [views, transcoding, true]);
    const again = await stage().request<Room>('PUT', `/v1.1/rooms/${body._id}`, { body: stored });
    assert.deepEqual(again.body, stored);
  });

  it('are one, `common`, when none are named; none when the list is empty', async () => {
    const { body } = await make({});
    assert.deepEqual(
      body.views.map(({ label, video }) => [label, video !== false && video.parameters]),
      [['common', { resolution: { width: 640, height: 480 }, framerate: 24, keyFrameInterval: 100 }]],
    );
    assert.deepEqual((await make({ views: [] })).body.views, []);
  });

  it('are told to a running room when they change', async () => {
    const { body } = await make({});
    await stage().agent.own(body._id);
    const put = await stage().request('PUT', `/v1/rooms/${body._id}`, {
      body: { views: [full], autoMix: true },
    });
    assert.equal(put.headers.get('portico-applied'), 'now');
    const { settings } = stage().agent.configured.at(-1)!.stored;
    assert.deepEqual([settings.views, settings.autoMix], [[full], true]);
    await stage().agent.disown(body._id);
  });

  it('are refused with the field and the reason when they cannot be mixed', async () => {
    const video = (change: object) => [{ label: 'v', video: change }];
    const custom = (...regions: unknown[]) =>
      video({ layout: { templates: { custom: [{ region: regions }] } } });
    const template = 'views[0].video.layout.templates.custom[0].region';
    const cases: [object, string, RegExp][] = [
      [{ views: [{ label: 'a' }, { label: 'a' }] }, 'options.views', /labels must differ/],
      [{ views: [{ label: 'no spaces' }] }, 'options.views[0].label', /letters/],
      [{ views: video({ format: { codec: 'vp9' } }) }, 'views[0].video.format.codec', /vp8 or h264; 'vp9'/],
      [
        { views: video({ format: { codec: 'h264', profile: 'H' } }) },
        'views[0].video.format.profile',
        /profile CB; 'H'/,
      ],
      [
        { views: video({ format: { codec: 'vp8', profile: 'CB' } }) },
        'views[0].video.format.profile',
        /no profiles/,
      ],
      [
        { views: [{ label: 'v', audio: { format: { codec: 'pcmu' } } }] },
        'views[0].audio.format.codec',
        /opus; 'pcmu'/,
      ],
      [
        { views: [{ label: 'v', audio: { format: { codec: 'opus', sampleRate: 16000 } } }] },
        'views[0].audio.format.sampleRate',
        /48000/,
      ],
      [
        { views: video({}), mediaOut: { video: { format: [{ codec: 'h264' }] } } },
        'views[0].video.format',
        /MediaOut conflicts with View Setting/,
      ],
      [
        { views: video({ parameters: { resolution: { width: 641, height: 480 } } }) },
        'views[0].video.parameters.resolution.width',
        /even/,
      ],
      [{ views: custom(region('1', ['1/2', 0, '2/3', 1])) }, `${template}[0].area.width`, /right edge/],
      [{ views: custom(region('1', [0, 0, 0, 1])) }, `${template}[0].area.width`, /no width/],
      [
        { views: custom(region('1', [0, 0, '1/2', 1]), region('1', ['1/2', 0, '1/2', 1])) },
        `${template}[1].id`,
        /two regions/,
      ],
      [
        { views: custom(region('1', [0, 0, '2/3', 1]), region('2', ['1/3', 0, '2/3', 1])) },
        `${template}[1].area`,
        /overlap/,
      ],
      [{ views: custom(region('1', [0, 0, '1/0', 1])) }, `options.${template}[0].area.width`, /fraction/],
    ];
    for (const [options, field, reason] of cases) {
      const { status, body } = await make(options);
      assert.deepEqual([status, body.code, body.field], [400, 'bad_request', field], body.detail);
      assert.match(body.detail, reason);
    }
  });

  it('are not changed by a refusal', async () => {
    const { body } = await make({ views: [full] });
    const path = `/v1/rooms/${body._id}`;
    for (const [method, change] of [
      ['PUT', { views: [{ label: 'x', video: { format: { codec: 'av1' } } }] }],
      ['PATCH', { views: [{ label: 'x', audio: { format: { codec: 'aac' } } }] }],
      ['PATCH', { mediaOut: { audio: [] } }],
    ] as const) {
      assert.equal((await stage().request(method, path, { body: change })).status, 400);
    }
    assert.deepEqual((await stage().request<Room>('GET', path)).body, body);
  });
});
