import assert from 'node:assert/strict';
import { rivalOf } from '../../../client/sdk/rival.ts';

/** A new connection that is made when `made` is called; its closing is noted. */
function rival() {
  let closed = false;
  let aborted = false;
  const connection = {
    close: () => {
      closed = true;
    },
  };
  let made: () => void = () => undefined;
  const dialled = new Promise<typeof connection>((resolve) => {
    made = () => {
      resolve(connection);
    };
  });
  const dial = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => {
      aborted = true;
    });
    return dialled;
  };
  const state = () => ({ closed, aborted });
  return { dialer: { dial }, connection, made, state };
}

describe('a connection that may be dead', () => {
  it('stays when it answers first; the other one is not made any more', async () => {
    const { dialer, made, state } = rival();
    assert.equal(await rivalOf(Promise.resolve(true), dialer), 'alive');
    made();
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual(state(), { closed: true, aborted: true });
  });

  it('is replaced by one that is made first', async () => {
    const { dialer, connection, made } = rival();
    made();
    assert.equal(await rivalOf(new Promise(() => undefined), dialer), connection);
  });

  it('stays when it answers a little later than the other one is made', async () => {
    const { dialer, made, state } = rival();
    let answer: (alive: boolean) => void = () => undefined;
    const alive = new Promise<boolean>((resolve) => (answer = resolve));
    const decided = rivalOf(alive, dialer);
    made();
    await Promise.resolve();
    answer(true);
    assert.equal(await decided, 'alive');
    assert.equal(state().closed, true);
  });

  it('is dead when it does not answer and no other is made', async () => {
    const { dialer, state } = rival();
    assert.equal(await rivalOf(Promise.resolve(false), dialer), 'dead');
    assert.equal(state().aborted, true);
  });
});
