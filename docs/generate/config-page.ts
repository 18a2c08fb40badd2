import { isSection, topKeys, variableOf, type Key } from '../../common/config/describe.ts';
import { tomlValue } from '../../common/config/sample.ts';
import { code, generatedFrom, page, table } from './markdown.ts';

const intro = `# Configuration

Everything has a default: \`portico start\` needs no configuration. To change something, write a TOML file
([portico.sample.toml](../portico.sample.toml) has every key, commented out) and name it:

\`\`\`sh
portico config sample > portico.toml
portico config check --config portico.toml
portico start --config portico.toml
\`\`\`

Values come from, the later ones winning:

1. the defaults below;
2. the file (\`--config\`, or the variable \`PORTICO_CONFIG\`);
3. variables \`PORTICO_<SECTION>_<KEY>\`, e.g. \`PORTICO_SERVER_PORT=8443\`. Lists are comma-separated
   (\`PORTICO_ICE_STUN=stun:a.example.com,stun:b.example.com\`), lists of tables are JSON. With the suffix \`_FILE\` the
   variable names a file that holds the value: \`PORTICO_ICE_TURN_SECRET_FILE=/run/secrets/turn\`;
4. flags: \`--host\`, \`--port\`, \`--bus\`, \`--tls-certificate\`, \`--tls-key\`, \`--log-level\`, and \`--set section.key=value\`
   for every other key.

Unknown keys and wrong values are refused, all of them at once, with the place they stand at and what was probably
meant. \`portico config show\` prints the values in force with secrets hidden. Names of files are relative to the folder
the command runs in.

A configuration file, like \`--host\` with an address that others can reach, ends dev mode: the page then hands out no
tokens unless \`--dev\` asks for it.`;

function meaning({ description, unit, secret, expected }: Key): string {
  const parts = [description];
  if (unit !== undefined) parts.push(`In ${unit}.`);
  if (expected.startsWith('one of')) parts.push(`${expected[0]?.toUpperCase() ?? ''}${expected.slice(1)}.`);
  if (secret) parts.push('Secret.');
  return parts.join(' ');
}

const typeOf = ({ expected }: Key): string => (expected.startsWith('one of') ? 'text' : expected);

function defaultOf(key: Key): string {
  if (key.required) return 'required';
  if (key.default === undefined || key.default === null) return 'unset';
  return code(tomlValue(key.default));
}

const row = (key: Key, name = key.name): string[] => [code(name), typeOf(key), defaultOf(key), meaning(key)];

/** Keys of an element of a list of tables; tables inside it by their dotted names. */
const elementRows = (keys: readonly Key[], prefix = ''): string[][] =>
  keys.flatMap((key) => {
    const name = `${prefix}${key.name}`;
    if (key.repeated) return [[code(name), 'list of tables', 'as above', key.description]];
    return key.keys.length === 0 ? [row(key, name)] : elementRows(key.keys, `${name}.`);
  });

const head = ['Key', 'Value', 'Default', 'Meaning'];

function list(key: Key): string[] {
  const byDefault = Array.isArray(key.default) && key.default.length > 0;
  const value = byDefault ? key.default : key.example;
  const blocks = (Array.isArray(value) ? (value as Record<string, unknown>[]) : []).map((element) =>
    [
      `[[${key.path}]]`,
      ...Object.entries(element).map(([name, child]) => `${name} = ${tomlValue(child)}`),
    ].join('\n'),
  );
  return [
    `### [[${key.path}]]`,
    `${key.description} A list: one block each. As a variable, ${code(variableOf(key))}, it is JSON.`,
    table(head, elementRows(key.keys)),
    byDefault ? 'By default:' : 'For example:',
    `\`\`\`toml\n${blocks.join('\n\n')}\n\`\`\``,
  ];
}

function section(key: Key): string[] {
  const plain = key.keys.filter((child) => child.keys.length === 0);
  return [
    `## [${key.path}]`,
    key.description,
    plain.length === 0
      ? ''
      : table(
          head,
          plain.map((child) => row(child)),
        ),
    ...key.keys.filter(isSection).flatMap(section),
    ...key.keys.filter((child) => child.repeated).flatMap(list),
  ];
}

/** docs/config.md: every key, from the schema. */
export function configPage(): string {
  const single = topKeys.filter((key) => !isSection(key));
  return page(
    generatedFrom('common/config/schema.ts'),
    intro,
    '## Top level',
    table(
      head,
      single.map((key) => row(key)),
    ),
    ...topKeys.filter(isSection).flatMap(section),
  );
}
