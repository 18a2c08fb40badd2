import assert from 'node:assert/strict';
import { SingleRun } from '../../../client/sdk/single-run.ts';

describe('a single run', () => {
  it('takes in what is wished at any moment of it', async () => {
    // Wishes come after every number of turns, the last of them while the run is about to end.
    for (let turns = 0; turns < 12; turns += 1) {
      let wanted = 1;
      let done = 0;
      const single = new SingleRun(() =>
        done === wanted ? undefined : Promise.resolve().then(() => void (done = wanted)),
      );
      const first = single.run();
      for (let n = 0; n < turns; n += 1) await Promise.resolve();
      wanted = 2;
      await single.run();
      assert.equal(done, 2);
      await first;
    }
  });

  it('is over at once when nothing is to be done, and can begin again', async () => {
    let left = 0;
    const single = new SingleRun(() => (left === 0 ? undefined : Promise.resolve(void (left -= 1))));
    await single.run();
    left = 3;
    await single.run();
    assert.equal(left, 0);
    assert.equal(single.active, false);
  });

  it('ends with the step that fails, and the next one starts afresh', async () => {
    let fail = true;
    let done = false;
    const single = new SingleRun(() => {
      if (fail) return Promise.reject(new Error('no'));
      if (done) return undefined;
      done = true;
      return Promise.resolve();
    });
    await assert.rejects(single.run(), /no/);
    fail = false;
    await single.run();
    assert.equal(done, true);
  });
});
