import assert from 'node:assert/strict';
import fc from 'fast-check';
import { StreamId } from '../../../common/contract/ids.ts';
import { LayoutRegion, WantedLayout } from '../../../common/contract/layout.ts';
import { checkLayout, checkRegions } from '../../../common/layout/check.ts';

type Sides = [left: string | number, top: string | number, width: string | number, height: string | number];

const entry = (id: string, [left, top, width, height]: Sides, stream?: string): WantedLayout[number] => ({
  ...(stream !== undefined && { stream: StreamId.parse(stream) }),
  region: { id, shape: 'rectangle', area: { left, top, width, height } },
});
const left: Sides = ['0', '0', '1/2', '1'];
const right: Sides = ['1/2', '0', '1/2', '1'];
const isMixed = (stream: StreamId) => ['a', 'b'].includes(stream);
const check = (wanted: WantedLayout) => checkLayout(wanted, { isMixed });

/** What is wrong, where. */
function fault(wanted: WantedLayout): string {
  try {
    check(wanted);
  } catch (error) {
    const { code, details } = error as { code: string; details: { field: string } };
    return `${code} ${details.field}`;
  }
  return 'none';
}

describe('a layout that is asked for', () => {
  it('is told with all fractions in one form', () => {
    const [first, second] = check([entry('l', left, 'a'), entry('r', [0.5, '0.0', '2/4', 1])]);
    assert.deepEqual(first?.region.area, { left: '0/1', top: '0/1', width: '1/2', height: '1/1' });
    assert.equal(first?.stream, 'a');
    assert.deepEqual(second, {
      region: {
        id: 'r',
        shape: 'rectangle',
        area: { left: '1/2', top: '0/1', width: '1/2', height: '1/1' },
      },
    });
  });

  it('may have empty regions at its end only', () => {
    assert.equal(fault([entry('l', left), entry('r', right)]), 'none');
    assert.equal(fault([entry('l', left), entry('r', right, 'a')]), 'bad_request layout[0].stream');
    assert.throws(
      () => check([entry('l', left), entry('r', right, 'a')]),
      /^PorticoError: Stream ID hole is not/,
    );
  });

  it('shows each stream once, and only those that are mixed', () => {
    assert.equal(fault([entry('l', left, 'a'), entry('r', right, 'a')]), 'bad_request layout[1].stream');
    assert.equal(fault([entry('l', left, 'a'), entry('r', right, 'c')]), 'stream_not_found layout[1].stream');
  });

  it('has regions with ids of their own, with a size, inside the picture', () => {
    assert.equal(fault([entry('l', left), entry('l', right)]), 'bad_request layout[1].region.id');
    const wrong: [Sides, string][] = [
      [['0', '0', '0', '1'], 'width'],
      [['0', '0', '1', '0/7'], 'height'],
      [['2/3', '0', '1/2', '1'], 'width'],
      [['0', '0.5', '1/2', '0.51'], 'height'],
      [['3/2', '0', '1/2', '1'], 'left'],
    ];
    for (const [sides, side] of wrong) {
      assert.equal(fault([entry('x', sides)]), `bad_request layout[0].region.area.${side}`);
    }
  });

  it('has regions that touch, or lie on an earlier and larger one, but no others over each other', () => {
    const whole: Sides = ['0', '0', '1', '1'];
    const corner: Sides = ['3/4', '3/4', '1/4', '1/4'];
    assert.equal(fault([entry('l', left), entry('r', right)]), 'none');
    assert.equal(fault([entry('all', whole), entry('corner', corner)]), 'none');
    assert.equal(fault([entry('corner', corner), entry('all', whole)]), 'bad_request layout[1].region.area');
    assert.equal(fault([entry('all', whole), entry('again', whole)]), 'bad_request layout[1].region.area');
    assert.equal(
      fault([entry('l', left), entry('m', ['1/3', '0', '1/3', '1'])]),
      'bad_request layout[1].region.area',
    );
  });

  it('passes thirds that were written as decimals', () => {
    const third = (0.333333333).toFixed(9);
    const thirds = [0, 1 / 3, 2 / 3].map((x, index) => entry(String(index), [x, 0, third, 1]));
    assert.equal(fault(thirds), 'none');
  });

  it('comes out in a form that passes again, or is refused with a field, whatever it is', () => {
    const part = fc.oneof(
      fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 6 })).map(([n, d]) => `${n}/${d}`),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    const sides = fc.tuple(part, part, part, part);
    const entries = fc.array(
      fc.tuple(fc.constantFrom('1', '2', '3', '4'), sides, fc.constantFrom(undefined, 'a', 'b', 'c')),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(entries, (raw) => {
        const wanted = WantedLayout.parse(raw.map(([id, area, stream]) => entry(id, area, stream)));
        const problem = fault(wanted);
        if (problem !== 'none') {
          assert.match(problem, /^(bad_request|stream_not_found) layout\[\d\]/);
          return;
        }
        const checked = check(wanted);
        for (const { region } of checked) LayoutRegion.parse(region);
        assert.deepEqual(check(WantedLayout.parse(checked)), checked);
      }),
    );
  });
});

describe('regions of a custom template', () => {
  it('are named by their path in the settings', () => {
    const { region } = entry('x', ['1/2', '0', '1', '1']);
    assert.throws(() => checkRegions([region], { field: 'templates.custom[0].region' }), {
      code: 'bad_request',
      details: { field: 'templates.custom[0].region[0].area.width' },
    });
  });
});
