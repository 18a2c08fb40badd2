import assert from 'node:assert/strict';
import { formOf, newRole, updateOf } from '../../../client/admin/src/model/room-form.ts';
import { addRates, ratesOf } from '../../../client/admin/src/model/measures.ts';
import {
  isPublished,
  layersText,
  pictureText,
  trackRows,
} from '../../../client/admin/src/model/room-picture.ts';
import type { RoomPicture } from '../../../client/admin/src/model/room-picture.ts';
import { matching, roomRows } from '../../../client/admin/src/model/room-rows.ts';
import { RoomSummary, type TrackMeasure } from '../../../common/contract/management.ts';
import { RoomSettings } from '../../../common/contract/room-settings.ts';
import { Participant } from '../../../management-api/schemas/participants.ts';
import { Room, RoomUpdate } from '../../../management-api/schemas/rooms.ts';
import { Stream11 } from '../../../management-api/schemas/streams.ts';

const room = (id: string, name: string) => Room.parse({ _id: id, ...RoomSettings.parse({ name }) });
const running = (id: string, participants: number) =>
  RoomSummary.parse({
    room: id,
    since: 0,
    owner: 'conference-1',
    participants,
    streams: 0,
    subscriptions: 0,
  });

describe('the list of rooms', () => {
  it('begins with those that run, most participants first, stored or not', () => {
    const rows = roomRows(
      [room('a', 'A'), room('b', 'B'), room('c', 'C')],
      [running('b', 1), running('x', 5)],
    );
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['x', 'b', 'a', 'c'],
    );
    assert.deepEqual(
      rows.map((row) => [row.room !== undefined, row.running !== undefined]),
      [
        [false, true],
        [true, true],
        [true, false],
        [true, false],
      ],
    );
  });

  it('is searched by name and id, whatever the case and accents', () => {
    const rows = roomRows([room('r1', 'Comité'), room('r2', 'Board')], [running('live', 1)]);
    const found = (search: string) => matching(rows, search).map(({ id }) => id);
    assert.deepEqual(found('comite'), ['r1']);
    assert.deepEqual(found(' R2 '), ['r2']);
    assert.deepEqual(found('LIVE'), ['live']);
    assert.equal(found('').length, 3);
  });
});

describe('the settings of a room in the dialog', () => {
  it('come back as they were', () => {
    const stored = room('r', 'Room');
    const { name, participantLimit, inputLimit, roles, notifying, views, autoMix, autoRecord } = stored;
    assert.deepEqual(updateOf(formOf(stored)), {
      ...{ name, participantLimit, inputLimit, roles, notifying, views, autoMix, autoRecord },
    });
  });

  it('are what the API takes, limits and new roles included', () => {
    const form = { ...formOf(room('r', 'Room')), participantLimit: ' 12 ', inputLimit: '' };
    const update = updateOf({
      ...form,
      roles: [...form.roles, { ...newRole, role: 'guest', moderate: true }],
    });
    assert.deepEqual(RoomUpdate.parse(update), update);
    assert.deepEqual([update.participantLimit, update.inputLimit], [12, -1]);
    assert.equal(update.roles?.at(-1)?.moderate, true);
  });

  it('are refused with a sentence when something is missing or senseless', () => {
    const form = formOf(room('r', 'Room'));
    assert.throws(() => updateOf({ ...form, name: ' ' }), /needs a name/);
    assert.throws(() => updateOf({ ...form, inputLimit: '-3' }), /input limit must be a whole number/);
    assert.throws(() => updateOf({ ...form, participantLimit: '1e9' }), /participant limit must be/);
    assert.throws(() => updateOf({ ...form, roles: [newRole] }), /Each role needs a name/);
    assert.throws(() => updateOf({ ...form, roles: [...form.roles, ...form.roles] }), /is there twice/);
  });
});

const measure = (id: string, type: 'audio' | 'video', more: Partial<TrackMeasure> = {}): TrackMeasure => ({
  id: id as TrackMeasure['id'],
  type,
  bitrate: 1_000,
  loss: 0,
  score: 10,
  paused: false,
  ...more,
});

const person = (id: string, joinedAt: number) =>
  Participant.parse({
    id,
    user: id,
    role: 'presenter',
    permission: {},
    joinedAt,
    connection: 'ok',
    token: 't',
    portal: 'p',
  });

const stream = (id: string, owner: string, audio: boolean) => {
  const parsed = Stream11.parse({
    id,
    type: 'forward',
    media: {
      audio: audio && { status: 'inactive', source: 'mic', format: { codec: 'opus' } },
      video: {
        status: 'active',
        source: 'camera',
        original: [
          {
            format: { codec: 'vp8' },
            parameters: { resolution: { width: 1280, height: 720 }, framerate: 30 },
          },
        ],
      },
    },
    info: { owner, type: 'webrtc', inViews: [], attributes: {} },
  });
  assert.ok(isPublished(parsed));
  return parsed;
};

const picture: RoomPicture = {
  ...{ recordings: [], streamingOuts: [], streamingIns: [], ended: [] },
  status: { active: true, participants: 2, streams: 2, subscriptions: 0 },
  stored: undefined,
  participants: [person('late', 2), person('early', 1)],
  streams: [stream('s-late', 'late', false), stream('s-early', 'early', true)],
  views: [],
  subscriptions: [],
  measures: {
    streams: [
      {
        id: 's-early' as never,
        participant: 'early' as never,
        tracks: [measure('s-early-0', 'audio'), measure('s-early-1', 'video')],
      },
    ],
    subscriptions: [
      { id: 'u' as never, participant: 'late' as never, tracks: [measure('s-early-1', 'video')] },
    ],
    unanswered: [],
  },
};

describe('the tracks of a room', () => {
  it('stand stream by stream, sound first, those who joined first at the top', () => {
    const rows = trackRows(picture);
    assert.deepEqual(
      rows.map(({ key, first, muted }) => [key, first, muted]),
      [
        ['s-early audio', true, true],
        ['s-early video', false, false],
        ['s-late video', true, false],
      ],
    );
    assert.deepEqual(
      rows.map(({ measure: measured }) => measured?.id),
      ['s-early-0', 's-early-1', undefined],
    );
  });

  it('say their size and layers as measured, else as announced', () => {
    const [, video] = trackRows(picture);
    assert.ok(video !== undefined);
    assert.equal(pictureText(video), '1280×720 · 30 fps');
    const small = measure('v', 'video', {
      resolution: { width: 320, height: 180 },
      framerate: 14.7,
      layers: { spatial: 0, temporal: 1 },
    });
    assert.equal(pictureText({ ...video, measure: small }), '320×180 · 15 fps');
    assert.equal(layersText({ measure: small }), 'S1 T2');
    assert.equal(layersText({ measure: small, encodings: 3 }), '1 of 3');
    assert.equal(layersText({ measure: undefined }), '');
  });

  it('sum up to what goes in and out', () => {
    assert.ok(picture.measures !== undefined);
    const rates = ratesOf(picture.measures);
    assert.deepEqual(rates, { incoming: 2_000, outgoing: 1_000 });
    assert.deepEqual(addRates([rates, rates]), { incoming: 4_000, outgoing: 2_000 });
  });
});
