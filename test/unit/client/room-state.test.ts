import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RoomState } from '../../../client/sdk/room-state.ts';
import { MixedStream } from '../../../client/sdk/stream.ts';
import { layoutOf, mixedInfo, payload, snapshot, streamInfo } from './support/room.ts';
import type { RoomChange } from '../../../client/sdk/room-state.ts';
import type { StreamInfo } from '../../../client/sdk/wire.ts';

const me = 'me';
const names = (changes: RoomChange[]): string[] => changes.map(({ name }) => name);
const muteOf = (id: string, value: 'active' | 'inactive', by?: string) =>
  payload.stream({ id, status: 'update', data: { field: 'video.status', value, by } });

describe('what is known of a room', () => {
  it('leaves oneself out of the participants and own streams out of the streams', () => {
    const room = new RoomState(me, snapshot([me, 'bob'], [streamInfo('mine', me), streamInfo('his', 'bob')]));
    assert.deepEqual([...room.participants.keys()], ['bob']);
    assert.deepEqual([...room.streams.keys()], ['his']);
    assert.deepEqual([...room.own.keys()], ['mine']);
  });

  it('follows joins and leaves, and ignores what it knows already', () => {
    const room = new RoomState(me, snapshot([me]));
    const join = payload.participant({ action: 'join', data: { id: 'bob', user: 'Bob', role: 'viewer' } });
    assert.deepEqual(names(room.participant(join)), ['participantJoined']);
    assert.deepEqual(room.participant(join), []);
    const leave = payload.participant({ action: 'leave', data: 'bob', reason: 'dropped' });
    const [left] = room.participant(leave);
    assert.ok(left?.name === 'participantLeft');
    assert.equal(left.event.reason, 'dropped');
    assert.equal(left.event.participant.user, 'Bob');
    assert.deepEqual(room.participant(leave), []);
  });

  it('tells who lost the connection and has it again, by a snapshot as well', () => {
    const room = new RoomState(me, snapshot([me, 'bob']));
    const bob = room.participants.get('bob');
    const connection = (value: string, id = 'bob') =>
      room.participant(payload.participant({ action: 'connection', data: id, connection: value }));
    assert.equal(bob?.connection, 'ok');
    assert.deepEqual(connection('lost'), [
      { name: 'participantUpdated', event: { participant: bob, change: 'connection' } },
    ]);
    assert.equal(bob.connection, 'lost');
    assert.deepEqual(connection('lost'), []);
    assert.deepEqual(connection('lost', me), []);
    assert.deepEqual(names(room.replace(snapshot([me, 'bob']))), ['participantUpdated']);
    assert.equal(bob.connection, 'ok');
  });

  it('shows who muted a stream, in the stream that applications hold already', () => {
    const room = new RoomState(me, snapshot([me, 'bob'], [streamInfo('his', 'bob')]));
    const stream = room.streams.get('his');
    const [change] = room.stream(muteOf('his', 'inactive', 'carol'));
    assert.deepEqual(change, {
      name: 'streamUpdated',
      event: { stream, change: 'muted', kind: 'video', by: 'carol' },
    });
    assert.deepEqual(stream?.muted, { audio: false, video: true });
    assert.deepEqual(room.stream(muteOf('his', 'inactive', 'carol')), [], 'told once');
    assert.deepEqual(room.stream(muteOf('unknown', 'inactive')), []);
  });

  it('tells an interruption and a return', () => {
    const room = new RoomState(me, snapshot([me, 'bob'], [streamInfo('his', 'bob')]));
    const status = payload.stream({
      id: 'his',
      status: 'update',
      data: { field: 'status', value: 'interrupted' },
    });
    assert.deepEqual(names(room.stream(status)), ['streamUpdated']);
    assert.equal(room.streams.get('his')?.status, 'interrupted');
    const back = payload.stream({
      id: 'his',
      status: 'update',
      data: { field: '.', value: streamInfo('his', 'bob', { muted: true }) },
    });
    const found = room.stream(back).map((change) => change.name === 'streamUpdated' && change.event.change);
    assert.deepEqual(found, ['muted', 'status']);
  });

  it('tells own streams apart: mutes, views and removal only', () => {
    const room = new RoomState(me, snapshot([me]));
    const add = room.stream(payload.stream({ id: 'mine', status: 'add', data: streamInfo('mine', me) }));
    assert.deepEqual(names(add), ['ownTrack', 'ownTrack', 'ownViews']);
    assert.deepEqual(room.stream(muteOf('mine', 'inactive', 'bob')), [
      { name: 'ownTrack', id: 'mine', kind: 'video', muted: true, by: 'bob' },
    ]);
    assert.deepEqual(room.stream(payload.stream({ id: 'mine', status: 'remove', reason: 'agent_lost' })), [
      { name: 'ownStreamRemoved', id: 'mine', reason: 'agent_lost' },
    ]);
  });

  it('tells in which views a stream is shown', () => {
    const room = new RoomState(
      me,
      snapshot([me, 'bob'], [streamInfo('his', 'bob'), streamInfo('mine', me), mixedInfo('common')]),
    );
    const update = (id: string, field: string, value: unknown) =>
      room.stream(payload.stream({ id, status: 'update', data: { field, value } }));
    const stream = room.streams.get('his');
    assert.deepEqual(update('his', 'inViews', ['common']), [
      { name: 'streamUpdated', event: { stream, change: 'views' } },
    ]);
    assert.deepEqual(stream?.inViews, ['common']);
    assert.deepEqual(update('mine', 'inViews', ['common']), [
      { name: 'ownViews', id: 'mine', views: ['common'] },
    ]);
    assert.deepEqual(update('mine', 'inViews', ['common']), []);
  });

  it('tells what a mixed stream shows where, and who speaks', () => {
    const room = new RoomState(me, snapshot([me], [mixedInfo('common')]));
    const stream = room.streams.get('demo-common') as MixedStream;
    assert.ok(stream instanceof MixedStream);
    assert.deepEqual([stream.type, stream.label, stream.participantId], ['mixed', 'common', null]);
    assert.deepEqual([stream.layout, stream.activeInput, stream.inViews], [[], null, []]);
    const change = (field: string, value: unknown): unknown[] =>
      room
        .stream(payload.stream({ id: 'demo-common', status: 'update', data: { field, value } }))
        .map((one) => one.name === 'streamUpdated' && one.event.change);
    assert.deepEqual(change('video.layout', layoutOf('his')), ['layout']);
    assert.deepEqual(change('activeInput', 'his'), ['activeInput']);
    assert.deepEqual([stream.template, stream.followsSpeaker], [undefined, false]);
    assert.deepEqual(change('layoutMode', { template: 'lecture', follow: true }), ['layout']);
    assert.deepEqual([stream.template, stream.followsSpeaker], ['lecture', true]);
    assert.deepEqual(change('layoutMode', { template: 'lecture', follow: true }), []);
    assert.deepEqual([stream.layout, stream.activeInput], [layoutOf('his'), 'his']);
    const whole = mixedInfo('common', ['his', 'hers']);
    assert.deepEqual(change('.', whole), ['layout', 'activeInput']);
  });

  it('turns a snapshot of another owner into the events that were missed', () => {
    const room = new RoomState(me, snapshot([me, 'bob', 'carol'], [streamInfo('old', 'bob')]));
    const changes = room.replace(
      snapshot([me, 'carol', 'dave'], [streamInfo('new', 'carol'), streamInfo('mine', me)]),
    );
    assert.deepEqual(names(changes), [
      'streamRemoved',
      'participantLeft',
      'participantJoined',
      'streamAdded',
      'ownTrack',
      'ownTrack',
      'ownViews',
    ]);
    assert.deepEqual(
      room.replace(snapshot([me, 'carol', 'dave'], [streamInfo('new', 'carol'), streamInfo('mine', me)])),
      [],
    );
  });

  it('is after any snapshot as if it had begun with it', () => {
    const people = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', me));
    const streams = fc.uniqueArray(
      fc.record({ id: fc.constantFrom('s', 't', 'u', 'v'), muted: fc.boolean() }),
      { selector: ({ id }) => id },
    );
    const view = (room: RoomState): unknown => [
      [...room.participants.keys()].sort(),
      [...room.streams.values()].map(({ info }): StreamInfo => info).sort((x, y) => (x.id < y.id ? -1 : 1)),
      [...room.own.keys()].sort(),
    ];
    fc.assert(
      fc.property(people, streams, people, streams, (p1, s1, p2, s2) => {
        // A stream keeps its owner for life.
        const make = (list: typeof s1): StreamInfo[] =>
          list.map(({ id, muted }) => streamInfo(id, id === 's' ? me : 'a', { muted }));
        const room = new RoomState(me, snapshot(p1, make(s1)));
        room.replace(snapshot(p2, make(s2)));
        assert.deepEqual(view(room), view(new RoomState(me, snapshot(p2, make(s2)))));
      }),
    );
  });
});
