/** A TOML table or JSON object. */
export type Table = Record<string, unknown>;

export const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A path as users write it: `auth.services[0].key`. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');

/** What stands at a path; undefined where nothing does. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (Reflect.get(value, part) as unknown) : undefined,
    root,
  );
}

/** Puts a value at a path of tables; false when something on the way is no table. */
export function putAt(root: Table, path: readonly string[], value: unknown): boolean {
  let table = root;
  for (const part of path.slice(0, -1)) {
    const next = (table[part] ??= {});
    if (!isTable(next)) return false;
    table = next;
  }
  table[path.at(-1) ?? ''] = value;
  return true;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
