import { createDecoder } from 'libopus-wasm';
import { RtpPacket } from 'werift-rtp';
import { MixStudio } from '../../../support/mix-studio.ts';
import { joined, testTones, toneLevel } from '../../../support/tones.ts';
import { until } from '../../../support/until.ts';

describe('the sound of a mix process', function () {
  this.timeout(60_000);
  let studio: MixStudio;
  before(async () => {
    studio = await MixStudio.create({ width: 320, height: 180, framerate: 10 });
    await studio.start();
  });
  after(async () => {
    await studio.close();
  });

  it('holds the tones of those who are in, and only those', async () => {
    const decoder = await createDecoder();
    const blocks: Float32Array[] = [];
    studio.on('rtp', (kind, packet) => {
      if (kind === 'audio') blocks.push(decoder.decodeFloat(RtpPacket.deSerialize(packet).payload));
    });
    await studio.receive();
    /** Half a second of sound, from now on. */
    const listen = async () => {
      blocks.length = 0;
      await until(() => blocks.length >= 25, { timeoutMs: 10_000 });
      return joined(blocks.slice(0, 25));
    };
    /** Until just these tones are heard. */
    const hears = (wanted: readonly number[]) =>
      until(
        async () => {
          const sound = await listen();
          return testTones.every((hz) =>
            wanted.includes(hz) ? toneLevel(sound, hz) > -30 : toneLevel(sound, hz) < -45,
          );
        },
        { what: `tones ${wanted.join(', ')}`, timeoutMs: 15_000 },
      );

    const inputs = [];
    for (const [index, tone] of testTones.slice(0, 3).entries()) {
      const colour = (['red', 'green', 'blue'] as const)[index] ?? 'red';
      const source = await studio.sources.add({ colour, tone, width: 320, height: 180 });
      inputs.push(await studio.add(`p${index}`, source));
    }
    await hears(testTones.slice(0, 3));
    studio.remove(inputs[1]!);
    await hears([testTones[0], testTones[2]]);
    decoder.free();
  });
});
