import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { pauseAfter, Poller } from '../../../client/admin/src/live/poller.ts';
import type { Link } from '../../../client/admin/src/live/poller.ts';

/** Lets everything that waits for promises go on. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

const scene = () => {
  const looks: { signal: AbortSignal; end: () => void; fail: (error: Error) => void }[] = [];
  const links: Link['state'][] = [];
  const page = { visible: true };
  const poller = new Poller({
    look: (signal) =>
      new Promise((resolve, reject) => {
        looks.push({ signal, end: resolve, fail: reject });
      }),
    isVisible: () => page.visible,
    onLink: ({ state }) => {
      links.push(state);
    },
  });
  return { poller, looks, links, page };
};

const pass = async (ms: number): Promise<void> => {
  mock.timers.tick(ms);
  await settle();
};

describe('looking at the server', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('begins again two seconds after the last look ended, never two at a time', async () => {
    const { poller, looks, links } = scene();
    poller.nudge();
    await pass(10_000);
    assert.equal(looks.length, 1, 'the first look is still on its way');
    looks[0]?.end();
    await settle();
    assert.deepEqual(links, ['live']);
    await pass(1_999);
    assert.equal(looks.length, 1);
    await pass(1);
    assert.equal(looks.length, 2);
    poller.close();
  });

  it('stops while nobody sees the page, and goes on at once', async () => {
    const { poller, looks, page } = scene();
    page.visible = false;
    poller.nudge();
    await pass(60_000);
    assert.equal(looks.length, 0);
    page.visible = true;
    poller.nudge();
    assert.equal(looks.length, 1);
    poller.close();
  });

  it('waits longer after each failure, says so, and comes back by itself', async () => {
    const { poller, looks, links } = scene();
    poller.nudge();
    for (let failure = 1; failure <= 6; failure += 1) {
      looks.at(-1)?.fail(new Error('gone'));
      await settle();
      await pass(pauseAfter(failure) - 1);
      assert.equal(looks.length, failure);
      await pass(1);
      assert.equal(looks.length, failure + 1);
    }
    assert.deepEqual([1, 2, 3, 4, 5, 6].map(pauseAfter), [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    looks.at(-1)?.end();
    await settle();
    assert.deepEqual([...new Set(links)], ['lost', 'live']);
    poller.close();
  });

  it('looks once more when something changed during a look', async () => {
    const { poller, looks } = scene();
    poller.nudge();
    poller.nudge();
    poller.nudge();
    looks[0]?.end();
    await settle();
    await pass(0);
    assert.equal(looks.length, 2);
    looks[1]?.end();
    await settle();
    await pass(0);
    assert.equal(looks.length, 2);
    poller.close();
  });

  it('leaves a look alone that another view has made pointless, without calling it a failure', async () => {
    const { poller, looks, links } = scene();
    poller.nudge();
    poller.restart();
    assert.equal(looks[0]?.signal.aborted, true);
    looks[0]?.fail(new Error('aborted'));
    await settle();
    await pass(0);
    assert.equal(looks.length, 2);
    assert.deepEqual(links, []);
    poller.close();
    assert.equal(looks[1]?.signal.aborted, true);
    looks[1]?.fail(new Error('aborted'));
    await pass(60_000);
    assert.equal(looks.length, 2);
  });
});
