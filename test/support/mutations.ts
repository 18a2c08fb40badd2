import type { Random } from './random.ts';

const strings = [
  '',
  ' ',
  '\0',
  '__proto__',
  'constructor',
  '../../etc',
  "'; drop table rooms",
  '💥',
  'a'.repeat(5_000),
  '0',
  'null',
];
const numbers = [0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 255, 65_536];

/** Any JSON value, small. */
export function junk(random: Random, depth = 0): unknown {
  switch (random.below(depth > 2 ? 5 : 7)) {
    case 0:
      return random.pick(strings);
    case 1:
      return random.pick(numbers);
    case 2:
      return random.chance(0.5);
    case 3:
      return null;
    case 4:
      return undefined;
    case 5:
      return Array.from({ length: random.below(4) }, () => junk(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [
          random.pick(strings).slice(0, 20),
          junk(random, depth + 1),
        ]),
      );
  }
}

type Path = (string | number)[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([name, child]) => leaves(child, [...path, name]));
  return path.length === 0 ? below : [path, ...below];
}

/** A copy of a request in which one place is replaced, removed or added. */
export function mutate(random: Random, input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return junk(random);
  const copy = structuredClone(input) as Record<string, unknown>;
  const places = leaves(copy);
  const path = places.length === 0 ? [] : random.pick(places);
  const last = path.at(-1);
  let parent: Record<string | number, unknown> = copy;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  const action = random.below(4);
  if (last === undefined || action === 0) copy[random.pick(strings).slice(0, 20)] = junk(random);
  else if (action === 1) Reflect.deleteProperty(parent, last);
  else parent[last] = junk(random);
  return copy;
}
