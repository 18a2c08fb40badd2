import { keyByPath, patternOf } from './describe.ts';

const hidden = '********';
const passwordInUrl = /(:\/\/[^\s:/@"]*:)[^\s@"]+@/g;

/** Hides the passwords of URLs in a text. */
export const maskText = (text: string): string => text.replaceAll(passwordInUrl, `$1${hidden}@`);

/** A copy of a configuration in which secrets are hidden; empty ones stay visible as empty. */
export function masked(value: unknown, path: readonly PropertyKey[] = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => masked(item, [...path, index]));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [name, masked(child, [...path, name])]),
    );
  }
  if (typeof value !== 'string' || value === '') return value;
  return keyByPath.get(patternOf(path))?.secret === true ? hidden : maskText(value);
}
