import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { types } from 'mediasoup';
import { PorticoError, type ErrorCode } from '../../../common/contract/errors.ts';
import type { Kind } from '../../../common/contract/media.ts';
import { Person } from './support/person.ts';
import { audioParameters, rtpParameters, simulcastParameters, videoParameters } from './support/rtp.ts';
import { Stage } from './support/stage.ts';

/** What garbage may be answered with. */
const refusals: ErrorCode[] = ['bad_request', 'rtp_invalid', 'codec_unsupported', 'track_not_found'];

const strings = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    'r0',
    'L3T3',
    'S9T9',
    'L1T3',
    'L2T1',
    'video/VP8',
    'audio/opus',
    'video/rtx',
    '__proto__',
  ),
  fc.constantFrom(
    'a\r\nb=c',
    'é',
    '💥',
    'x'.repeat(300),
    'VIDEO/vp8',
    'video/',
    '42e01f',
    '640c1f',
    'sha-256',
  ),
  fc.string({ maxLength: 20 }),
);
const numbers = fc.oneof(
  fc.constantFrom(
    0,
    1,
    -1,
    0.5,
    1.5,
    96,
    97,
    111,
    127,
    128,
    255,
    256,
    65_536,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);
const junk = fc.oneof(strings, numbers, fc.boolean(), fc.constant(null), fc.constant([]), fc.constant({}));

type Json = Record<string, unknown> | unknown[];

/** Every place of a value: its parent and its key there. */
function places(value: unknown): { parent: Json; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [{ parent: value as Json, key }, ...places(child)]);
}

interface Change {
  place: number;
  action: 'replace' | 'delete' | 'duplicate' | 'copy';
  /** What replaces a number, a string, or anything when `wild`. */
  number: number;
  string: string;
  junk: unknown;
  wild: boolean;
  from: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(200),
  action: fc.constantFrom('replace', 'delete', 'duplicate', 'copy'),
  number: numbers,
  string: strings,
  junk,
  wild: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  from: fc.nat(200),
});

/** A copy with one place replaced, removed, repeated or overwritten by another. */
function apply<T>(original: T, { place, action, from, ...values }: Change): T {
  const copy = structuredClone(original);
  const all = places(copy);
  const target = all[place % all.length];
  const source = all[from % all.length];
  if (target === undefined || source === undefined) return copy;
  const parent = target.parent as Record<string, unknown>;
  if (action === 'delete') Reflect.deleteProperty(parent, target.key);
  else if (action === 'duplicate' && Array.isArray(parent))
    parent.push(structuredClone(parent[Number(target.key)]));
  else if (action === 'copy') {
    parent[target.key] = structuredClone((source.parent as Record<string, unknown>)[source.key]);
  } else {
    const fitting = { number: values.number, string: values.string }[typeof parent[target.key] as string];
    parent[target.key] = values.wild ? values.junk : (fitting ?? parent[target.key]);
  }
  return copy;
}

const mutated = <T>(bases: (() => T)[]): fc.Arbitrary<T> =>
  fc
    .tuple(fc.constantFrom(...bases), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([base, changes]) => changes.reduce<T>(apply, base()));

const bases = [
  audioParameters,
  simulcastParameters,
  () => videoParameters(),
  () => videoParameters({ codec: 'VP9', payloadType: 98, parameters: { 'profile-id': 0 } }),
  () =>
    videoParameters({
      codec: 'H264',
      payloadType: 102,
      parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
    }),
  () =>
    videoParameters({
      encodings: [
        { ssrc: 1, scalabilityMode: 'L1T3' },
        { ssrc: 2, scalabilityMode: 'L1T1' },
      ],
    }),
  () =>
    videoParameters({ codec: 'AV1', payloadType: 45, encodings: [{ ssrc: 3, scalabilityMode: 'L3T3_KEY' }] }),
];

describe('access agent: garbage', () => {
  let stage: Stage;
  let alice: Person;
  let bob: Person;
  let pids: number[];
  const outcomes = new Map<string, number>();
  before(async () => {
    stage = await Stage.create(1);
    alice = new Person(stage, 'alice');
    bob = new Person(stage, 'bob');
    await alice.open();
    await bob.open();
    pids = stage.actor().agent.workerPids;
  });
  after(async () => {
    await stage.close();
  });

  /** Runs a call that may be refused, but only with a reason of the list. */
  async function tolerate(call: Promise<unknown>): Promise<boolean> {
    try {
      await call;
      outcomes.set('ok', (outcomes.get('ok') ?? 0) + 1);
      return true;
    } catch (error) {
      assert.ok(error instanceof PorticoError, String(error));
      assert.ok(refusals.includes(error.code), `${error.code}: ${error.message}`);
      outcomes.set(error.code, (outcomes.get(error.code) ?? 0) + 1);
      return false;
    }
  }

  /** The same worker still serves somebody new. */
  async function assertUnharmed(): Promise<void> {
    const origins = await alice.publish({ stream: 'proof' });
    const { id } = await bob.watch(alice, origins, { stream: 'proof' });
    await stage.call(bob.agent, 'subscription.close', { ...bob.ofOwner, id, reason: 'closed' });
    const close = { ...alice.ofOwner, id: alice.names('proof').stream, reason: 'closed' as const };
    await stage.call(alice.agent, 'publication.close', close);
    assert.deepEqual(stage.actor().agent.workerPids, pids);
    assert.deepEqual(stage.owner.all('sessionsEnded'), []);
  }

  it('survives RTP parameters of any kind, and those who consume what they made', async function () {
    this.timeout(120_000);
    const kinds = fc.constantFrom<Kind>('audio', 'video');
    await fc.assert(
      fc.asyncProperty(mutated(bases), kinds, async (parameters, kind) => {
        const stream = 'garbage';
        await alice.grantPublication(alice.publicationGrant(['audio', 'video'], stream));
        const produced = alice.produce(kind, { stream, rtp: () => parameters });
        if (await tolerate(produced)) {
          const origins = new Map([[kind, await alice.origin(await produced)]]);
          const grant = await bob.subscribe(alice, origins, { stream });
          if (await tolerate(bob.consume(grant, kind))) await bob.resume(grant);
          const statistics = { ...alice.stamp, request: { id: alice.names(stream).stream } };
          await stage.call(alice.agent, 'getStats', statistics);
          await stage.call(bob.agent, 'subscription.close', {
            ...bob.ofOwner,
            id: grant.id,
            reason: 'closed',
          });
        }
        const close = { ...alice.ofOwner, id: alice.names(stream).stream, reason: 'closed' as const };
        await stage.call(alice.agent, 'publication.close', close);
      }),
      { numRuns: 800 },
    );
    await assertUnharmed();
    // The test is worth something only when much of it gets as far as the engine.
    assert.ok((outcomes.get('ok') ?? 0) > 80, JSON.stringify([...outcomes]));
  });

  it('survives RTP capabilities of any kind', async function () {
    this.timeout(60_000);
    const origins = await alice.publish({ stream: 'watched', rtp: rtpParameters });
    const capabilities = structuredClone(bob.access?.rtpCapabilities ?? {});
    const kinds = fc.constantFrom<Kind>('audio', 'video');
    await fc.assert(
      fc.asyncProperty(mutated<types.RtpCapabilities>([() => capabilities]), kinds, async (given, kind) => {
        const grant = await bob.subscribe(alice, origins, { stream: 'watched' });
        await tolerate(bob.consume(grant, kind, given));
        await stage.call(bob.agent, 'subscription.close', { ...bob.ofOwner, id: grant.id, reason: 'closed' });
      }),
      { numRuns: 800 },
    );
    await assertUnharmed();
  });

  it('survives DTLS parameters of any kind', async () => {
    const base = () => ({
      role: 'client' as const,
      fingerprints: [{ algorithm: 'sha-256' as const, value: 'aa:bb:cc' }],
    });
    await fc.assert(
      fc.asyncProperty(mutated<types.DtlsParameters>([base]), async (given) => {
        const person = new Person(stage, 'hasty');
        await person.open();
        await tolerate(person.connect('send', given));
        await person.leave();
      }),
      { numRuns: 300 },
    );
    await assertUnharmed();
  });

  it('refuses each known way to break a worker, by name', async () => {
    await alice.grantPublication(alice.publicationGrant(['video'], 'known'));
    const attempt = (encodings: types.RtpEncodingParameters[]) =>
      tolerate(alice.produce('video', { stream: 'known', rtp: () => videoParameters({ encodings }) }));
    assert.equal(await attempt([{}]), false, 'neither ssrc nor rid');
    assert.equal(
      await attempt([{ ssrc: 1, scalabilityMode: 'L99T99' }]),
      false,
      'a mode that does not exist',
    );
    assert.equal(await attempt([{ ssrc: 1 }, { ssrc: 1 }]), false, 'an ssrc used twice');
    assert.equal(await attempt([{ ssrc: 1, rtx: { ssrc: 1 } }]), false, 'an ssrc used twice');
    assert.equal(await attempt([{ rid: 'a' }, { rid: 'a' }]), false, 'a rid used twice');
    assert.equal(await attempt([{ ssrc: 21, maxBitrate: 1.5 }]), true, 'a fraction of a bit');
    assert.equal(await attempt([{ ssrc: 22, rid: 'r0' }]), true, 'both names');
    await assertUnharmed();
  });
});
