import { charactersOf, codePointsOf } from './characters.ts';
import { inVisualOrder, levelsOf } from './directions.ts';
import { faceOf, type FontFace, type Glyph } from './fonts/faces.ts';
import { families, type Family, type FontFile } from './fonts/families.ts';

/** A part of a line in one font. */
export interface ShapedRun {
  face: FontFace;
  glyphs: Glyph[];
}

/** A line of text, in parts of the font size. */
export interface ShapedLine {
  /** From left to right. */
  runs: ShapedRun[];
  width: number;
}

interface Piece {
  character: string;
  file: FontFile;
  level: number;
}

/** Joiners and selectors of a shape: they are there for the font, which need not have them. */
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

const weightOf = (file: FontFile, bold: boolean) => (file.fixed ? undefined : bold ? 700 : 400);
const loadedFace = (file: FontFile, bold: boolean): FontFace =>
  faceOf({ path: file.path, weight: weightOf(file, bold) });

/** The file of a family with all of a character. What the list of a file promises it does not always hold. */
function fileFor(family: Family, bold: boolean, character: string): FontFile | undefined {
  const points = codePointsOf(character.replace(invisible, ''));
  return family
    .files(bold)
    .find(
      (file) =>
        points.every((point) => file.has(point)) &&
        points.every((point) => loadedFace(file, bold).has(point)),
    );
}

/** Families in the order in which they suit a name: the first that has all of its characters, else that with the most. */
function suited(characters: readonly string[], bold: boolean): Family[] {
  const text = characters.join('');
  const asked = [
    ...families.filter(({ prefers }) => prefers?.test(text) === true),
    ...families.filter(({ prefers }) => prefers?.test(text) !== true),
  ];
  let [best, most] = [asked[0], 0];
  for (const family of asked) {
    const count = characters.filter((character) => fileFor(family, bold, character) !== undefined).length;
    if (count > most) [best, most] = [family, count];
    if (most === characters.length) break;
  }
  return best === undefined ? asked : [best, ...asked.filter((family) => family !== best)];
}

/** A file for a character: with all of its marks, else at least with its letter. */
function pick(order: readonly Family[], bold: boolean, character: string): FontFile | undefined {
  for (const wanted of [character, String.fromCodePoint(character.codePointAt(0) ?? 0)]) {
    for (const family of order) {
      const file = fileFor(family, bold, wanted);
      if (file !== undefined) return file;
    }
  }
  return undefined;
}

function piecesOf(characters: readonly string[], bold: boolean): Piece[] {
  const order = suited(characters, bold);
  const levels = levelsOf(characters);
  return characters.flatMap((character, index) => {
    const file = pick(order, bold, character);
    return file === undefined ? [] : { character, file, level: levels[index] ?? 0 };
  });
}

/** Characters side by side that one font draws in one go: letters that join have to stay together. */
function joined(pieces: readonly Piece[]): (Piece & { text: string })[] {
  const parts: (Piece & { text: string })[] = [];
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (last?.file === piece.file && last.level === piece.level) last.text += piece.character;
    else parts.push({ ...piece, text: piece.character });
  }
  return parts;
}

/**
 * Shapes a text, each character in a font that has it. Undefined when most of it is in no font: a few letters of a name tell
 * nobody who that is.
 */
export function shapeLine(text: string, bold: boolean): ShapedLine | undefined {
  const characters = charactersOf(text);
  const pieces = piecesOf(characters, bold);
  if (pieces.length === 0 || 2 * pieces.length < characters.length) return undefined;
  const runs = inVisualOrder(joined(pieces)).map(({ file, text: part, level }): ShapedRun => {
    const face = loadedFace(file, bold);
    return { face, glyphs: face.shape(part, level % 2 === 1) };
  });
  const width = runs.flatMap(({ glyphs }) => glyphs).reduce((sum, { advance }) => sum + advance, 0);
  return { runs, width };
}

/** The line, or as much of its beginning as is no wider than `width`, with an ellipsis; undefined if that is nothing. */
export function fitLine(text: string, bold: boolean, width: number): ShapedLine | undefined {
  const whole = shapeLine(text, bold);
  if (whole === undefined || whole.width <= width) return whole;
  const characters = charactersOf(text);
  let [fitting, low, high]: [ShapedLine | undefined, number, number] = [undefined, 1, characters.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const line = shapeLine(`${characters.slice(0, middle).join('').trimEnd()}…`, bold);
    if (line !== undefined && line.width <= width) [fitting, low] = [line, middle + 1];
    else high = middle - 1;
  }
  return fitting;
}
