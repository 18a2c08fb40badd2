import assert from 'node:assert/strict';
import { PorticoError } from '../../../common/contract/errors.ts';
import { TrackId } from '../../../common/contract/ids.ts';
import { until } from '../../support/until.ts';
import { localBuses, metric, testConfig, TestCluster } from './cluster.ts';
import {
  camera,
  codeOf,
  heard,
  microphone,
  must,
  Stage,
  streamId,
  subscriptionId,
  transport,
} from './stage.ts';

describe('subscribing', () => {
  let cluster: TestCluster;
  let stage: Stage;

  const set = async (rooms: Record<string, unknown> = {}, options: Parameters<typeof Stage.set>[1] = {}) => {
    cluster = new TestCluster(localBuses(), testConfig({ rooms }));
    stage = await Stage.set(cluster, options);
  };
  afterEach(() => cluster.stop());

  it('grants exactly the tracks asked for, with where they come from', async () => {
    await set({ placement: 'spread' }, { accesses: 2 });
    const alice = await stage.join();
    const bob = await stage.join();
    assert.notEqual(alice.joined.record.agent, bob.joined.record.agent);
    await stage.publish(alice, 's1');
    const answer = await stage.subscribe(bob, 's1', 'sub', ['video']);
    assert.deepEqual(answer, {
      id: 'sub',
      transportId: `${bob.id}-recv`,
      tracks: [{ id: 's1-1', type: 'video', stream: 's1' }],
    });
    const at = stage.accessOf(alice).service;
    const published = must(must(at.publications.get(streamId('s1'))).tracks[1]);
    const granted = must(stage.accessOf(bob).service.subscriptions.get(subscriptionId('sub')));
    assert.deepEqual(granted, {
      id: 'sub',
      participant: bob.id,
      tracks: [
        {
          id: 's1-1',
          stream: 's1',
          type: 'video',
          paused: false,
          origin: { agent: at.id, router: at.router, producer: published.producer },
        },
      ],
    });
  });

  it('takes audio and video from different streams, by stream id and by track id', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const carol = await stage.join();
    await stage.publish(alice, 's1');
    await stage.publish(bob, 's2');
    const tracks = [
      { type: 'audio' as const, from: streamId('s1') },
      { type: 'video' as const, from: TrackId.parse('s2-1') },
    ];
    const answer = await carol.portal.request(stage.room, carol.id, 'subscribe', {
      media: { tracks },
      transport,
    });
    assert.deepEqual(
      answer.tracks.map(({ id }) => id),
      ['s1-0', 's2-1'],
    );
  });

  it('names what cannot be resolved', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1', [microphone]);
    await stage.register(alice, 'unfinished');
    const outcome = async (from: string, kinds: ('audio' | 'video')[] = ['audio']) =>
      await codeOf(stage.subscribe(bob, from, 'sub', kinds));
    assert.equal(await outcome('s2'), 'stream_not_found');
    assert.equal(await outcome('unfinished'), 'stream_not_found');
    assert.equal(await outcome('s1', ['video']), 'track_not_found');
    assert.equal(await outcome('s1-0', ['video']), 'track_not_found');
    assert.equal(await codeOf(stage.subscribe(alice, 's1', 'sub', ['audio'])), 'own_stream');
    assert.equal(stage.access.asked('subscription.open').length, 0);
  });

  it('needs the permission for each kind', async () => {
    await set();
    const alice = await stage.join();
    await stage.publish(alice, 's1');
    const watcher = await stage.join({ role: 'video_only_viewer' });
    assert.equal(await codeOf(stage.subscribe(watcher, 's1', 'sub')), 'forbidden');
    assert.equal(await codeOf(stage.subscribe(watcher, 's1', 'sub', ['video'])), 'ok');
  });

  it('gives the same subscription for the same id', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const carol = await stage.join();
    await stage.publish(alice, 's1');
    const answers = await Promise.all([stage.subscribe(bob, 's1', 'sub'), stage.subscribe(bob, 's1', 'sub')]);
    assert.deepEqual(answers[0], answers[1]);
    assert.equal(await codeOf(stage.subscribe(bob, 's1', 'sub', ['audio'])), 'subscription_exists');
    assert.equal(await codeOf(stage.subscribe(carol, 's1', 'sub')), 'subscription_exists');
    assert.equal(await metric(must(stage.conferences[0]), 'portico_subscriptions'), 1);
  });

  it('keeps what was paused when the same request is repeated', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1');
    await stage.subscribe(bob, 's1', 'sub');
    const id = subscriptionId('sub');
    const control = { id, operation: 'pause' as const, data: 'video' as const };
    await bob.portal.request(stage.room, bob.id, 'subscription-control', control);
    await stage.subscribe(bob, 's1', 'sub');
    assert.deepEqual(
      must(stage.access.subscriptions.get(id)).tracks.map(({ paused }) => paused),
      [false, true],
    );
  });

  it('stops at the limit of a participant', async () => {
    await set({ subscriptions_per_participant: 2 });
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1');
    const outcomes = await Promise.all(['a', 'b', 'c'].map((id) => codeOf(stage.subscribe(bob, 's1', id))));
    assert.deepEqual(outcomes.toSorted(), ['ok', 'ok', 'resource_exhausted']);
  });

  it('fails when the source ends while the agent is asked, and nothing stays granted', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const id = await stage.publish(alice, 's1');
    const opened = stage.access.hold('subscription.open');
    const subscribing = codeOf(stage.subscribe(bob, 's1', 'sub'));
    await opened.arrived;
    await alice.portal.request(stage.room, alice.id, 'unpublish', { id });
    opened.release();
    assert.equal(await subscribing, 'stream_not_found');
    await until(() => stage.access.subscriptions.size === 0);
    assert.equal(await metric(must(stage.conferences[0]), 'portico_subscriptions'), 0);
  });

  it('leaves nothing granted when the agent does not answer in time', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1');
    stage.access.fail('subscription.open', new PorticoError('timeout', 'too slow'));
    const tracks = [{ type: 'audio' as const, from: streamId('s1') }];
    const request = { id: subscriptionId('sub'), media: { tracks }, transport };
    const by = { participant: bob.id, portal: bob.portal.id };
    void bob.portal.call(stage.room, 'subscribe', { by, request }).catch(() => undefined);
    await until(() => stage.access.asked('subscription.close').length === 1);
  });

  it('ends with unsubscribe, once', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const carol = await stage.join();
    await stage.publish(alice, 's1');
    await stage.subscribe(bob, 's1', 'sub');
    const request = { id: subscriptionId('sub') };
    const end = (who: typeof bob) => codeOf(who.portal.request(stage.room, who.id, 'unsubscribe', request));
    assert.equal(await end(carol), 'subscription_not_found');
    assert.equal(await end(bob), 'ok');
    assert.equal(stage.access.subscriptions.size, 0);
    assert.equal(await end(bob), 'subscription_not_found');
    assert.deepEqual(heard(bob, 'progress'), []);
  });

  it('is controlled by its participant only', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    const carol = await stage.join();
    await stage.publish(alice, 's1');
    await stage.publish(carol, 's2');
    await stage.subscribe(bob, 's1', 'sub');
    const id = subscriptionId('sub');
    const resolution = { width: 320, height: 180 };
    const update = (video: object) => ({ id, operation: 'update' as const, data: { video } });
    const control = (who: typeof bob, request: ReturnType<typeof update>) =>
      codeOf(who.portal.request(stage.room, who.id, 'subscription-control', request));
    assert.equal(await control(bob, update({ parameters: { resolution } })), 'ok');
    assert.deepEqual(stage.access.asked('subscription.control').at(-1)?.['operation'], {
      type: 'update',
      parameters: { resolution },
    });
    assert.equal(await control(bob, update({ from: 's1', parameters: { resolution } })), 'ok');
    assert.equal(await control(bob, update({ from: 's2' })), 'not_supported');
    assert.equal(await control(carol, update({ parameters: { resolution } })), 'subscription_not_found');
  });

  it('has no video to update when it has no video', async () => {
    await set();
    const alice = await stage.join();
    const bob = await stage.join();
    await stage.publish(alice, 's1', [microphone, camera]);
    await stage.subscribe(bob, 's1', 'sub', ['audio']);
    const request = { id: subscriptionId('sub'), operation: 'update' as const, data: { video: {} } };
    const outcome = codeOf(bob.portal.request(stage.room, bob.id, 'subscription-control', request));
    assert.equal(await outcome, 'track_not_found');
  });
});
