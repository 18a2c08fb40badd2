import assert from 'node:assert/strict';
import { MixedStream, RemoteStream } from '../../../client/sdk/index.ts';
import type { Conference, Subscription } from '../../../client/sdk/index.ts';
import { Emitter } from '../../../client/sdk/emitter.ts';
import { PorticoClientError } from '../../../client/sdk/errors.ts';
import type { SubscriptionEvents } from '../../../client/sdk/index.ts';
import { Receiver } from '../../../client/app/src/call/receiver.ts';
import { mixOf } from '../../../client/app/src/state/mix-selectors.ts';
import { Store } from '../../../client/app/src/state/store.ts';
import { mixedInfo, streamInfo } from '../client/support/room.ts';
import { alice, inCall } from './support.ts';

type Refusal = 'resource_exhausted' | 'timeout';

/** A conference that gives subscriptions when the test says so. */
class Subscriptions {
  readonly open = new Map<string, Emitter<SubscriptionEvents> & Pick<Subscription, 'stop' | 'state'>>();
  readonly #waiting = new Map<string, { give: () => void; refuse: (code: Refusal) => void }>();

  readonly conference = {
    subscribe: (stream: RemoteStream) =>
      new Promise((resolve, reject) => {
        this.#waiting.set(stream.id, {
          give: () => {
            resolve(this.#subscription(stream.id));
          },
          refuse: (code) => {
            reject(new PorticoClientError(code, 'no'));
          },
        });
      }),
  } as unknown as Conference;

  get asked(): string[] {
    return [...this.#waiting.keys()];
  }

  get received(): string[] {
    return [...this.open.keys()];
  }

  async answer(refusal?: Refusal): Promise<void> {
    for (const [id, { give, refuse }] of this.#waiting) {
      this.#waiting.delete(id);
      if (refusal === undefined) give();
      else refuse(refusal);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  #subscription(id: string): unknown {
    const subscription = Object.assign(new Emitter<SubscriptionEvents>(), {
      state: 'active' as const,
      stop: async () => {
        this.open.delete(id);
        subscription.emit('ended', { reason: 'closed' });
      },
    });
    this.open.set(id, subscription);
    return subscription;
  }
}

const his = new RemoteStream(streamInfo('his', 'b'));
const hers = new RemoteStream(streamInfo('hers', 'c'));
const common = (): MixedStream => new MixedStream(mixedInfo('common'));

function start(stage: 'grid' | 'mixed', ...streams: RemoteStream[]) {
  const store = new Store(inCall({ type: 'stage', stage }));
  const subscriptions = new Subscriptions();
  const receiver = new Receiver(subscriptions.conference, store, alice.permission);
  receiver.add(...streams);
  const show = (next: 'grid' | 'mixed'): void => {
    store.dispatch({ type: 'stage', stage: next });
    receiver.sync();
  };
  return { store, subscriptions, receiver, show };
}

describe('what the page receives', () => {
  it('is every single stream in the grid, and no mix', async () => {
    const { subscriptions, store } = start('grid', common(), his, hers);
    assert.deepEqual(subscriptions.asked, ['his', 'hers']);
    await subscriptions.answer();
    assert.deepEqual(subscriptions.received, ['his', 'hers']);
    assert.equal(store.state.streams.his?.receiving, 'live');
    assert.equal(mixOf(store.state)?.receiving, 'off');
  });

  it('is the mix alone in the mixed view, whatever the order of the streams', async () => {
    const { subscriptions, receiver } = start('mixed', his, common());
    await subscriptions.answer();
    receiver.add(hers);
    assert.deepEqual(subscriptions.asked, []);
    assert.deepEqual(subscriptions.received, ['demo-common']);
  });

  it('changes without a gap: what was there ends when the new is there', async () => {
    const { subscriptions, show, store } = start('grid', common(), his, hers);
    await subscriptions.answer();
    show('mixed');
    assert.deepEqual([subscriptions.asked, subscriptions.received], [['demo-common'], ['his', 'hers']]);
    assert.equal(mixOf(store.state)?.receiving, 'waiting');
    await subscriptions.answer();
    assert.deepEqual(subscriptions.received, ['demo-common']);
    assert.equal(store.state.streams.his?.receiving, 'off');
    show('grid');
    assert.deepEqual([subscriptions.asked, subscriptions.received], [['his', 'hers'], ['demo-common']]);
    await subscriptions.answer();
    assert.deepEqual(subscriptions.received, ['his', 'hers']);
    assert.equal(mixOf(store.state)?.receiving, 'off');
  });

  it('ends as wished last, however quickly wishes change', async () => {
    const { subscriptions, show } = start('grid', common(), his);
    await subscriptions.answer();
    for (const stage of ['mixed', 'grid', 'mixed', 'grid'] as const) show(stage);
    await subscriptions.answer();
    assert.deepEqual([subscriptions.asked, subscriptions.received], [[], ['his']]);
  });

  it('are the single streams again when the mix cannot be had, until it is asked for once more', async () => {
    const { subscriptions, receiver, store } = start('mixed', common(), his);
    await subscriptions.answer('resource_exhausted');
    const mix = mixOf(store.state);
    assert.equal(mix?.receiving, 'failed');
    assert.match(mix.problem ?? '', /at its limit/);
    assert.deepEqual(subscriptions.asked, ['his']);
    await subscriptions.answer();
    receiver.retry(mix.id);
    assert.deepEqual(subscriptions.asked, ['demo-common']);
    await subscriptions.answer();
    assert.deepEqual(subscriptions.received, ['demo-common']);
  });

  it('is a mix that takes long to start, after some patience', async () => {
    const { subscriptions, store } = start('mixed', common(), his);
    for (const _ of [1, 2]) await subscriptions.answer('timeout');
    assert.deepEqual([subscriptions.asked, mixOf(store.state)?.receiving], [['demo-common'], 'waiting']);
    await subscriptions.answer('timeout');
    assert.deepEqual([subscriptions.asked, mixOf(store.state)?.receiving], [['his'], 'failed']);
  });

  it('is a mix again that failed and has come back by itself', async () => {
    const stream = common();
    const { subscriptions, receiver } = start('mixed', stream);
    stream.info = { ...stream.info, status: 'interrupted' };
    receiver.update(stream);
    await subscriptions.answer('resource_exhausted');
    stream.info = { ...stream.info, status: 'active' };
    receiver.update(stream);
    assert.deepEqual(subscriptions.asked, ['demo-common']);
  });

  it('are the single streams when the view is removed from the room', async () => {
    const stream = common();
    const { subscriptions, receiver } = start('mixed', stream, his);
    await subscriptions.answer();
    receiver.remove(stream);
    assert.deepEqual(subscriptions.asked, ['his']);
  });

  it('is not asked for again after the permission to receive it was taken away', async () => {
    const { subscriptions, receiver } = start('grid', his);
    await subscriptions.answer();
    subscriptions.open.get('his')?.emit('ended', { reason: 'permission_revoked' });
    receiver.sync();
    assert.deepEqual(subscriptions.asked, []);
  });
});
