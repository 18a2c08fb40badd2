import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { NutReader } from '../../../../mixer-agent/ffmpeg/nut.ts';
import { nutOf } from './clip.ts';

interface Frame {
  data: string;
  time: number;
  key: boolean;
}

/** Reads a stream that comes in pieces which end at these places. */
function read(stream: Buffer, ends: readonly number[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new NutReader({
    timebase: 25,
    allocate: (bytes) => new Uint8Array(bytes),
    onFrame: (data, time, key) => {
      frames.push({ data: Buffer.from(data).toString('base64'), time, key });
    },
  });
  const places = [0, ...ends.map((end) => end % stream.length).toSorted((one, other) => one - other)];
  places.forEach((from, at) => {
    reader.push(stream.subarray(from, places[at + 1] ?? stream.length));
  });
  return frames;
}

describe('reader of NUT', () => {
  let stream: Buffer;

  before(async () => {
    stream = await nutOf({ codec: 'vp8', source: 'testsrc2=s=64x48:r=25', frames: 40, keyInterval: 15 });
  });

  it('finds all frames with their times and key frames', () => {
    const frames = read(stream, []);
    assert.deepEqual(
      frames.map(({ time }) => time),
      Array.from({ length: 40 }, (_, nth) => nth),
    );
    assert.deepEqual(
      frames.flatMap(({ key, time }) => (key ? [time] : [])),
      [0, 15, 30],
    );
  });

  it('finds the same frames however the stream is cut into pieces', () => {
    const wanted = read(stream, []);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 60 }), (ends) => {
        assert.deepEqual(read(stream, ends), wanted);
      }),
      { numRuns: 60 },
    );
    assert.deepEqual(
      read(
        stream,
        Array.from({ length: 1500 }, (_, at) => at),
      ),
      wanted,
    );
  });

  it('says so when it is something else, and never hangs or takes memory without end', () => {
    assert.throws(() => read(randomBytes(5_000), []), /NUT/);
    for (let nth = 0; nth < 200; nth += 1) {
      const broken = Buffer.from(stream);
      randomBytes(4).copy(broken, 25 + ((nth * 7) % 600));
      try {
        read(broken, []);
      } catch (error) {
        assert.match(String(error), /NUT/);
      }
    }
  });
});
