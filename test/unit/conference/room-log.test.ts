import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PorticoError } from '../../../common/contract/errors.ts';
import { ParticipantId, type MemberId } from '../../../common/contract/ids.ts';
import type { LogEntry } from '../../../common/contract/log.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import { RoomLog } from '../../../conference-agent/room-log.ts';
import { until } from '../../support/until.ts';
import { FakeBus, member, roomId } from './fixtures.ts';

const alice = ParticipantId.parse('alice');
const text = (message: unknown) => ({
  name: 'text' as const,
  data: { from: alice, to: 'all' as const, message: message as string },
});
const [one, two] = [member('portal', 'one'), member('portal', 'two')];

function makeLog(
  bus: FakeBus,
  portals: MemberId[] = [one],
  onUnserved: (portal: MemberId) => void = () => undefined,
) {
  const owner = { epoch: 1, id: member('conference', 'c') };
  const portalsOf = () => portals;
  const keep = { entries: 100, bytes: 100_000, ageMs: 60_000 };
  return new RoomLog({ room: roomId, owner, bus, log: silentLogger, seq: 7, keep, portalsOf, onUnserved });
}

/** Entries that the broker has for a portal, in order. */
const delivered = ({ sent }: FakeBus, portal: MemberId): LogEntry[] =>
  sent
    .filter(({ address }) => address === `member.${portal}`)
    .flatMap(({ params }) => (params as { entries: LogEntry[] }).entries);

const messages = (bus: FakeBus, portal: MemberId): unknown[] =>
  delivered(bus, portal).map(({ event }) => (event.data as { message: unknown }).message);

describe('the log of a room', () => {
  it('numbers what is kept, goes on where it ended, and leaves the rest without a number', async () => {
    const bus = new FakeBus();
    const log = makeLog(bus);
    log.tellAll(text('a'));
    log.tellAll({ name: 'speaking', data: { participants: [], dominant: null } });
    log.tell([alice], text('b'));
    log.tellAll(text('c'), [alice]);
    assert.equal(log.seq, 10);
    await log.handedOver();
    assert.deepEqual(
      delivered(bus, one).map(({ seq, to, except }) => [seq, to, except]),
      [
        [8, 'all', undefined],
        [null, 'all', undefined],
        [9, [alice], undefined],
        [10, 'all', [alice]],
      ],
    );
  });

  it('sends what happens at once in one message to each portal', async () => {
    const bus = new FakeBus();
    const log = makeLog(bus, [one, two]);
    for (let n = 0; n < 10; n += 1) log.tellAll(text(n));
    await log.handedOver();
    assert.equal(bus.sent.length, 2);
    assert.equal(delivered(bus, one).length, 10);
  });

  it('keeps the order and loses nothing, whatever happens to the connection', async () => {
    const failure = fc.constantFrom('connection_lost' as const, 'unavailable' as const, undefined);
    await fc.assert(
      fc.asyncProperty(
        fc.array(failure, { maxLength: 3 }),
        fc.integer({ min: 1, max: 300 }),
        async (failures, n) => {
          const bus = new FakeBus();
          const pending = [...failures];
          bus.onSend = async () => {
            await Promise.resolve();
            const code = pending.shift();
            if (code !== undefined) throw new PorticoError(code, 'broken');
          };
          const log = makeLog(bus);
          for (let message = 0; message < n; message += 1) {
            log.tellAll(text(message));
            if (message % 50 === 0) await Promise.resolve();
          }
          await until(() => messages(bus, one).length >= n);
          assert.deepEqual(
            messages(bus, one),
            Array.from({ length: n }, (_, message) => message),
          );
          log.close();
        },
      ),
      { numRuns: 20 },
    );
  });

  it('sends less at once when a message is too large, and drops only what is too large by itself', async () => {
    const bus = new FakeBus();
    bus.onSend = ({ params }) => {
      const tooLarge = JSON.stringify(params).length > 2_000;
      return tooLarge ? Promise.reject(new PorticoError('too_large', 'too large')) : Promise.resolve();
    };
    const log = makeLog(bus);
    const long = 'x'.repeat(700);
    for (let n = 0; n < 9; n += 1) log.tellAll(text(`${n}${long}`));
    log.tellAll(text('y'.repeat(5_000)));
    log.tellAll(text('end'));
    await log.handedOver();
    assert.deepEqual(
      messages(bus, one).map((message) => String(message).slice(0, 1)),
      ['0', '1', '2', '3', '4', '5', '6', '7', '8', 'e'],
    );
  });

  it('does not let one portal wait for another', async () => {
    const bus = new FakeBus();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    bus.onSend = ({ address }) => (address === `member.${one}` ? held : Promise.resolve());
    const log = makeLog(bus, [one, two]);
    log.tellAll(text('a'));
    await until(() => delivered(bus, two).length === 1);
    log.tellAll(text('b'));
    await until(() => delivered(bus, two).length === 2);
    assert.deepEqual(delivered(bus, one), []);
    release();
    await until(() => delivered(bus, one).length === 2);
  });

  it('says who is out of reach, does not wait for it, and forgets what it had for it on request', async () => {
    const bus = new FakeBus();
    const unserved: MemberId[] = [];
    bus.onSend = () => Promise.reject(new PorticoError('unavailable', 'gone'));
    const log = makeLog(bus, [one], (portal) => unserved.push(portal));
    log.tellAll(text('a'));
    await log.handedOver();
    assert.deepEqual([...new Set(unserved)], [one]);
    log.forget(one);
    bus.onSend = () => Promise.resolve();
    log.tellAll(text('b'));
    await log.handedOver();
    assert.deepEqual(messages(bus, one), ['b']);
  });

  it('is handed over when the broker has all that was told before', async () => {
    const bus = new FakeBus();
    const releases: (() => void)[] = [];
    bus.onSend = () => new Promise((resolve) => releases.push(resolve));
    const log = makeLog(bus);
    let done = 0;
    const note = () => (done += 1);
    log.tellAll(text('a'));
    const first = log.handedOver().then(note);
    await until(() => releases.length === 1);
    log.tellAll(text('b'));
    const second = log.handedOver().then(note);
    releases.shift()?.();
    await first;
    assert.equal(done, 1);
    await until(() => releases.length === 1);
    releases.shift()?.();
    await second;
    await log.handedOver();
  });

  it('sends nothing after it was closed', async () => {
    const bus = new FakeBus();
    const log = makeLog(bus);
    log.tellAll(text('a'));
    log.close();
    log.tellAll(text('b'));
    await log.handedOver();
    assert.deepEqual(bus.sent, []);
  });
});
