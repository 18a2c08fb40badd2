import type { z } from 'zod';
import { keyByPath, patternOf } from './describe.ts';
import { maskText } from './mask.ts';
import { nearest } from './suggest.ts';
import { isTable, pathText, valueAt } from './tree.ts';

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Where the value came from: a file, a variable, a flag. */
  readonly source: string;
  readonly message: string;
}

/** The configuration cannot be used; lists everything that is wrong with it. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ source, message }) => `${source}: ${message}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const positions = /\[\d+\]/g;

/** Puts the positions of what was written into the suggestion: `a[3].kye` meant `a[3].key`. */
function atSamePlace(meant: string, written: string): string {
  const given = written.match(positions) ?? [];
  return meant.replaceAll('[]', () => given.shift() ?? '[]');
}

/** Says that a key does not exist and which was probably meant. */
export function unknownKey(path: string): string {
  const pattern = path.replaceAll(positions, '[]');
  const name = pattern.slice(pattern.lastIndexOf('.') + 1);
  // A key that stands in the wrong section is as common as a misspelt one.
  const elsewhere = [...keyByPath.values()].filter((key) => key.name === name && !key.path.includes('[]'));
  const meant =
    nearest(pattern, keyByPath.keys()) ?? (elsewhere.length === 1 ? elsewhere[0]?.path : undefined);
  return meant === undefined
    ? `unknown key '${path}'`
    : `unknown key '${path}': did you mean '${atSamePlace(meant, path)}'?`;
}

/** Paths of the values below a key: what an unknown section holds. */
function leaves(value: unknown, path: string): string[] {
  if (!isTable(value)) return [path];
  const inside = Object.entries(value).flatMap(([name, child]) => leaves(child, `${path}.${name}`));
  return inside.length === 0 ? [path] : inside;
}

function got(value: unknown, secret: boolean): string {
  if (value === undefined) return ', but it is missing';
  if (secret) return ' (what is there is not shown)';
  const text = maskText(JSON.stringify(value));
  return `, got ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`;
}

/** Sentences about one finding of the schema, each with the place it is about. */
export function explain(
  issue: z.core.$ZodIssue,
  root: unknown,
): { path: readonly PropertyKey[]; message: string }[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.flatMap((name) => {
      const at = [...path, name];
      return leaves(valueAt(root, at), pathText(at)).map((leaf) => ({ path: at, message: unknownKey(leaf) }));
    });
  }
  const key = keyByPath.get(patternOf(path));
  const value = valueAt(root, path);
  // What the schema says itself is better where the words below say no more than "text".
  const own = issue.code === 'invalid_format' ? issue.message : undefined;
  const expected = own ?? (key === undefined ? issue.message : `expected ${key.expected}`);
  return [{ path, message: `${pathText(path)}: ${expected}${got(value, key?.secret ?? false)}` }];
}
