import assert from 'node:assert/strict';
import { Timeline } from '../../../../mixer-agent/ingress/timeline.ts';

describe('the timeline of a fetched stream', () => {
  it('plays nothing before it has begun, and then from the first timestamp on', () => {
    const timeline = new Timeline(false);
    assert.ok(timeline.came(5_000, 100));
    assert.equal(timeline.at(5_000), Infinity);
    timeline.begin(300);
    assert.equal(timeline.at(5_000), 550);
    assert.equal(timeline.at(5_040), 590);
  });

  it('plays a burst at its own pace, and says how much waits', () => {
    const timeline = new Timeline(false);
    timeline.came(0, 0);
    timeline.begin(0);
    for (let time = 0; time <= 4_000; time += 40) {
      timeline.came(time, 1);
      timeline.arrived(time, 1);
    }
    assert.equal(timeline.at(4_000), 4_250);
    assert.equal(timeline.ahead(250), 4_000);
  });

  it('plays all that follows later when something comes too late, both tracks alike', () => {
    const timeline = new Timeline(false);
    timeline.came(0, 0);
    timeline.begin(0);
    const before = timeline.at(1_000);
    timeline.came(40, 1_000);
    timeline.arrived(40, 1_000);
    assert.ok(timeline.at(40) > 1_000);
    assert.equal(timeline.at(1_000) - before, timeline.at(40) - 290);
  });

  it('lets a little lateness pass', () => {
    const timeline = new Timeline(false);
    timeline.came(0, 0);
    timeline.begin(0);
    timeline.arrived(40, 310);
    assert.equal(timeline.at(40), 290);
  });

  it('says when timestamps do not belong together', () => {
    const timeline = new Timeline(true);
    assert.ok(timeline.came(0, 0));
    assert.ok(timeline.came(9_000, 0));
    assert.ok(!timeline.came(20_000, 0));
    assert.ok(!timeline.came(-2_000, 0));
  });

  it('works off what a source is ahead for long, slowly', () => {
    const timeline = new Timeline(false);
    timeline.came(0, 0);
    timeline.begin(0);
    let now = 0;
    const run = (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        now += 1_000;
        timeline.came(now + 3_000, now);
        timeline.settle(now);
      }
    };
    run(40);
    const moved = 250 - timeline.at(0);
    assert.ok(moved > 10 && moved < 40, String(moved));
  });
});
