import { charactersOf } from './characters.ts';

/** Longest name that is looked at, in characters as people count them. */
const longest = 64;
/** Code points of one such character: a letter with its marks, a family of emoji, not a heap of them. */
const marksAllowed = 10;

/** Signs that have no place in a name or change the direction of what follows; joiners are needed by some scripts. */
const unwanted = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu;

/** A mark that is set on a letter again and again. */
const heap = /(\p{M})\1+|(?<=\p{L}\p{Mn}{3})\p{Mn}+/gu;

const withFewMarks = (character: string): string =>
  Array.from(character.slice(0, 64).replace(heap, '$1')).slice(0, marksAllowed).join('');

/** A name as it is written under or into a picture: one line, without anything that could disturb it. */
export function displayName(name: string): string {
  const clean = name
    .slice(0, 1024)
    .normalize('NFC')
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(unwanted, '');
  return charactersOf(clean).slice(0, longest).map(withFewMarks).join('').replace(/ +/g, ' ').trim();
}

/** Letters of these would join each other to something that is no word. */
const joining = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}]/u;
/** Vowels that are written before the consonant after which they are spoken. */
const leading = /^[\u0e40-\u0e44\u0ec0-\u0ec4]$/u;

/** Signs that join a consonant to the next one. */
const joiner = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2]\u200d?$/u;
/** Capitals of Georgian are for whole words; no font of ours has them. */
const withoutCapitals = /^\p{Script=Georgian}/u;

function capital(letter: string): string {
  if (withoutCapitals.test(letter)) return letter;
  // A capital of more than one letter ("ß") is cut.
  return charactersOf(letter.toUpperCase())[0] ?? '';
}

function initialOf(word: string): string {
  const characters = charactersOf(word);
  const at = characters.findIndex((character) => /^[\p{L}\p{N}]/u.test(character));
  if (at < 0) return '';
  const [letter = '', next = ''] = characters.slice(at);
  return leading.test(letter) || joiner.test(letter) ? letter + next : capital(letter);
}

/** First letters of the first and the last word, in capitals; '' when there are none. */
export function initials(name: string): string {
  const letters = displayName(name)
    .split(/[\s._@-]+/u)
    .map(initialOf)
    .filter((letter) => letter !== '');
  const [first, last] = [letters[0] ?? '', letters.at(-1) ?? ''];
  return letters.length > 1 && !joining.test(first + last) ? first + last : first;
}
