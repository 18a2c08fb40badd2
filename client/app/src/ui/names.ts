/** Up to two letters that stand for a name: first letters of the first and last word. */
export const initials = (name: string): string => {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter((word) => word.length > 0);
  const first = words[0];
  if (first === undefined) return '?';
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  const letters = [first, last].map((word) => (word === undefined ? '' : (Array.from(word)[0] ?? '')));
  return letters.join('').toLocaleUpperCase();
};

/** Hue (0 to 359) of an id: the same person has the same colour on every screen (FNV-1a, golden-angle steps). */
export const hueOf = (id: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0;
  }
  return Math.round(((hash % 1024) * 137.508) % 360) % 360;
};
