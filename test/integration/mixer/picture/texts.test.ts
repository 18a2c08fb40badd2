import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Drawer } from '../../../../mixer-agent/mix/picture/text/drawer.ts';
import { drawText } from '../../../../mixer-agent/mix/picture/text/draw.ts';
import { fromWoff2 } from '../../../../mixer-agent/mix/picture/text/fonts/woff2.ts';
import { fitLine, shapeLine } from '../../../../mixer-agent/mix/picture/text/lines.ts';
import type { TextMask, TextWish } from '../../../../mixer-agent/mix/picture/text/text-mask.ts';
import { Texts } from '../../../../mixer-agent/mix/picture/text/texts.ts';
import { brokenDrawer, quiet } from '../../../support/pictures.ts';
import { until } from '../../../support/until.ts';

const wish = (text: string, size = 20): TextWish => ({ text, font: 'name', size, room: 1_000 });
const draw = (text: string): TextMask => drawText(wish(text));
const glyphsOf = (text: string) => shapeLine(text, false)?.runs.flatMap(({ glyphs }) => glyphs) ?? [];

/** Names in the scripts of the world, with the number of glyphs that a reader expects of them. */
const names: [script: string, name: string, glyphs: number][] = [
  ['Latin', 'Nguyễn Þórunn', 13],
  ['Greek', 'Σωκράτης', 8],
  ['Cyrillic', 'Ольга', 5],
  ['Chinese, simplified', '李小龙', 3],
  ['Chinese, traditional', '張惠妹', 3],
  ['Japanese', '山田さくらカナ', 7],
  ['Korean', '김철수', 3],
  ['Arabic', 'محمد', 4],
  ['Hebrew', 'גבריאל', 6],
  // The half form of sa joins the ta: no visible virama.
  ['Devanagari', 'नमस्ते', 5],
  ['Bengali', 'রবি', 3],
  ['Gurmukhi', 'ਸਿੰਘ', 4],
  ['Gujarati', 'મોહન', 4],
  ['Oriya', 'ଶ୍ରୀ', 2],
  ['Tamil', 'தமிழ்', 4],
  ['Telugu', 'శ్రీ', 2],
  ['Kannada', 'ಶ್ರೀ', 3],
  ['Malayalam', 'ശ്രീ', 3],
  ['Sinhala', 'ශ්‍රී', 2],
  ['Thai', 'ที่นี่', 6],
  ['Lao', 'ສະບາຍດີ', 7],
  ['Khmer', 'ព្រះ', 3],
  ['Myanmar', 'မြန်', 4],
  ['Ethiopic', 'ሰላም', 3],
  ['Armenian', 'Հայ', 3],
  ['Georgian', 'ქართ', 4],
  ['Emoji', '🦄👨‍👩‍👧👍🏽❤️', 4],
];

describe('drawn texts', () => {
  for (const [script, name, glyphs] of names) {
    it(`are shaped as their script wants it: ${script}`, () => {
      assert.equal(glyphsOf(name).length, glyphs);
      const { width, height, data } = draw(name);
      assert.ok(width > 10 && height > 8 && data.length === width * height);
      assert.ok(Math.max(...data) > 200, 'has solid strokes');
      assert.ok(
        draw(name).data.some((cover) => cover > 50 && cover < 200),
        'is smooth',
      );
    });
  }

  it('have the same thickness in all families, and bold initials', () => {
    const ink = (text: string, font: 'name' | 'initials') => {
      const { data } = drawText({ text, font, size: 40, room: 1_000 });
      return data.reduce((sum, cover) => sum + cover, 0);
    };
    for (const letter of ['A', '李', '김', 'न', 'ع', 'א']) {
      const ratio = ink(letter, 'initials') / ink(letter, 'name');
      assert.ok(ratio > 1.2 && ratio < 2, `${letter} ${ratio}`);
    }
  });

  it('are wholly in one family where one has all of a name, and in several where none has', () => {
    const facesOf = (text: string) => new Set(shapeLine(text, false)?.runs.map(({ face }) => face)).size;
    assert.equal(facesOf('Ada Lovelace'), 1);
    assert.equal(glyphsOf('李 Bruce ดี').length, 10);
    assert.ok(facesOf('李 Bruce ดี') > 1);
  });

  it('leave out what no font has, and are nothing when that is most of it', () => {
    const rare = '\u{12000}';
    assert.equal(glyphsOf(`Ada ${rare}`).length, 4);
    assert.equal(draw(`a${rare.repeat(4)}`).width, 0);
    for (const text of ['', ' ', '\u200d', rare]) assert.equal(draw(text).width, 0);
  });

  it('stand on their baseline, with and without descenders', () => {
    const [plain, deep, high] = [draw('x'), draw('xg'), draw('xÁ')];
    assert.ok(Math.abs(plain.height - plain.baseline) <= 1);
    assert.ok(deep.height - deep.baseline >= 3);
    assert.ok(Math.abs(high.height - high.baseline) <= 1 && high.baseline > plain.baseline);
    const heap = draw(`a${'\u0301'.repeat(50)}b`);
    assert.ok(heap.height <= 3 * 20);
  });

  it('are shortened to a width, with an ellipsis', () => {
    for (const name of ['Bartholomew Featherstonehaugh-Cholmondeley', '李'.repeat(60), 'محمد '.repeat(12)]) {
      const line = fitLine(name, false, 8);
      assert.ok(line !== undefined && line.width <= 8 && line.width > 6, name);
      assert.ok(drawText({ ...wish(name), room: 160 }).width <= 162);
    }
    assert.equal(fitLine('Ada', false, 0.2), undefined);
    assert.ok(drawText({ text: 'WW', font: 'initials', size: 40, room: 30 }).width <= 31);
  });
});

describe('font files', () => {
  it('are read to their last glyph, all of them', () => {
    const root = dirname(
      dirname(fileURLToPath(import.meta.resolve('@fontsource-variable/noto-emoji/package.json'))),
    );
    for (const family of readdirSync(root)) {
      const folder = join(root, family, 'files');
      const [file] = readdirSync(folder).filter((name) => name.endsWith('wght-normal.woff2'));
      assert.ok(fromWoff2(readFileSync(join(folder, file ?? ''))).length > 1_000, family);
    }
  });

  it('are refused when they are none', () => {
    assert.throws(() => fromWoff2(new Uint8Array(100)), /not a WOFF2 file/);
    assert.throws(() => fromWoff2(Buffer.from('wOF2')), RangeError);
  });
});

describe('texts that are kept', () => {
  it('are drawn once, many in one go, in another thread, and nobody waits for them', async () => {
    let runs = 0;
    class Counting extends Drawer {
      override draw(...args: Parameters<Drawer['draw']>): ReturnType<Drawer['draw']> {
        runs += 1;
        return super.draw(...args);
      }
    }
    const texts = new Texts({ log: quiet, drawer: new Counting() });
    const wishes = Array.from({ length: 10 }, (_, index) => wish(`name ${index}`));
    for (const one of [...wishes, ...wishes]) assert.equal(texts.get(one), undefined);
    assert.equal(texts.revision, 0);
    await until(() => texts.revision > 0);
    for (const one of wishes) {
      const mask = texts.get(one);
      assert.deepEqual(mask && { ...mask, data: [...mask.data] }, {
        ...draw(one.text),
        data: [...draw(one.text).data],
      });
    }
    assert.equal(runs, 1);
    texts.close();
  });

  it('come later when the thread has failed', async () => {
    let fails = true;
    class Failing extends Drawer {
      override draw(...args: Parameters<Drawer['draw']>): ReturnType<Drawer['draw']> {
        if (!fails) return super.draw(...args);
        fails = false;
        return brokenDrawer().draw(...args);
      }
    }
    let warnings = 0;
    const log = { ...quiet, warn: () => (warnings += 1) };
    const texts = new Texts({ log, drawer: new Failing() });
    const wishes = [wish('a'), wish('b')];
    for (const one of wishes) texts.get(one);
    await until(() => wishes.every((one) => texts.get(one) !== undefined), { timeoutMs: 20_000 });
    assert.equal(warnings, 1);
    texts.close();
  });

  it('are not drawn any more after the end', async () => {
    const texts = new Texts({ log: quiet });
    for (let index = 0; index < 40; index += 1) texts.get(wish(`name ${index}`, 12));
    await until(() => texts.revision > 0);
    texts.close();
    const { revision } = texts;
    assert.equal(texts.get(wish('late')), undefined);
    const other = new Texts({ log: quiet });
    other.get(wish('something else'));
    await until(() => other.revision > 0);
    assert.equal(texts.revision, revision);
    other.close();
  });
});
