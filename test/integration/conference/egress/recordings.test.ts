import assert from 'node:assert/strict';
import type { Guest } from '../../../support/scripted-agents.ts';
import { storedRoom } from '../../../support/scripted-api.ts';
import { until } from '../../../support/until.ts';
import { camera, codeOf, heard, must, streamId } from '../stage.ts';
import { refusal } from '../views/scene.ts';
import { both, egressId, Outlets, recordingsHeard, rtmp } from './outlets.ts';

describe('participants who record', () => {
  let outlets: Outlets;
  let alice: Guest;
  let viewer: Guest;
  const set = async (...args: Parameters<typeof Outlets.set>) => {
    outlets = await Outlets.set(...args);
    alice = await outlets.stage.join({ user: 'alice' });
    viewer = await outlets.stage.join({ user: 'viewer', role: 'viewer' });
  };
  afterEach(() => outlets.stop());

  it('record the first view, or a stream with all that it has', async () => {
    await set();
    const { stage, scene } = outlets;
    await stage.publish(alice, 'picture', [camera]);
    const view = await outlets.record(alice);
    assert.deepEqual(view.recording.streams, [scene.id()]);
    const spec = must(outlets.spec(view.recording.id));
    assert.deepEqual(spec.target, { type: 'recording', container: 'auto' });
    assert.deepEqual(spec.origin, { by: 'participant', participant: alice.id, user: 'alice' });
    assert.match(spec.id, /^[0-9a-f]{32}$/);
    const { recording } = await outlets.record(alice, { stream: streamId('picture'), container: 'webm' });
    assert.deepEqual(recording.streams, ['picture']);
    assert.equal(must(outlets.spec(recording.id)).audio, undefined);
    await until(() => recordingsHeard(viewer).length === 2);
    const newcomer = await stage.join({ user: 'late' });
    assert.deepEqual(
      newcomer.joined.room.recordings.map(({ id }) => id),
      [view.recording.id, recording.id],
    );
  });

  it('pause, resume and end them, and everybody sees it', async () => {
    await set();
    const { recording } = await outlets.record(alice);
    const control = (operation: 'pause' | 'play' | 'stop') =>
      outlets.control(alice, { id: recording.id, operation });
    await control('pause');
    const spec = must(outlets.spec(recording.id));
    assert.deepEqual([spec.audio?.paused, spec.video?.paused], [true, true]);
    await control('play');
    await control('stop');
    assert.equal(await codeOf(control('stop')), 'egress_not_found');
    await until(() => recordingsHeard(viewer).length === 4);
    assert.deepEqual(recordingsHeard(viewer), [
      'started active',
      'changed paused',
      'changed active',
      'ended stopped',
    ]);
  });

  it('must be moderators', async () => {
    await set();
    const { recording } = await outlets.record(alice);
    assert.equal(await codeOf(outlets.record(viewer)), 'forbidden');
    assert.equal(await codeOf(outlets.control(viewer, { id: recording.id, operation: 'stop' })), 'forbidden');
    assert.equal(outlets.hosts(recording.id).length, 1);
  });

  it('are told what is wrong', async () => {
    await set({ apis: 1 });
    const { stage } = outlets;
    assert.deepEqual(await refusal(outlets.record(alice, { stream: streamId('nothing') })), [
      'stream_not_found',
      'stream',
    ]);
    const gone = { id: egressId('nothing'), operation: 'stop' } as const;
    assert.deepEqual(await refusal(outlets.control(alice, gone)), ['egress_not_found', 'id']);
    await outlets.start('out', both(outlets.scene.id()), rtmp);
    const live = { id: egressId('out'), operation: 'stop' } as const;
    assert.equal(
      await codeOf(outlets.control(alice, live)),
      'egress_not_found',
      'a live stream is no recording',
    );
    await stage.manage('room.configure', { room: stage.room, stored: storedRoom({ views: [] }) });
    assert.deepEqual(await refusal(outlets.record(alice)), ['not_found', 'stream']);
  });

  it('that ask twice get one recording', async () => {
    await set();
    const request = { requestId: 'my-request' };
    const [first, second] = await Promise.all([
      outlets.record(alice, request),
      outlets.record(alice, request),
    ]);
    assert.equal(first.recording.id, second.recording.id);
    const bob = await outlets.stage.join({ user: 'bob' });
    const other = await outlets.record(bob, request);
    assert.notEqual(other.recording.id, first.recording.id);
    assert.equal(heard(alice, 'recording').length, 2);
  });
});

describe('a room that records itself', () => {
  let outlets: Outlets;
  afterEach(() => outlets.stop());
  const set = async (...args: Parameters<typeof Outlets.set>) => {
    outlets = await Outlets.set(args[0], {
      ...args[1],
      rooms: { default: { auto_record: { container: 'mkv' } }, ...args[1]?.rooms },
    });
  };
  const specs = () => outlets.stage.mixers.flatMap(({ service }) => service.outlets.egressSpecs);
  const running = () =>
    outlets.stage.mixers.flatMap(({ service }) =>
      [...service.outlets.egresses.values()].map(({ spec }) => spec),
    );

  it('begins with the first participant and ends with the last', async () => {
    await set({ apis: 1 });
    const { stage, scene } = outlets;
    const alice = await stage.join({ user: 'alice' });
    const [spec] = await until(() => running().length === 1 && running());
    assert.deepEqual(
      [spec?.origin, spec?.target, spec?.audio?.stream, spec?.video?.stream],
      [{ by: 'room' }, { type: 'recording', container: 'mkv' }, scene.id(), scene.id()],
    );
    await stage.hears(alice, 'recording');
    const bob = await stage.join({ user: 'bob' });
    await stage.leave(alice);
    await until(() => specs().at(-1)?.participants.length === 1);
    assert.equal(running().length, 1);
    await stage.leave(bob);
    assert.deepEqual(await outlets.told(2), ['recording_started', 'recording_ended source_ended']);
    await until(() => stage.api.types(stage.room).includes('room_ended'));
    await stage.join();
    await until(() => running().length === 1);
  });

  it('waits for a mixer agent as long as it takes', async () => {
    await set({ mixers: 0 });
    await outlets.stage.join();
    const mixer = await outlets.scene.cluster.mixer();
    await until(() => mixer.service.outlets.egresses.size === 1);
  });

  it('can be paused by moderators, and ended by management alone', async () => {
    await set();
    const alice = await outlets.stage.join();
    await outlets.stage.hears(alice, 'recording');
    const { id } = must(running()[0]);
    assert.equal(await codeOf(outlets.control(alice, { id, operation: 'stop' })), 'forbidden');
    assert.equal(await codeOf(outlets.control(alice, { id, operation: 'pause' })), 'ok');
    assert.equal(running()[0]?.video?.paused, true);
    await outlets.end(id);
    await outlets.stage.join();
    assert.equal(running().length, 0, 'it does not begin again while somebody is there');
  });

  it('goes on under the next owner, and is not begun twice', async () => {
    await set({ conferences: 2 });
    const alice = await outlets.stage.join();
    await outlets.stage.hears(alice, 'recording');
    const before = must(running()[0]);
    await outlets.stage.ownerOf(alice).kill();
    await outlets.stage.look();
    await outlets.stage.hears(alice, 'room');
    const bob = await outlets.stage.join({ user: 'bob' });
    await until(() => running()[0]?.participants.length === 2);
    assert.deepEqual(
      running().map(({ id }) => id),
      [before.id],
    );
    await outlets.stage.leave(bob);
    await outlets.stage.leave(alice);
    await until(() => running().length === 0);
  });
});
