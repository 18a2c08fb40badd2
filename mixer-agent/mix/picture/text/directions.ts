/** Letters that are written from right to left. */
const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}]/u;
const number = /^\p{Nd}/u;
const bracket = /^[\p{Ps}\p{Pe}]/u;
const leftToRight = /[\p{L}\p{Extended_Pictographic}]/u;

/** `number` stands in text from right to left, and is itself read from left to right. */
type Direction = 'left' | 'right' | 'number';

function directionOf(character: string): Direction | undefined {
  if (number.test(character)) return 'number';
  if (rightToLeft.test(character)) return 'right';
  return leftToRight.test(character) ? 'left' : undefined;
}

/** Digits after letters from left to right are a part of these (W7); brackets around words go with the line (N0). */
function settleNumbers(characters: readonly string[], base: Direction): (Direction | undefined)[] {
  let before = base;
  return characters.map((character) => {
    const direction = directionOf(character);
    if (direction === 'number') return before === 'left' ? 'left' : 'number';
    if (base === 'right' && bracket.test(character)) return 'right';
    before = direction ?? before;
    return direction;
  });
}

/** Spaces and signs go with what is on both sides of them, else with the line as a whole (N1, N2). */
function resolve(directions: readonly (Direction | undefined)[], base: Direction): Direction[] {
  const side = (direction: Direction | undefined) => (direction === 'number' ? 'right' : (direction ?? base));
  let before: Direction = base;
  return directions.map((direction, index) => {
    if (direction !== undefined) before = side(direction);
    return direction ?? (before === side(directions.slice(index).find(Boolean)) ? before : base);
  });
}

/**
 * Levels of the characters of one line, as the Unicode Bidirectional Algorithm (UAX 9) has them, as far as names need it: no
 * embeddings, and numbers are never parts of larger expressions. Odd: from right to left.
 */
export function levelsOf(characters: readonly string[]): number[] {
  const first = characters
    .map(directionOf)
    .find((direction) => direction === 'left' || direction === 'right');
  const base = first ?? 'left';
  const levels = { left: base === 'right' ? 2 : 0, right: 1, number: 2 };
  return resolve(settleNumbers(characters, base), base).map((direction) => levels[direction]);
}

/** Puts parts of a line into the order in which they are seen, from left to right (UAX 9, L2). */
export function inVisualOrder<T extends { readonly level: number }>(parts: readonly T[]): T[] {
  const ordered = [...parts];
  for (let level = 2; level > 0; level -= 1) {
    for (let start = 0; start < ordered.length; start += 1) {
      let end = start;
      while ((ordered[end]?.level ?? -1) >= level) end += 1;
      if (end - start > 1) ordered.splice(start, end - start, ...ordered.slice(start, end).reverse());
      start = Math.max(start, end);
    }
  }
  return ordered;
}
