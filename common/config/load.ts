import { readFileSync } from 'node:fs';
import { parse as parseToml, TomlError } from 'smol-toml';
import { isSection, keyByPath, type Key } from './describe.ts';
import { fromEnvironment, reasonOf, type Environment, type TextSetting } from './environment.ts';
import { ConfigError, explain, unknownKey, type Problem } from './problems.ts';
import { brokenRules } from './rules.ts';
import { Config } from './schema.ts';
import { deepFreeze, pathText, putAt, type Table } from './tree.ts';
import { valueOf } from './values.ts';

export interface LoadOptions {
  /** TOML file; absent: defaults only. */
  file?: string;
  /** Variables `PORTICO_<SECTION>_<KEY>` override the file; with `_FILE` they name a file that holds the value. */
  env?: Environment;
  /** Flags override everything. `source` is the flag as the user wrote it. */
  overrides?: readonly TextSetting[];
}

/**
 * Reads the configuration: defaults < file < environment < flags.
 * @returns the checked configuration, deeply frozen
 * @throws ConfigError with every problem: unknown keys (with a suggestion), wrong values, contradictions
 */
export function loadConfig({ file, env = {}, overrides = [] }: LoadOptions = {}): Config {
  const problems: Problem[] = [];
  const root = file === undefined ? {} : readTable(file, problems);
  const environment = fromEnvironment(env);
  problems.push(...environment.problems);
  const sources = new Map<string, string>();
  for (const setting of [...environment.settings, ...overrides]) {
    const key = keyByPath.get(setting.path);
    if (key === undefined || isSection(key) || key.path.includes('[]')) {
      problems.push({ source: setting.source, message: refusal(setting, key) });
    } else if (putAt(root, key.path.split('.'), valueOf(key, setting.text))) {
      // Where the file has no table on the way, the schema complains about the file.
      sources.set(key.path, setting.source);
    }
  }
  const sourceOf = (path: readonly PropertyKey[]) => nearestSource(path, sources) ?? file ?? 'configuration';
  const config = check(root, sourceOf, problems);
  if (config === undefined || problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(config);
}

function check(
  root: Table,
  sourceOf: (path: readonly PropertyKey[]) => string,
  problems: Problem[],
): Config | undefined {
  const result = Config.safeParse(root);
  if (!result.success) {
    for (const { path, message } of result.error.issues.flatMap((issue) => explain(issue, root))) {
      problems.push({ source: sourceOf(path), message });
    }
    return undefined;
  }
  for (const { path, message } of brokenRules(result.data)) {
    problems.push({ source: sourceOf(path), message: `${pathText(path)}: ${message}` });
  }
  return result.data;
}

function readTable(file: string, problems: Problem[]): Table {
  try {
    return parseToml(readFileSync(file, 'utf8'));
  } catch (error) {
    const where = error instanceof TomlError ? `${file}:${error.line}:${error.column}` : file;
    const message =
      error instanceof TomlError
        ? `not valid TOML: ${error.message.split('\n')[0] ?? ''}`
        : `cannot be read: ${reasonOf(error)}`;
    problems.push({ source: where, message });
    return {};
  }
}

function refusal({ path }: TextSetting, key: Key | undefined): string {
  if (key === undefined) return unknownKey(path);
  return isSection(key)
    ? `'${path}' is a section: name one of its keys`
    : `elements of lists cannot be set one by one: give the whole list as JSON`;
}

function nearestSource(
  path: readonly PropertyKey[],
  sources: ReadonlyMap<string, string>,
): string | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const source = sources.get(pathText(path.slice(0, length)));
    if (source !== undefined) return source;
  }
  return undefined;
}
