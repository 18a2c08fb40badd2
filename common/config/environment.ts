import { readFileSync } from 'node:fs';
import { settableKeys, variableOf, type Key } from './describe.ts';
import type { Problem } from './problems.ts';
import { editDistance } from './suggest.ts';

/** A value given as text, by a variable or a flag, and where it stood. */
export interface TextSetting {
  readonly path: string;
  readonly text: string;
  readonly source: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'PORTICO_';
const fileSuffix = '_FILE';
const keyByVariable: ReadonlyMap<string, Key> = new Map(settableKeys.map((key) => [variableOf(key), key]));
const sections = new Set(
  settableKeys.filter(({ path }) => path.includes('.')).map(({ path }) => path.split('.')[0]),
);

/** The configuration's part of an environment, and what is wrong with it. */
export function fromEnvironment(env: Environment): { settings: TextSetting[]; problems: Problem[] } {
  const settings: TextSetting[] = [];
  const problems: Problem[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(prefix)) continue;
    const key = keyByVariable.get(name);
    const fileKey = name.endsWith(fileSuffix)
      ? keyByVariable.get(name.slice(0, -fileSuffix.length))
      : undefined;
    if (key !== undefined) {
      settings.push({ path: key.path, text, source: name });
    } else if (fileKey === undefined) {
      const meant = meantVariable(name);
      if (meant !== undefined) problems.push({ source: name, message: `unknown variable${meant}` });
    } else if (env[variableOf(fileKey)] !== undefined) {
      problems.push({ source: name, message: `${variableOf(fileKey)} is set, too: keep one of them` });
    } else {
      try {
        settings.push({ path: fileKey.path, text: readFileSync(text, 'utf8').trim(), source: name });
      } catch (error) {
        problems.push({ source: name, message: `cannot read '${text}': ${reasonOf(error)}` });
      }
    }
  }
  return { settings, problems };
}

/**
 * Other programs use the prefix, too (Kubernetes sets `PORTICO_SERVICE_HOST` beside a service of that name), so only
 * what was clearly meant for us is refused: a name inside a section of ours, or one next to a name we know.
 */
function meantVariable(name: string): string | undefined {
  const close = [...keyByVariable.keys()]
    .map((variable) => ({ variable, distance: editDistance(name, variable) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (close !== undefined && close.distance <= 2) return `: did you mean ${close.variable}?`;
  const section = name.slice(prefix.length).split('_')[0]?.toLowerCase();
  if (!sections.has(section)) return undefined;
  return close !== undefined && close.distance <= 4
    ? `: did you mean ${close.variable}?`
    : ` of section [${section ?? ''}]`;
}

/** Why a file could not be used, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  return error instanceof Error ? error.message : String(error);
}
