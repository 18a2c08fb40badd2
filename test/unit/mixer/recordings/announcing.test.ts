import assert from 'node:assert/strict';
import { PorticoError, type ErrorCode } from '../../../../common/contract/errors.ts';
import { EgressId, MemberId, RoomId } from '../../../../common/contract/ids.ts';
import { silentLogger } from '../../../../common/observe/log.ts';
import {
  Announcing,
  type AnnouncingOptions,
  type Ready,
} from '../../../../mixer-agent/recordings/announcing.ts';
import { recordingSpec } from '../../../support/recording-specs.ts';

const file = { name: 'room/one.mkv', part: 2, bytes: 7, durationMs: 5, startedAt: 3, sha256: 'ab' };
const ready: Ready = {
  ...{ id: 'event', at: 9, spec: recordingSpec('one', { part: 2 }) },
  recording: {
    ...{ id: EgressId.parse('one'), room: RoomId.parse('room'), startedAt: 3, endedAt: 8 },
    ...{ reason: 'crashed', durationMs: 5, bytes: 7, files: [file] },
  },
};

describe('telling that a recording is ready', () => {
  const asked: [string, unknown][] = [];
  /** A management API whose answers are these, and then good ones. */
  const apiThat = (expected: boolean, ...failures: ErrorCode[]): AnnouncingOptions['api'] => ({
    expected,
    ask: (method, params) => {
      asked.push([method, params]);
      const code = failures.shift();
      return code === undefined ? Promise.resolve({} as never) : Promise.reject(new PorticoError(code, 'no'));
    },
  });
  const announcing = (api: AnnouncingOptions['api'], collectMs = 60_000) =>
    new Announcing({ api, self: MemberId.parse('mixer-1'), log: silentLogger, collectMs });
  beforeEach(() => {
    asked.length = 0;
  });

  it('says what there is, and why it ended', async () => {
    assert.equal(await announcing(apiThat(true)).tell(ready), true);
    const [[method, params]] = asked as [[string, Record<string, unknown>]];
    assert.deepEqual(
      [method, params['id'], params['at'], params['room'], params['reason']],
      ['recording.ready', 'event', 9, 'room', 'crashed'],
    );
    const egress = params['egress'] as Record<string, unknown>;
    assert.deepEqual(
      [egress['id'], egress['agent'], egress['origin'], egress['target']],
      ['one', 'mixer-1', ready.spec.origin, ready.spec.target],
    );
    const state = egress['state'] as Record<string, unknown>;
    assert.deepEqual([state['status'], state['part'], state['files']], ['ended', 2, [file]]);
  });

  it('says it again, in the same words, until it is heard', async () => {
    assert.equal(await announcing(apiThat(true, 'unavailable', 'timeout')).tell(ready), true);
    assert.equal(asked.length, 3);
    assert.deepEqual(asked[2], asked[0]);
  });

  it('gives up what nobody will ever take', async () => {
    assert.equal(await announcing(apiThat(true, 'bad_request')).tell(ready), true);
    assert.equal(asked.length, 1);
  });

  it('waits for a management API that may still come, though not for ever', async () => {
    assert.equal(await announcing(apiThat(false, 'unavailable')).tell(ready), true);
    assert.equal(asked.length, 2);
    const never = Array.from({ length: 100 }, () => 'unavailable' as const);
    assert.equal(await announcing(apiThat(false, ...never), 0).tell(ready), true);
    assert.equal(asked.length, 3);
  });

  it('leaves the rest to the next start when this process ends', async () => {
    const teller = announcing(apiThat(true, ...Array.from({ length: 100 }, () => 'unavailable' as const)));
    const told = teller.tell(ready);
    teller.close();
    assert.equal(await told, false);
  });
});
