const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Characters as people count them: letters with their marks, emoji with all of their parts. */
export const charactersOf = (text: string): string[] =>
  Array.from(graphemes.segment(text), ({ segment }) => segment);

export const codePointsOf = (text: string): number[] =>
  Array.from(text, (character) => character.codePointAt(0) ?? 0);
