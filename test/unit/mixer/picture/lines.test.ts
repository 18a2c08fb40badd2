import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Coverage } from '../../../../mixer-agent/mix/picture/text/coverage.ts';
import { inVisualOrder, levelsOf } from '../../../../mixer-agent/mix/picture/text/directions.ts';

/** Characters in the order in which they are seen. Hebrew letters stand for all that is written from right to left. */
function seen(text: string): string {
  const characters = Array.from(text);
  const levels = levelsOf(characters);
  const parts = characters.map((character, index) => ({ character, level: levels[index] ?? 0 }));
  return inVisualOrder(parts)
    .map(({ character }) => character)
    .join('');
}

describe('the direction of names', () => {
  it('is that of the Unicode Bidirectional Algorithm', () => {
    const expected: [string, string][] = [
      ['Ada Lovelace', 'Ada Lovelace'],
      ['אבג דה', 'הד גבא'],
      ['Ada אבג', 'Ada גבא'],
      ['Ada אב גד Bob', 'Ada דג בא Bob'],
      ['אבג Bob', 'Bob גבא'],
      ['אבג Bob 12', 'Bob 12 גבא'],
      ['אבג 42', '42 גבא'],
      ['Ada אבג 42', 'Ada 42 גבא'],
      ['42 Ada', '42 Ada'],
      ['אבג (Bob) 42', '42 )Bob( גבא'],
      ['李 12', '李 12'],
      ['', ''],
    ];
    for (const [text, order] of expected) assert.equal(seen(text), order);
  });

  it('loses no character', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'א', '1', ' ', '(', '李')), (characters) => {
        const text = characters.join('');
        assert.deepEqual(Array.from(seen(text)).sort(), Array.from(text).sort());
      }),
    );
  });
});

type Point = [x: number, y: number];

function filled(width: number, height: number, corners: readonly Point[]): Uint8Array {
  const coverage = new Coverage(width, height);
  for (const [index, [x, y]] of corners.entries()) {
    const [nextX, nextY] = corners[(index + 1) % corners.length] as Point;
    coverage.edge(x, y, nextX, nextY);
  }
  return coverage.pixels();
}

describe('the coverage of pixels', () => {
  it('is the part of each that lies within the shape, whichever way round it is drawn', () => {
    const square: Point[] = [
      [0.5, 0.25],
      [2, 0.25],
      [2, 2],
      [0.5, 2],
    ];
    const expected = [0.5 * 0.75, 0.75, 0, 0.5, 1, 0].map((part) => Math.round(255 * part));
    assert.deepEqual([...filled(3, 2, square)], expected);
    assert.deepEqual([...filled(3, 2, square.toReversed())], expected);
    const triangle: Point[] = [
      [0, 0],
      [2, 0],
      [0, 2],
    ];
    assert.deepEqual([...filled(2, 2, triangle)], [255, 128, 128, 0]);
  });

  it('adds up to the area of a triangle, wherever its corners are', () => {
    const place = fc.double({ min: 0, max: 12, noNaN: true });
    const corner = fc.tuple(place, place);
    fc.assert(
      fc.property(corner, corner, corner, (a, b, c) => {
        const area = Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2;
        const sum = filled(12, 12, [a, b, c]).reduce((total, value) => total + value / 255, 0);
        assert.ok(Math.abs(sum - area) < 0.5, `${sum}, ${area}`);
      }),
    );
  });
});
