import assert from 'node:assert/strict';
import type { Kind } from '../../../../common/contract/media.ts';
import type { MixInput } from '../../../../common/contract/mix.ts';
import type { Origin } from '../../../../common/contract/origin.ts';
import type { ProcessInput, ProcessSpec } from '../../../../mixer-agent/mix/protocol.ts';
import { eventually, metric } from '../../access/support/metrics.ts';
import { Person } from '../../access/support/person.ts';
import { audioParameters, simulcastParameters } from '../../access/support/rtp.ts';
import { until } from '../../access/support/stage.ts';
import { MixerStage } from './support/mixer-stage.ts';
import { inputOf, muted, row, specOf, type SpecOptions } from './support/specs.ts';

const rtp = (kind: Kind) => (kind === 'audio' ? audioParameters() : simulcastParameters());

describe('mixer agent: changes of a mix', () => {
  let stage: MixerStage;
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let origins: Map<Person, Map<Kind, Origin>>;
  let revision = 0;
  beforeEach(async () => {
    revision = 0;
    stage = await MixerStage.create({ accesses: 2 });
    alice = new Person(stage.access, 'alice', 0);
    bob = new Person(stage.access, 'bob', 1);
    carol = new Person(stage.access, 'carol', 1);
    origins = new Map();
    for (const person of [alice, bob, carol]) {
      await person.open();
      origins.set(person, await person.publish({ rtp }));
    }
  });
  afterEach(async () => {
    await stage.close();
  });

  const input = (person: Person): MixInput => inputOf(person, origins.get(person) ?? new Map<Kind, Origin>());
  const apply = (options: Omit<SpecOptions, 'room' | 'revision'>) => {
    revision += 1;
    return stage.apply(specOf({ room: stage.access.room, revision, ...options }));
  };
  const of = ({ inputs }: ProcessSpec, person: Person): ProcessInput | undefined =>
    inputs.find(({ participant }) => participant === person.id);
  const told = (what: string, fits: (spec: ProcessSpec) => boolean) => stage.watch.told(0, what, fits);
  const bothFlow = (spec: ProcessSpec, person: Person): boolean => {
    const { audio, video } = of(spec, person) ?? {};
    return audio?.paused === false && video?.paused === false;
  };

  it('fetches who is new and gives up who is gone, and leaves the others alone', async () => {
    const first = await apply({ inputs: [input(alice), input(bob)] });
    const before = await told('alice and bob flow', (spec) => bothFlow(spec, alice) && bothFlow(spec, bob));
    const second = await apply({ inputs: [input(carol), input(bob)] });
    const after = await told('carol flows', (spec) => bothFlow(spec, carol));
    assert.deepEqual({ ...second, revision: 1 }, first);
    assert.deepEqual(
      after.inputs.map(({ participant }) => participant),
      [carol.id, bob.id],
    );
    assert.deepEqual(of(after, bob), of(before, bob));
    await eventually('nothing of alice crosses any more', async () => {
      return (await metric(stage.metrics, 'portico_pipes', { scope: 'remote' })) === 4;
    });
    assert.equal(await metric(stage.metrics, 'portico_mix_inputs', { kind: 'video' }), 2);
  });

  it('tells the process at once what is shown, and only once of what changes together', async () => {
    await apply({ inputs: [input(alice), input(bob)] });
    await told('both flow', (spec) => bothFlow(spec, alice) && bothFlow(spec, bob));
    const { specs } = await stage.watch.started();
    const before = specs.length;
    const layout = row([bob.names().stream, alice.names().stream]);
    await apply({ inputs: [input(alice), input(bob)], layout });
    const spec = await told(
      'the layout is another one',
      ({ layout: [entry] }) => entry?.stream === bob.names().stream,
    );
    assert.deepEqual(spec.layout, layout);
    assert.equal(specs.length, before + 1);
    assert.deepEqual(spec.inputs, specs[before - 1]?.inputs);
  });

  it('pauses what is muted, and nothing else', async () => {
    await apply({ inputs: [input(alice)] });
    const before = await told('alice flows', (spec) => bothFlow(spec, alice));
    await apply({ inputs: [muted(input(alice), 'video')] });
    const spec = await told('her picture is paused', (now) => of(now, alice)?.video?.paused === true);
    const known = of(before, alice);
    assert.deepEqual(of(spec, alice), { ...known, video: { ...known?.video, paused: true } });
    await apply({ inputs: [input(alice)] });
    await told('her picture flows', (now) => bothFlow(now, alice));
  });

  it('notices by itself that a publisher is muted where it enters', async () => {
    await apply({ inputs: [input(alice)] });
    await told('alice flows', (spec) => bothFlow(spec, alice));
    const control = (operation: 'pause' | 'play') =>
      stage.access.call(alice.agent, 'publication.control', {
        ...alice.ofOwner,
        id: alice.names().stream,
        operation,
        data: 'audio',
      });
    await control('pause');
    await told('her sound is paused', (spec) => of(spec, alice)?.audio?.paused === true);
    await control('play');
    await told('her sound flows', (spec) => of(spec, alice)?.audio?.paused === false);
  });

  it('decodes no picture that is not shown, and hears whoever it belongs to', async () => {
    const layout = row([alice.names().stream]);
    await apply({ inputs: [input(alice), input(bob)], layout });
    const spec = await told('alice flows and bob is heard', (now) => {
      return bothFlow(now, alice) && of(now, bob)?.audio?.paused === false;
    });
    assert.equal(of(spec, bob)?.video, undefined);
    assert.equal(of(spec, bob)?.hasVideo, true);
    await apply({ inputs: [input(alice), input(bob)] });
    await told('bob flows', (now) => bothFlow(now, bob));
    await apply({ inputs: [input(alice), input(bob)], layout });
    await told('his picture is paused', (now) => of(now, bob)?.video?.paused === true);
    await told('his picture is given up', (now) => of(now, bob)?.video === undefined);
  });

  it('fetches no pictures for a mix that nobody watches', async () => {
    await apply({ inputs: [input(alice)], video: [] });
    const heard = await told('alice is heard', (spec) => of(spec, alice)?.audio?.paused === false);
    assert.equal(of(heard, alice)?.video, undefined);
    assert.deepEqual(heard.outputs.video, []);
  });

  it('wants the layer of a picture that fits its tile, and no larger one', async () => {
    const { portal } = stage.access;
    await apply({ inputs: [input(alice)], layout: row([alice.names().stream], 6) });
    await until('the lowest', portal, () => portal.layers(alice.id).at(-1) === 0);
    await apply({ inputs: [input(alice)] });
    await until('all', portal, () => portal.layers(alice.id).at(-1) === 2);
  });

  it('has a producer for each output, which stays until it is not wanted any more', async () => {
    const one = await apply({ audio: ['common'], video: ['main'] });
    const two = await apply({ audio: ['common', alice.id], video: ['main', 'small'] });
    assert.deepEqual(two.audio[0], one.audio[0]);
    assert.deepEqual(two.video[0], one.video[0]);
    assert.equal(new Set([...two.audio, ...two.video].map(({ producer }) => producer)).size, 4);
    const { outputs } = await told('there are four', (spec) => spec.outputs.audio.length === 2);
    const ssrcs = [...outputs.audio, ...outputs.video].map(({ ssrc }) => ssrc);
    assert.equal(new Set(ssrcs).size, 4);
    const three = await apply({ audio: [alice.id], video: ['small'] });
    assert.deepEqual(three.audio, two.audio.slice(1));
    assert.deepEqual(three.video, two.video.slice(1));
    await told('there are two', (spec) => spec.outputs.audio.length + spec.outputs.video.length === 2);
  });

  it('sends another codec from another producer', async () => {
    const vp8 = await apply({});
    const h264 = await apply({ codec: 'h264' });
    assert.notEqual(h264.video[0]?.producer, vp8.video[0]?.producer);
    assert.deepEqual(h264.audio, vp8.audio);
    assert.deepEqual(h264.formats.video, { codec: 'h264', profile: 'CB' });
    await told('the process sends it', ({ outputs }) => outputs.video[0]?.codec === 'h264');
  });

  it('follows the newest revision, whatever order they come in', async () => {
    const spec = (number: number, inputs: MixInput[]) =>
      specOf({ room: stage.access.room, revision: number, inputs });
    const answers = await Promise.all([
      stage.apply(spec(1, [])),
      stage.apply(spec(4, [input(alice)])),
      stage.apply(spec(3, [input(bob)])),
      stage.apply(spec(2, [])),
    ]);
    assert.equal(answers[3]?.revision, 4);
    const [mix] = (await stage.inventory()).mixes ?? [];
    assert.equal(mix?.spec.revision, 4);
    await told('alice alone flows', (now) => bothFlow(now, alice) && now.inputs.length === 1);
    assert.deepEqual(await stage.apply(spec(4, [input(alice)])), mix?.state);
  });

  it('gets what cannot be fetched as soon as it can', async () => {
    const gone = new Map(
      [...(origins.get(alice) ?? [])].map(([kind, origin]) => [kind, { ...origin, agent: bob.agent }]),
    );
    await apply({ inputs: [inputOf(alice, gone), input(bob)] });
    await told('bob flows', (spec) => bothFlow(spec, bob));
    const { spec } = await stage.watch.started();
    assert.deepEqual(of(spec, alice), {
      stream: alice.names().stream,
      participant: alice.id,
      name: alice.id,
      hasVideo: true,
    });
    await apply({ inputs: [input(alice), input(bob)] });
    await told('alice flows', (now) => bothFlow(now, alice));
  });

  it('goes on without somebody whose agent is gone', async () => {
    await apply({ inputs: [input(alice), input(bob)] });
    await told('both flow', (spec) => bothFlow(spec, alice) && bothFlow(spec, bob));
    await stage.access.actor(0).vanish();
    const spec = await told('nothing of alice comes', (now) => of(now, alice)?.audio === undefined);
    assert.equal(of(spec, alice)?.hasVideo, true);
    assert.ok(bothFlow(spec, bob));
  });
});
