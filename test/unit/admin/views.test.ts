import assert from 'node:assert/strict';
import { RoomSettings } from '../../../common/contract/room-settings.ts';
import { newView, viewFormOf, viewsOf } from '../../../client/admin/src/model/view-form.ts';
import { formOf, updateOf } from '../../../client/admin/src/model/room-form.ts';
import { isPublished, type RoomPicture } from '../../../client/admin/src/model/room-picture.ts';
import { formText, inputsOf, measureRows } from '../../../client/admin/src/model/view-picture.ts';
import { Participant } from '../../../management-api/schemas/participants.ts';
import { Room, RoomUpdate } from '../../../management-api/schemas/rooms.ts';
import { Stream11 } from '../../../management-api/schemas/streams.ts';
import { View11 } from '../../../management-api/schemas/views.ts';

const region = (id: string, left: string) => ({
  ...{ id, shape: 'rectangle' as const },
  area: { left, top: '0', width: '1/2', height: 1 },
});
const settings = RoomSettings.parse({
  name: 'room',
  autoMix: true,
  views: [
    {
      label: 'wall',
      audio: { vad: false },
      video: {
        format: { codec: 'h264', profile: 'CB' },
        parameters: {
          resolution: { width: 1280, height: 720 },
          framerate: 30,
          bitrate: 1500,
          keyFrameInterval: 5,
        },
        ...{ maxInput: 9, motionFactor: 0.5, bgColor: { r: 1, g: 20, b: 255 } },
        layout: {
          fitPolicy: 'crop',
          templates: { base: 'lecture', custom: [{ region: [region('1', '0'), region('2', '0.5')] }] },
        },
      },
    },
    { label: 'sound', video: false },
  ],
});
const { views } = settings;

describe('views in the dialog of a room', () => {
  it('come back as they were when nothing is touched', () => {
    assert.deepEqual(viewsOf(views.map(viewFormOf)), views);
    const room = Room.parse({ _id: 'r', ...settings });
    const update = updateOf(formOf(room));
    assert.deepEqual([update.views, update.autoMix], [views, true]);
    assert.deepEqual(RoomUpdate.parse(update).views, views);
  });

  it('are recorded by themselves as the room says, as long as they are there', () => {
    const recorded = (autoRecord: RoomSettings['autoRecord']) =>
      formOf(Room.parse({ _id: 'r', ...settings, autoRecord }));
    for (const autoRecord of [false, { container: 'auto' }, { view: 'wall', container: 'webm' }] as const) {
      const update = updateOf(recorded(autoRecord));
      assert.deepEqual(update.autoRecord, autoRecord);
      assert.deepEqual(RoomUpdate.parse(update).autoRecord, autoRecord);
    }
    const form = recorded({ view: 'wall', container: 'ts' });
    const others = form.views.filter(({ label }) => label !== 'wall');
    assert.deepEqual(updateOf({ ...form, views: others }).autoRecord, { container: 'ts' });
    assert.deepEqual(updateOf({ ...form, views: [] }).autoRecord, false);
  });

  it('are what the API takes when they are new or changed', () => {
    const [wall] = views.map(viewFormOf);
    const changed = {
      ...wall!,
      size: ' 640 × 360',
      codec: 'vp8' as const,
      bitrate: '',
      background: '#0a0b0c',
      labels: false,
    };
    const [first, second] = RoomUpdate.parse({ views: viewsOf([changed, newView(['wall'])]) }).views ?? [];
    assert.ok(first !== undefined && first.video !== false && second !== undefined && second.video !== false);
    assert.deepEqual(first.video.format, { codec: 'vp8' });
    assert.deepEqual(first.video.parameters, {
      resolution: { width: 640, height: 360 },
      framerate: 30,
      keyFrameInterval: 5,
    });
    assert.deepEqual([first.video.bgColor, first.video.motionFactor], [{ r: 10, g: 11, b: 12 }, 0.5]);
    assert.deepEqual(
      [second.label, second.video.labels, newView(['common']).label],
      ['common', true, 'view2'],
    );
  });

  it('are refused with a sentence when something is missing or senseless', () => {
    const view = newView([]);
    assert.throws(() => viewsOf([{ ...view, label: 'a b' }]), /needs a label of letters/);
    assert.throws(() => viewsOf([view, view]), /“common” is there twice/);
    assert.throws(() => viewsOf([{ ...view, size: 'large' }]), /must look like 1280x720/);
    assert.throws(
      () => viewsOf([{ ...view, bitrate: 'much' }]),
      /bitrate of the view “common” must be a whole number/,
    );
    assert.throws(() => viewsOf([{ ...view, maxInput: '0' }]), /from 1 to 256/);
  });
});

const tracks = (video: 'camera' | 'screen-cast' | 'mixed' | false) => ({
  audio: { status: 'active', format: { codec: 'opus' } },
  video: video !== false && {
    ...{ status: 'active', source: video },
    original: [
      { format: { codec: 'vp8' }, parameters: { resolution: { width: 1280, height: 720 }, framerate: 24 } },
    ],
  },
});
const published = (id: string, video: 'camera' | 'screen-cast' | false) => {
  const info = { owner: 'p1', type: 'webrtc', inViews: ['common'], attributes: {} };
  const stream = Stream11.parse({ id, type: 'forward', media: tracks(video), info });
  assert.ok(isPublished(stream));
  return stream;
};
const view = (more: object = {}) =>
  View11.parse({
    ...{ label: 'common', running: false, inputs: ['cam', 'screen', 'voice'] },
    stream: {
      ...{ id: 'r-common', type: 'mixed', media: tracks('mixed') },
      info: {
        label: 'common',
        activeInput: 'unknown',
        layout: [
          {
            stream: 'cam',
            region: { ...region('1', '0/1'), area: { left: '0/1', top: '0/1', width: '1/1', height: '1/1' } },
          },
        ],
      },
    },
    ...more,
  });
const ann = Participant.parse({
  ...{
    id: 'p1',
    user: 'ann',
    role: 'presenter',
    permission: {},
    joinedAt: 1,
    connection: 'ok',
    token: 't',
    portal: 'p',
  },
});

describe('a view on the page of its room', () => {
  it('names what is shown, what waits for a region, and what is only heard', () => {
    const picture: RoomPicture = {
      ...{ recordings: [], streamingOuts: [], streamingIns: [], ended: [] },
      status: { active: true, participants: 1, streams: 4, subscriptions: 0 },
      stored: undefined,
      participants: [ann],
      streams: [
        published('cam', 'camera'),
        published('screen', 'screen-cast'),
        published('voice', false),
        published('other', 'camera'),
      ],
      views: [view()],
      subscriptions: [],
      measures: undefined,
    };
    const { shown, waiting, heard } = inputsOf(view(), picture);
    assert.deepEqual(
      shown.map(({ id, name }) => [id, name]),
      [
        ['cam', 'ann'],
        ['screen', 'ann (screen)'],
      ],
    );
    assert.deepEqual([waiting, heard], [['ann (screen)'], ['ann']]);
  });

  it('says what it is and how it does', () => {
    assert.equal(formText(view()), '1280×720 · 24 fps · VP8');
    const sound = view();
    sound.stream.media.video = false;
    assert.equal(formText(sound), 'sound only');
    assert.deepEqual(measureRows(view()), []);
    const measure = {
      ...{
        view: 'common',
        decoding: 2,
        framerate: 23.96,
        lateTicks: 0,
        skipped: 1,
        loss: 0.012,
        cpu: 0.414,
        restarts: 0,
      },
      ...{
        composeMs: { p50: 2.04, p95: 3 },
        delayMs: { p50: 120.4, p95: 150 },
        decoderRestarts: 0,
        encoderRestarts: 0,
      },
    };
    assert.deepEqual(measureRows(view({ measure })).slice(0, 4), [
      ['frames per second', '24.0'],
      ['delay', '120 ms', '95 %: 150 ms'],
      ['composing', '2.0 ms', '95 %: 3.0 ms'],
      ['CPU', '0.41 cores'],
    ]);
  });
});
