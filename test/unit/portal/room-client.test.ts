import assert from 'node:assert/strict';
import type { BusHandler, Claim } from '../../../common/bus/bus.ts';
import { LocalBroker, LocalBus } from '../../../common/bus/local-bus.ts';
import type { Member } from '../../../common/cluster/membership.ts';
import { Owners } from '../../../common/cluster/owners.ts';
import type { Owner } from '../../../common/contract/cluster.ts';
import { PorticoError, type ErrorCode } from '../../../common/contract/errors.ts';
import {
  MemberId,
  memberAddress,
  ParticipantId,
  RoomId,
  roomAddress,
  StreamId,
} from '../../../common/contract/ids.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import { RoomClient } from '../../../portal/rooms/room-client.ts';

const room = RoomId.parse('demo');
const params = {
  by: { participant: ParticipantId.parse('alice'), portal: MemberId.parse('portal-1') },
  request: { id: StreamId.parse('stream-1') },
};
const ownerOf = (epoch: number): Owner => ({ epoch, id: MemberId.parse('conference-1') });

describe('calls to a room', () => {
  const broker = new LocalBroker();
  const buses: LocalBus[] = [];
  let bus: LocalBus;
  let far: LocalBus;
  let owners: Owners;
  let members: Member[];
  let gone: MemberId[];
  let client: RoomClient;
  let claim: Claim | undefined;

  const connect = async () => {
    const made = await LocalBus.connect(broker, { name: `bus-${String(buses.length)}` });
    buses.push(made);
    return made;
  };

  beforeEach(async () => {
    bus = await connect();
    far = await connect();
    owners = new Owners();
    members = [];
    gone = [];
    claim = undefined;
    client = new RoomClient({
      bus,
      owners,
      membership: { members: () => members, reportGone: (id) => gone.push(id) },
      metrics: { roomOpened: () => undefined },
      log: silentLogger,
      timeoutMs: 1_500,
      attemptMs: 300,
    });
  });
  afterEach(async () => {
    await claim?.release();
    for (const one of buses.splice(0)) await one.close();
  });

  async function serveRoom(handler: BusHandler): Promise<void> {
    claim = await far.claim(roomAddress(room));
    await claim.serve(handler);
  }

  function addAgent(name: string, handler: BusHandler): Promise<unknown> {
    const id = MemberId.parse(name);
    members.push({ id, role: 'conference', startedAt: 0, load: 0, draining: false });
    return far.serve(memberAddress(id), handler);
  }

  const call = () => client.call(room, 'unpublish', params);
  const fails = (code: ErrorCode) => assert.rejects(call(), { code });
  const done = (epoch = 1) => Promise.resolve({ owner: ownerOf(epoch), result: {} });
  const refuse = (code: ErrorCode) => Promise.reject(new PorticoError(code, code));

  it('answer with what the owner says, and remember the owner', async () => {
    await serveRoom(() => done(5));
    assert.deepEqual((await call()).owner, ownerOf(5));
    assert.deepEqual(owners.get(room), ownerOf(5));
  });

  it('pass refusals of the room through without trying again', async () => {
    let calls = 0;
    await serveRoom(() => {
      calls += 1;
      return refuse('stream_not_found');
    });
    await fails('stream_not_found');
    assert.equal(calls, 1);
  });

  it('have the room opened when nobody serves it, then reach it', async () => {
    await addAgent('conference-1', async (input, { method }) => {
      assert.equal(method, 'room.open');
      assert.deepEqual(input, { room });
      await serveRoom(() => done());
      return { owner: ownerOf(1) };
    });
    await call();
  });

  it('count it as opened when somebody else was faster', async () => {
    await addAgent('conference-1', async () => {
      await serveRoom(() => done());
      return await refuse('taken');
    });
    await call();
  });

  it('try the next agent when one is gone or shutting down, and report the one that is gone', async () => {
    members.push(
      ...['conference-a', 'conference-b'].map((id) => ({
        id: MemberId.parse(id),
        role: 'conference' as const,
        startedAt: 0,
        load: 0,
        draining: false,
      })),
    );
    await addAgent('conference-c', () => refuse('closing'));
    await addAgent('conference-d', async () => {
      await serveRoom(() => done());
      return { owner: ownerOf(1) };
    });
    await call();
    assert.ok(gone.every((id) => id === 'conference-a' || id === 'conference-b'));
  });

  it('say that a room does not exist when no agent may open it', async () => {
    await addAgent('conference-1', () => refuse('room_not_found'));
    await fails('room_not_found');
  });

  it('give up at the deadline when there is no agent', async () => {
    const startedAt = performance.now();
    await fails('unavailable');
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs > 500 && tookMs < 1_600, String(tookMs));
  });

  it('share one opening', async () => {
    let asked = 0;
    await addAgent('conference-1', async () => {
      asked += 1;
      await serveRoom(() => done());
      return { owner: ownerOf(1) };
    });
    await Promise.all([call(), call(), call(), client.open(room)]);
    assert.equal(asked, 1);
  });

  it('repeat under the same id when an owner hangs, so that it handles them once', async () => {
    const ids: string[] = [];
    let release: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    await serveRoom(async (_input, { id }) => {
      ids.push(id);
      await hanging;
      return await done();
    });
    const answer = call();
    setTimeout(release, 450);
    await answer;
    assert.equal(ids.length, 1, 'the repetition waited for the first result');
  });

  it('get over a hanging owner that is succeeded', async () => {
    await serveRoom(() => new Promise(() => undefined));
    const answer = call();
    await addAgent('conference-1', async () => {
      claim = await far.claim(roomAddress(room));
      await claim.serve(() => done(2));
      return { owner: ownerOf(2) };
    });
    const hung = claim;
    setTimeout(() => void hung?.release(), 100);
    assert.deepEqual((await answer).owner, ownerOf(2));
  });

  it('do not believe an owner that was succeeded', async () => {
    owners.accept(room, ownerOf(10));
    let epoch = 9;
    const ids = new Set<string>();
    await serveRoom((_input, { id }) => {
      ids.add(id);
      return done(epoch++);
    });
    assert.deepEqual((await call()).owner, ownerOf(10));
    assert.equal(ids.size, 2, 'an answer is remembered under its id: another try needs another');
  });

  it('try again when the owner is shutting down', async () => {
    let calls = 0;
    await serveRoom(() => {
      calls += 1;
      return calls < 3 ? refuse('closing') : done();
    });
    await call();
    assert.equal(calls, 3);
  });

  it('survive a broken connection of their own without being handled twice', async () => {
    let calls = 0;
    await serveRoom(() => {
      calls += 1;
      broker.sever('bus-0');
      return done();
    });
    await call();
    assert.equal(calls, 1, 'the answer was lost; the repetition got it');
  });

  it('do not take nonsense for an answer', async () => {
    await serveRoom(() => Promise.resolve({ owner: 'me', result: {} }));
    await fails('internal');
  });
});
