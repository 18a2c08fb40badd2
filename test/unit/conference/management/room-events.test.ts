import assert from 'node:assert/strict';
import { RoomEvents } from '../../../../conference-agent/management/room-events.ts';
import { Participant } from '../../../../conference-agent/participant.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import type { ManagementContract } from '../../../../common/contract/management.ts';
import type { Input } from '../../../../common/contract/rpc.ts';
import { silentLogger } from '../../../../common/observe/log.ts';
import { participantRecord } from '../../../support/participant-record.ts';
import { until } from '../../../support/until.ts';
import { member, roomId } from '../fixtures.ts';

type Report = Input<ManagementContract, 'events.report'>;

const person = (name: string, attributes?: Record<string, string>) =>
  new Participant(
    participantRecord(name, attributes === undefined ? {} : { attributes }),
    member('portal', 'p'),
  );

/** A management API that takes or refuses reports as a test wants it. */
class Listener {
  readonly reports: Report[] = [];
  present = true;
  expected = true;
  /** Why the next reports are refused. */
  refuses: (report: Report) => PorticoError | undefined = () => undefined;

  ask = (_method: string, report: unknown): Promise<never> => {
    const refusal = this.refuses(report as Report);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.reports.push(structuredClone(report as Report));
    return Promise.resolve({} as never);
  };

  get told(): (number | string)[][] {
    return this.reports.map(({ events }) => events.map(({ seq }) => seq));
  }
}

describe('events of a room', () => {
  let api: Listener;
  let events: RoomEvents;
  beforeEach(() => {
    api = new Listener();
    const owner = { epoch: 1, id: member('conference', 'c') };
    events = new RoomEvents({ room: roomId, owner, api, log: silentLogger });
  });
  afterEach(() => {
    events.stop();
  });

  const begin = (inside: Participant[] = []) => {
    const look = () => ({
      participants: inside.map(({ id, user, role, permission, joinedAt, token, portal }) => {
        return { id, user, role, permission, joinedAt, token, portal, connection: 'ok' as const };
      }),
      streams: [],
    });
    events.begin({ takeover: false, look });
    events.release();
  };

  it('of one moment travel together, those after it in the next report', async () => {
    begin();
    events.joined(person('alice'));
    await until(() => api.reports.length === 1);
    events.joined(person('bob'));
    await until(() => api.reports.length === 2);
    assert.deepEqual(api.told, [[1, 2], [3]]);
    assert.deepEqual(
      api.reports.map(({ picture }) => picture !== undefined),
      [true, false],
    );
  });

  it('are told again until they are taken, none is lost', async () => {
    let failures = 2;
    api.refuses = () => ((failures -= 1) >= 0 ? new PorticoError('unavailable', 'no') : undefined);
    begin();
    events.joined(person('alice'));
    await until(() => api.reports.length === 1);
    assert.deepEqual(api.told, [[1, 2]]);
  });

  it('that are too many for one message are told in several', async () => {
    api.refuses = ({ events: { length } }) =>
      length > 3 ? new PorticoError('too_large', 'too large') : undefined;
    begin();
    for (let n = 0; n < 9; n += 1) events.joined(person(`p${String(n)}`));
    await until(() => api.told.flat().length === 10);
    assert.deepEqual(api.told.flat(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('leave attributes out of the picture when it is too large with them', async () => {
    api.refuses = ({ picture }) =>
      picture?.participants.some(({ attributes }) => attributes !== undefined) === true
        ? new PorticoError('too_large', 'too large')
        : undefined;
    events.restored(person('alice', { note: 'long' }));
    events.begin({ takeover: true, look: () => ({ participants: [], streams: [] }) });
    events.release();
    await until(() => api.reports.length === 1);
    assert.deepEqual(
      api.reports[0]?.picture?.participants.map(({ id }) => id),
      ['alice'],
    );
  });

  it('become a picture when there are too many that nobody takes', async () => {
    const alice = person('alice');
    let refuse = true;
    api.refuses = () => (refuse ? new PorticoError('unavailable', 'no') : undefined);
    begin([alice]);
    for (let n = 0; n < 6_000; n += 1) events.joined(alice);
    refuse = false;
    await until(() => api.reports.length > 0);
    const [report] = api.reports;
    assert.deepEqual(report?.events, []);
    assert.deepEqual(
      report?.picture?.participants.map(({ id }) => id),
      ['alice'],
    );
    assert.equal(report?.picture?.upTo, 6_001);
    events.left(alice, 'left');
    await until(() => api.reports.length === 2);
    assert.deepEqual(api.told[1], [6_002]);
  });

  it('that were given up before the room ended are told with its end', async () => {
    const alice = person('alice');
    let refuse = true;
    api.refuses = () => (refuse ? new PorticoError('unavailable', 'no') : undefined);
    begin();
    for (let n = 0; n < 6_000; n += 1) events.joined(alice);
    events.end('over');
    refuse = false;
    await until(() => api.reports.length > 0);
    const [report] = api.reports;
    assert.equal(report?.picture?.upTo, 6_001);
    assert.deepEqual(
      report?.events.map(({ seq, event }) => [seq, event.type]),
      [[6_002, 'room_ended']],
    );
  });

  it('that no management API can take are given up, and the room goes on', async () => {
    let broken = true;
    api.refuses = () => (broken ? new PorticoError('bad_request', 'no') : undefined);
    begin();
    await events.told(1_000);
    broken = false;
    events.joined(person('alice'));
    await until(() => api.reports.length === 1);
    assert.deepEqual(api.told, [[2]]);
  });

  it('end with the room, once they are told', async () => {
    begin();
    events.end('over');
    await events.told(1_000);
    assert.deepEqual(
      api.reports.flatMap((report) => report.events.map(({ event }) => event.type)),
      ['room_started', 'room_ended'],
    );
    events.joined(person('late'));
    await events.told(1_000);
    assert.equal(api.reports.length, 1);
  });

  it('of an owner that lost its room are not told any more', async () => {
    begin();
    events.end('lost');
    await events.told(1_000);
    assert.deepEqual(api.reports, []);
  });
});
