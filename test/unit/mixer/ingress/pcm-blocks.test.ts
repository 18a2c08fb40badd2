import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PcmBlocks } from '../../../../mixer-agent/ingress/pcm-blocks.ts';

interface Given {
  block: Float32Array;
  time: number;
}

function blocksOf(portions: readonly { samples: number; time: number }[]): Given[] {
  const given: Given[] = [];
  const blocks = new PcmBlocks({
    onBlock: (block, time) => void given.push({ block: block.slice(), time }),
  });
  for (const { samples, time } of portions) blocks.push(new Float32Array(2 * samples).fill(0.5), time);
  return given;
}

describe('decoded sound of a fetched stream', () => {
  it('becomes blocks of 20 ms with even times, whatever portions it comes in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 50 }), (sizes) => {
        let at = 0;
        const portions = sizes.map((samples) => {
          const time = Math.round(at / 4.8) / 10;
          at += samples;
          return { samples, time };
        });
        const given = blocksOf(portions);
        assert.equal(given.length, Math.floor(at / 960));
        assert.deepEqual(
          given.map(({ time }) => time),
          given.map((_one, index) => index * 20),
        );
        assert.ok(given.every(({ block }) => block.every((value) => value === 0.5)));
      }),
    );
  });

  it('has silence where a little is missing', () => {
    const given = blocksOf([
      { samples: 960, time: 0 },
      { samples: 960, time: 60 },
    ]);
    assert.deepEqual(
      given.map(({ block, time }) => [time, block[0]]),
      [
        [0, 0.5],
        [20, 0],
        [40, 0],
        [60, 0.5],
      ],
    );
  });

  it('leaves out what comes twice', () => {
    const given = blocksOf([
      { samples: 1_920, time: 0 },
      { samples: 1_920, time: 0 },
      { samples: 960, time: 40 },
    ]);
    assert.deepEqual(
      given.map(({ time }) => time),
      [0, 20, 40],
    );
  });

  it('begins anew after a long hole', () => {
    const given = blocksOf([
      { samples: 960, time: 0 },
      { samples: 960, time: 5_000 },
    ]);
    assert.deepEqual(
      given.map(({ time }) => time),
      [0, 5_000],
    );
  });
});
