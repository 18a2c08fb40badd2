import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { KeyFrameRequests } from '../../../../mixer-agent/inputs/key-frame-requests.ts';
import { DeadMan } from '../../../../mixer-agent/process/dead-man.ts';

describe('mixer agent: timing', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  describe('requests for key frames', () => {
    it('go out at once, and then not before 400 ms, however many are made', () => {
      let sent = 0;
      const requests = new KeyFrameRequests(() => (sent += 1));
      for (let round = 0; round < 20; round += 1) requests.ask();
      assert.equal(sent, 1);
      mock.timers.tick(399);
      assert.equal(sent, 1);
      mock.timers.tick(1);
      assert.equal(sent, 2);
      mock.timers.tick(400);
      assert.equal(sent, 2);
      requests.ask();
      assert.equal(sent, 3);
    });

    it('end with their track', () => {
      let sent = 0;
      const requests = new KeyFrameRequests(() => (sent += 1));
      requests.ask();
      requests.ask();
      requests.close();
      mock.timers.tick(10_000);
      assert.equal(sent, 1);
    });
  });

  describe('a watch over signs of life', () => {
    it('calls when there was none for the time given, and a moment more', () => {
      let silent = 0;
      const watch = new DeadMan(() => (silent += 1));
      watch.expect(3_000);
      mock.timers.tick(3_000);
      assert.equal(silent, 0);
      mock.timers.tick(250);
      assert.equal(silent, 1);
      mock.timers.tick(60_000);
      assert.equal(silent, 1);
    });

    it('believes signs that were read late', () => {
      let silent = 0;
      const watch = new DeadMan(() => (silent += 1));
      watch.expect(3_000);
      mock.timers.tick(3_000);
      watch.alive();
      mock.timers.tick(250);
      for (let round = 0; round < 20; round += 1) {
        mock.timers.tick(1_000);
        watch.alive();
      }
      assert.equal(silent, 0);
      for (let round = 0; round < 26; round += 1) mock.timers.tick(250);
      assert.equal(silent, 1);
    });

    it('expects nothing while it rests', () => {
      let silent = 0;
      const watch = new DeadMan(() => (silent += 1));
      watch.expect(100);
      mock.timers.tick(100);
      watch.rest();
      mock.timers.tick(10_000);
      assert.equal(silent, 0);
    });
  });
});
