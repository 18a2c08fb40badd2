/**
 * Order of tiles when not all of them fit: who spoke recently comes into the visible part, in exchange for the visible
 * tile that has been silent longest, so that as few tiles as possible change their place.
 *
 * @param keys tiles in their natural order
 * @param visible how many are seen without scrolling
 * @param lastSpoke time (any increasing number) at which a tile's person last spoke; absent: never
 */
export const keepSpeakersVisible = (
  keys: readonly string[],
  visible: number,
  lastSpoke: ReadonlyMap<string, number>,
): string[] => {
  const ordered = [...keys];
  if (visible <= 0 || visible >= ordered.length) return ordered;
  const spoke = (key: string): number => lastSpoke.get(key) ?? -Infinity;
  const hidden = ordered.slice(visible).sort((a, b) => spoke(b) - spoke(a));
  for (const candidate of hidden) {
    let quietest = 0;
    for (let index = 1; index < visible; index += 1) {
      if (spoke(ordered[index] ?? '') <= spoke(ordered[quietest] ?? '')) quietest = index;
    }
    if (spoke(candidate) <= spoke(ordered[quietest] ?? '')) break;
    const from = ordered.indexOf(candidate);
    ordered[from] = ordered[quietest] ?? candidate;
    ordered[quietest] = candidate;
  }
  return ordered;
};
