import assert from 'node:assert/strict';
import fc from 'fast-check';
import { displayName, initials } from '../../../../mixer-agent/mix/picture/text/names.ts';

/** Any code points, with those that are apt to disturb more often. */
const character = fc.oneof(
  fc.integer({ min: 0, max: 0x10ffff }),
  fc.integer({ min: 0, max: 0x24f }),
  fc.constantFrom(0x301, 0x200d, 0x202e, 0x2066, 0xfe0f, 0x1f468, 0x1f3fd, 0x645, 0x20),
);
const anything = fc
  .array(character, { maxLength: 120 })
  .map((points) => points.map((point) => String.fromCodePoint(point)).join(''));

describe('names in a mix', () => {
  it('are one line of what can be read', () => {
    const shown: [string, string][] = [
      ['  Ada \n\t Lovelace ', 'Ada Lovelace'],
      ['a\u202eb\u2066c\u0000d\u001b[31m', 'abcd[31m'],
      ['e\u0301', 'é'],
      ['Tim 🦄 Berners-Lee', 'Tim 🦄 Berners-Lee'],
      ['👨‍👩‍👧 👍🏽 ❤️', '👨‍👩‍👧 👍🏽 ❤️'],
      ['李小龙', '李小龙'],
      ['Bruce 李', 'Bruce 李'],
      ['محمد علي', 'محمد علي'],
      ['\ud800', ''],
      ['', ''],
    ];
    for (const [name, expected] of shown) assert.equal(displayName(name), expected);
    assert.equal(displayName('x'.repeat(5000)).length, 64);
    assert.ok(displayName(`a${'\u0301'.repeat(500)}`).length < 8);
  });

  it('have initials: first letters of the first and last word', () => {
    const expected: [string, string][] = [
      ['Ada Lovelace', 'AL'],
      ['ada', 'A'],
      ['Jean-Luc Picard', 'JP'],
      ['john.doe@example.org', 'JO'],
      ['élodie ångström', 'ÉÅ'],
      ['Ольга Петрова', 'ОП'],
      ['محمد علي', 'م'],
      ['李小龙', '李'],
      ['김 철수', '김철'],
      ['श्रीमती देवी', 'श्रीदे'],
      ['ಕನ್ನಡ ಶ್ರೀ', 'ಕಶ್ರೀ'],
      ['เอกชัย', 'เอ'],
      ['ქართული', 'ქ'],
      ['🦄', ''],
      ['"Bob" (Smith)', 'BS'],
      ['', ''],
      ['007 Bond', '0B'],
    ];
    for (const [name, letters] of expected) assert.equal(initials(name), letters, name);
  });

  it('never throw and never hold what disturbs, whatever they are', () => {
    fc.assert(
      fc.property(anything, (name) => {
        const text = displayName(name);
        assert.doesNotMatch(text, /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
        assert.ok(Array.from(text).length <= 640);
        assert.ok(Array.from(initials(name)).length <= 40);
      }),
    );
  });
});
