import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Application } from 'libopus-wasm';
import { StreamId } from '../../../../common/contract/ids.ts';
import { SoundStudio, Voice } from '../../../support/sound-studio.ts';
import { joined, largestStep, loudness, testTones, toneLevel } from '../../../support/tones.ts';

/** Level of a tone of amplitude 0.2, dBFS. */
const toneAt = 20 * Math.log10(0.2);
const gone = toneAt - 40;

describe('the sound of a mix', () => {
  let studio: SoundStudio;
  afterEach(() => {
    studio.close();
  });

  const voices = (names: string[], options = {}) =>
    Promise.all(names.map((name, index) => Voice.create(name, testTones[index]!, options)));

  it('has every tone for all, and for each participant all but its own', async () => {
    const four = await voices(['ann', 'bob', 'cleo', 'dan']);
    studio = await SoundStudio.create(['common', ...four.map(({ participant }) => participant)]);
    studio.mix.setInputs(four);
    await studio.run(60, four);
    const common = studio.ear('common').sound(20);
    for (const hz of testTones) assert.ok(Math.abs(toneLevel(common, hz) - toneAt) < 1, `${hz}`);
    for (const [index, { participant }] of four.entries()) {
      const heard = studio.ear(participant).sound(20);
      for (const [other, hz] of testTones.entries()) {
        const level = toneLevel(heard, hz);
        if (other === index) assert.ok(level < gone, `${participant} hears itself at ${level} dBFS`);
        else assert.ok(Math.abs(level - toneAt) < 1);
      }
    }
    assert.equal(studio.mix.separate, 4);
    assert.deepEqual(new Set(studio.last.speaking), new Set(four.map(({ stream }) => stream)));
  });

  it('is in the mode of Opus that every decoder gets right, whatever is said and whoever is silent', async () => {
    const [ann, bob] = await voices(['ann', 'bob'], { application: Application.Voip, bitrate: 24_000 });
    studio = await SoundStudio.create(['common', ann!.participant]);
    studio.mix.setInputs([ann!, bob!]);
    for (const speaking of [[ann!, bob!], [], [bob!]]) await studio.run(20, speaking);
    // From 16 on it is CELT alone (RFC 6716, 3.1, table 2).
    for (const output of ['common', ann!.participant] as const) {
      const { packets } = studio.ear(output);
      assert.equal(packets.length, 60);
      assert.deepEqual(new Set(packets.map(([first = 0]) => first >> 3 >= 16)), new Set([true]));
    }
  });

  it('takes packets of any length, mono and stereo, and shifts nothing', async () => {
    for (const [frameSize, channels] of [
      [120, 2],
      [240, 1],
      [480, 2],
      [960, 1],
      [1_920, 2],
      [2_880, 1],
    ] as const) {
      // Enough bits for the shortest.
      const ann = await Voice.create('ann', 700, { frameSize, channels, bitrate: 128_000 });
      studio = await SoundStudio.create(['common']);
      studio.mix.setInputs([ann]);
      let sent = 0;
      await studio.run(60, [], (block) => {
        for (; sent <= block * 960; sent += frameSize) studio.mix.push(ann.stream, ann.next());
      });
      const heard = studio.ear('common').sound(15);
      assert.ok(Math.abs(toneLevel(heard, 700) - toneAt) < 1, `${frameSize}`);
      assert.ok(largestStep(heard) < 0.025, `${frameSize}: ${largestStep(heard)}`);
      assert.equal(studio.mix.counts(ann.stream)?.concealed, 0, `${frameSize}`);
      studio.close();
    }
  });

  it('does not click when somebody joins, leaves, is muted and comes back', async () => {
    const [ann, bob] = await voices(['ann', 'bob']);
    studio = await SoundStudio.create(['common']);
    studio.mix.setInputs([ann!, bob!]);
    await studio.run(20, [ann!, bob!]);
    studio.mix.setInputs([ann!]);
    await studio.run(20, [ann!]);
    studio.mix.setInputs([ann!, bob!]);
    await studio.run(20, [ann!, bob!]);
    // Bob is muted: his packets just stop, and come back later.
    bob!.pause(400);
    await studio.run(20, [ann!]);
    await studio.run(20, [ann!, bob!]);
    const { blocks } = studio.ear('common');
    // Two tones of 0.2 have steps of at most 0.029; fades and the codec add a little; a click would be 0.2.
    assert.ok(largestStep(joined(blocks)) < 0.045, `${largestStep(joined(blocks))}`);
    const bobAt = (from: number, to: number) => toneLevel(joined(blocks.slice(from, to)), testTones[1]);
    assert.ok(Math.abs(bobAt(6, 19) - toneAt) < 1);
    assert.ok(bobAt(24, 40) < gone);
    assert.ok(Math.abs(bobAt(46, 60) - toneAt) < 1);
    assert.ok(bobAt(68, 80) < gone, `${bobAt(68, 80)}`);
    assert.ok(Math.abs(bobAt(86, 100) - toneAt) < 1);
  });

  it('falls silent softly in a longer gap, and keeps the clock', async () => {
    const [ann] = await voices(['ann']);
    studio = await SoundStudio.create(['common']);
    studio.mix.setInputs([ann!]);
    await studio.run(20, [ann!]);
    await studio.run(30);
    const { blocks } = studio.ear('common');
    assert.equal(blocks.length, 50);
    assert.ok(loudness(joined(blocks.slice(27))) < -70);
    assert.ok(largestStep(joined(blocks)) < 0.03);
  });

  it('ends with the packets of a sender that pauses when it is silent (DTX)', async () => {
    const ann = await Voice.create('ann', 400, { dtx: true, bitrate: 24_000 });
    studio = await SoundStudio.create(['common']);
    studio.mix.setInputs([ann]);
    await studio.run(20, [ann]);
    let sent = 0;
    await studio.run(100, [], () => {
      const packet = ann.next({ silent: true });
      // As browsers do: what holds nothing is sent only now and then.
      if (packet.data.length > 2 || sent++ % 20 === 0) studio.mix.push(ann.stream, packet);
    });
    assert.ok(sent > 50, 'the encoder paused');
    const { blocks } = studio.ear('common');
    assert.ok(loudness(joined(blocks.slice(60))) < -80);
    await studio.run(20, [ann]);
    assert.ok(Math.abs(toneLevel(joined(blocks.slice(-12)), 400) - toneAt) < 1.5);
    assert.ok(largestStep(joined(blocks)) < 0.03, `${largestStep(joined(blocks))}`);
  });

  it('encodes once for all who are silent, and switches to own encodings and back without a click', async () => {
    const [ann, bob, cleo] = await voices(['ann', 'bob', 'cleo']);
    const listener = cleo!.participant;
    studio = await SoundStudio.create(['common', bob!.participant, listener]);
    studio.mix.setInputs([ann!, bob!, cleo!]);
    await studio.run(30, [ann!]);
    assert.equal(studio.mix.separate, 0);
    await studio.run(30, [ann!, bob!]);
    assert.equal(studio.mix.separate, 1);
    assert.deepEqual(
      studio.last.packets.map(({ data }) => data === studio.last.packets[0]?.data),
      [true, false, true],
    );
    bob!.pause(1_600);
    await studio.run(80, [ann!]);
    assert.equal(studio.mix.separate, 0);
    const heard = studio.ear(bob!.participant).sound(10);
    assert.ok(toneLevel(heard, testTones[1]) < gone, 'never hears itself');
    assert.ok(Math.abs(toneLevel(heard, testTones[0]) - toneAt) < 0.5);
    assert.ok(largestStep(heard) < 0.016, `${largestStep(heard)}: the other tone alone has 0.0105`);
    for (let block = 10; block < 138; block += 2) {
      const part = studio.ear(bob!.participant).sound(block, block + 2);
      assert.ok(Math.abs(loudness(part) - (toneAt - 3)) < 1, `block ${block}: ${loudness(part)}`);
    }
  });

  it('separates many who begin at the same time within a few blocks', async () => {
    const names = Array.from({ length: 16 }, (_none, index) => `p${index}`);
    const all = await Promise.all(
      names.map((name, index) => Voice.create(name, 300 + 100 * index, { amplitude: 0.5 })),
    );
    studio = await SoundStudio.create(['common', ...all.map(({ participant }) => participant)]);
    studio.mix.setInputs(all);
    await studio.run(8, all);
    assert.equal(studio.mix.separate, 16);
    assert.equal(studio.last.packets.length, 17);
    assert.equal(new Set(studio.last.packets.map(({ data }) => data)).size, 17);
    assert.equal(studio.last.speaking.length, 16);
  });

  it('is silent when all are, and has a packet for each output in every block', async () => {
    const [ann] = await voices(['ann']);
    studio = await SoundStudio.create(['common', ann!.participant]);
    studio.mix.setInputs([ann!]);
    await studio.run(20, [], () => {
      studio.mix.push(ann!.stream, ann!.next({ silent: true }));
    });
    const { blocks } = studio.ear('common');
    assert.equal(blocks.length, 20);
    assert.ok(loudness(joined(blocks)) < -90);
    assert.deepEqual(studio.last.speaking, []);
  });

  it('keeps up with a sender whose clock is wrong without a click', async () => {
    for (const drift of [-1, 1]) {
      const [ann] = await voices(['ann']);
      studio = await SoundStudio.create(['common']);
      studio.mix.setInputs([ann!]);
      // A whole packet more or less in 5 s.
      await studio.run(700, [], (block) => {
        if (drift < 0 && block % 250 === 50) return;
        studio.mix.push(ann!.stream, ann!.next());
        if (drift > 0 && block % 250 === 50) studio.mix.push(ann!.stream, ann!.next());
      });
      const heard = studio.ear('common').sound(15);
      assert.ok(largestStep(heard) < 0.012, `${largestStep(heard)}`);
      assert.equal(studio.mix.counts(ann!.stream)?.concealed, 0);
      studio.close();
    }
  });

  it('survives garbage, loss, repetition and disorder, with sound as long as there is some', async () => {
    const ann = await Voice.create('ann', 400);
    studio = await SoundStudio.create(['common']);
    const stream = StreamId.parse('stream-ann');
    const packets = Array.from({ length: 40 }, () => ann.next());
    const act = fc.oneof(
      fc.nat(39).map((index) => packets[index]!),
      fc.record({
        data: fc.uint8Array({ maxLength: 300 }),
        timestamp: fc.oneof(fc.nat(), fc.maxSafeInteger(), fc.constantFrom(NaN, -1, 1.5, 1_000_000)),
        captureMs: fc.constant(0),
      }),
      fc.constantFrom('mix', 'mix', 'join', 'leave'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        studio.mix.setInputs([ann]);
        await studio.run(0);
        let mixed = 0;
        for (const what of acts) {
          if (what === 'join') studio.mix.setInputs([ann]);
          else if (what === 'leave') studio.mix.setInputs([]);
          else if (what !== 'mix') studio.mix.push(stream, what);
          else {
            await studio.run(1);
            mixed += 1;
            assert.equal(studio.last.packets.length, 1);
          }
        }
        const { blocks } = studio.ear('common');
        assert.ok(blocks.length >= mixed && blocks.every((block) => block.length === 1_920));
        for (const block of blocks.splice(0)) assert.ok(block.every((value) => Number.isFinite(value)));
      }),
      { numRuns: 60 },
    );
    // And afterwards it works as before.
    studio.mix.setInputs([]);
    await studio.run(2);
    const bob = await Voice.create('bob', 1_100);
    studio.mix.setInputs([bob]);
    await studio.run(30, [bob]);
    assert.ok(Math.abs(toneLevel(studio.ear('common').sound(-20), 1_100) - toneAt) < 1);
  });
});
