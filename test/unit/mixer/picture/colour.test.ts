import assert from 'node:assert/strict';
import { discColour, hueOf, surfaceColour, toYuv } from '../../../../mixer-agent/mix/picture/colour.ts';
import type { Colour } from '../../../../mixer-agent/mix/media.ts';

/** Relative luminance (WCAG 2.2). */
function luminance({ r, g, b }: Colour): number {
  const [red, green, blue] = [r, g, b].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
const contrast = (a: Colour, b: Colour): number => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
};

describe('colours of a mix', () => {
  it('are BT.601 in limited range', () => {
    assert.deepEqual(toYuv({ r: 0, g: 0, b: 0 }), { y: 16, u: 128, v: 128 });
    assert.deepEqual(toYuv({ r: 255, g: 255, b: 255 }), { y: 235, u: 128, v: 128 });
    assert.deepEqual(toYuv({ r: 255, g: 0, b: 0 }), { y: 81, u: 90, v: 240 });
    assert.deepEqual(toYuv({ r: 51, g: 102, b: 153 }), { y: 95, u: 158, v: 102 });
  });

  it('let initials be read on the disc of every participant', () => {
    const ids = Array.from({ length: 500 }, (_, index) => `participant-${index}`);
    assert.ok(new Set(ids.map(hueOf)).size > 100);
    for (const id of ids) {
      assert.ok(contrast(discColour(id), { r: 242, g: 242, b: 238 }) > 4.5, id);
      assert.ok(contrast(discColour(id), surfaceColour(id)) > 2, id);
      for (const value of Object.values(discColour(id)))
        assert.ok(Number.isInteger(value) && value >= 0 && value <= 255);
    }
  });
});
