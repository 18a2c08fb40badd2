import { fontOf, type FontName } from './font.ts';

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const charactersOf = (text: string): string[] =>
  Array.from(graphemes.segment(text), ({ segment }) => segment);

/** Longest name that is looked at, in characters as people count them. */
const longest = 64;
/** Code points of one such character: a letter with its marks, not a heap of them. */
const marksAllowed = 4;

/** Signs that have no place in a name or change the direction of what follows; joiners are needed by some scripts. */
const unwanted = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu;
const pictograph = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\ufe0f\u20e3]/u;

/** A character as far as it can be shown; symbols that the font lacks are left out rather than shown as boxes. */
function shown(character: string, font: FontName): string {
  const points = Array.from(character.slice(0, 16)).slice(0, marksAllowed);
  const lacks = points.some(
    (point) => pictograph.test(point) && !fontOf(font).has(point.codePointAt(0) ?? 0),
  );
  return lacks ? '' : points.join('');
}

/** A row of boxes tells nobody who that is. */
function isLegible(text: string, font: FontName): boolean {
  const points = Array.from(text.replaceAll(' ', ''), (character) => character.codePointAt(0) ?? 0);
  return 2 * points.filter((point) => fontOf(font).has(point)).length >= points.length;
}

/**
 * A name as it is written under or into a picture: one line, without anything that could disturb it; '' when the font lacks
 * most of its letters.
 */
export function displayName(name: string, font: FontName = 'name'): string {
  const clean = name
    .slice(0, 1024)
    .normalize('NFC')
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(unwanted, '');
  const text = charactersOf(clean)
    .slice(0, longest)
    .map((character) => shown(character, font))
    .join('')
    .replace(/ +/g, ' ')
    .trim();
  return isLegible(text, font) ? text : '';
}

/** The text, or as much of its beginning as is no wider than `width` pixels, with an ellipsis; '' if that is nothing. */
export function fit(
  text: string,
  { font, size, width }: { font: FontName; size: number; width: number },
): string {
  const measure = fontOf(font);
  if (measure.width(text, size) <= width) return text;
  let room = width - measure.width('…', size);
  let kept = '';
  for (const character of charactersOf(text)) {
    room -= measure.width(character, size);
    if (room < 0) break;
    kept += character;
  }
  kept = kept.trimEnd();
  return kept === '' ? '' : `${kept}…`;
}

/** Letters of these would join each other to something that is no word. */
const joining = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}]/u;

function initialOf(word: string): string {
  const font = fontOf('initials');
  for (const character of charactersOf(word)) {
    const [letter = ''] = charactersOf(character.toUpperCase());
    const points = Array.from(letter).slice(0, marksAllowed);
    if (!/^[\p{L}\p{N}]/u.test(letter)) continue;
    return points.every((point) => font.has(point.codePointAt(0) ?? 0)) ? points.join('') : '';
  }
  return '';
}

/** First letters of the first and the last word, in capitals; '' when there are none that can be shown. */
export function initials(name: string): string {
  const letters = displayName(name, 'initials')
    .split(/[\s._@-]+/u)
    .map(initialOf)
    .filter((letter) => letter !== '');
  const [first, last] = [letters[0] ?? '', letters.at(-1) ?? ''];
  return letters.length > 1 && !joining.test(first + last) ? first + last : first;
}
