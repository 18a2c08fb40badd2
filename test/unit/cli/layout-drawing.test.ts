import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Layout } from '../../../common/contract/layout.ts';
import { Templates } from '../../../common/layout/templates.ts';
import { drawLayout } from '../../../cli/api/layout-drawing.ts';

const region = (id: string, [left, top, width, height]: readonly string[]) => ({
  ...{ id, shape: 'rectangle' },
  area: { left, top, width, height },
});

describe('layouts drawn with letters', () => {
  it('are to scale, with names in the middle', () => {
    const layout = Layout.parse([
      { stream: 's1', region: region('1', ['0/1', '0/1', '2/3', '1/1']) },
      { stream: 's2', region: region('2', ['2/3', '0/1', '1/3', '1/2']) },
      { region: region('3', ['2/3', '1/2', '1/3', '1/2']) },
    ]);
    const names: Record<string, string> = { s1: 'alice', s2: 'a name that is much too long' };
    const lines = drawLayout(
      layout,
      5,
      ({ stream, region: { id } }) => names[stream ?? ''] ?? `(${id})`,
    ).split('\n');
    assert.deepEqual(lines, [
      '+---------------------------------------+-------------------+',
      '|                                       |a name that is muc~|',
      '|                                       |                   |',
      '|                 alice                 +-------------------+',
      '|                                       |        (3)        |',
      '|                                       |                   |',
      '+---------------------------------------+-------------------+',
    ]);
  });

  it('stay within their frame, whatever the template', () => {
    const templates = [
      ...new Templates({ base: 'fluid', custom: [] }, 256).all,
      ...new Templates({ base: 'lecture', custom: [] }, 25).all,
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...templates),
        fc.double({ min: 0.3, max: 4, noNaN: true }),
        fc.string(),
        (regions, ratio, name) => {
          const text = drawLayout(
            regions.map((one) => ({ region: one })),
            ratio,
            () => name.replaceAll('\n', ' '),
          );
          const lines = text.split('\n');
          assert.ok(
            lines.every((line) => Array.from(line).length === 61),
            text,
          );
          assert.match(lines[0] ?? '', /^\+[-+]*\+$/);
        },
      ),
    );
  });
});
