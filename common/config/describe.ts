import { z } from 'zod';
import { Config } from './schema.ts';

/** How the text of a variable or flag becomes a value. */
export type KeyKind = 'text' | 'number' | 'boolean' | 'list' | 'json';

/** One key of the configuration, as files, references and messages speak of it. */
export interface Key {
  /** Full name, e.g. `server.port`; `[]` stands for any element of a list, e.g. `auth.services[].key`. */
  readonly path: string;
  readonly name: string;
  readonly kind: KeyKind;
  /** What a value must be, in words: `integer from 0 to 65535`. */
  readonly expected: string;
  readonly description: string;
  /** Absent when the key must be given, or when nothing stands for "not given". */
  readonly default?: unknown;
  readonly required: boolean;
  readonly unit?: string;
  /** Shown in the sample instead of a default that says nothing. */
  readonly example?: unknown;
  readonly secret: boolean;
  /** The keys of an object, or of each element of a list of objects. */
  readonly keys: readonly Key[];
  readonly repeated: boolean;
}

/** The part of JSON Schema that the configuration is made of. */
const Node = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  examples: z.array(z.unknown()).optional(),
  secret: z.boolean().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  required: z.array(z.string()).default([]),
  get properties() {
    return z.record(z.string(), Node).optional();
  },
  get items() {
    return z.union([Node, z.literal(false)]).optional();
  },
  get prefixItems() {
    return z.array(Node).optional();
  },
  get anyOf() {
    return z.array(Node).optional();
  },
});
type Node = z.infer<typeof Node>;

const units: readonly [suffix: string, unit: string][] = [
  ['_ms', 'milliseconds'],
  ['_s', 'seconds'],
  ['_bytes', 'bytes'],
  ['_bitrate', 'bit/s'],
];

/** The alternative that is not null, of a key that may be unset. */
const core = (node: Node): Node => node.anyOf?.find((option) => option.type !== 'null') ?? node;

function numberWords({ type, minimum, maximum, exclusiveMinimum }: Node): string {
  const noun = type === 'integer' ? 'integer' : 'number';
  if (exclusiveMinimum === 0) return `${noun} above 0`;
  const top = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (minimum !== undefined && top !== undefined) return `${noun} from ${minimum} to ${top}`;
  if (minimum !== undefined) return `${noun}, at least ${minimum}`;
  return noun;
}

function textWords(node: Node): string {
  if (node.enum !== undefined) return `one of ${node.enum.map((word) => JSON.stringify(word)).join(', ')}`;
  if (node.minLength !== undefined && node.minLength > 1)
    return `text of at least ${node.minLength} characters`;
  return 'text';
}

function expectedOf(given: Node): string {
  const node = core(given);
  if (node !== given) return `${expectedOf(node)}, or unset`;
  switch (node.type) {
    case 'integer':
    case 'number':
      return numberWords(node);
    case 'boolean':
      return 'true or false';
    case 'array':
      if (node.prefixItems !== undefined) return `list of ${node.prefixItems.length} numbers`;
      return node.items !== undefined && node.items !== false && node.items.properties !== undefined
        ? 'list of tables'
        : 'list of texts';
    case 'object':
      return 'table';
    default:
      return textWords(node);
  }
}

function kindOf(given: Node): KeyKind {
  const node = core(given);
  if (node.properties !== undefined) return 'json';
  if (node.type === 'array') {
    return node.items !== undefined && node.items !== false && node.items.properties !== undefined
      ? 'json'
      : 'list';
  }
  if (node.type === 'integer' || node.type === 'number') return 'number';
  return node.type === 'boolean' ? 'boolean' : 'text';
}

function keysOf(node: Node, prefix: string): Key[] {
  return Object.entries(node.properties ?? {}).map(([name, child]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const element = child.items === false ? undefined : child.items;
    const repeated = element?.properties !== undefined;
    const unit = units.find(([suffix]) => name.endsWith(suffix))?.[1];
    const [example] = child.examples ?? [];
    return {
      path,
      name,
      kind: kindOf(child),
      expected: expectedOf(child),
      description: child.description ?? '',
      default: child.default,
      required: node.required.includes(name),
      ...(unit === undefined ? {} : { unit }),
      ...(example === undefined ? {} : { example }),
      secret: child.secret ?? false,
      keys: repeated ? keysOf(element, `${path}[]`) : keysOf(child, path),
      repeated,
    };
  });
}

/** The top level of the configuration: single keys and sections. */
export const topKeys: readonly Key[] = keysOf(Node.parse(z.toJSONSchema(Config, { io: 'input' })), '');

const flatten = (keys: readonly Key[]): Key[] => keys.flatMap((key) => [key, ...flatten(key.keys)]);

/** Every key and section, by path. */
export const keyByPath: ReadonlyMap<string, Key> = new Map(flatten(topKeys).map((key) => [key.path, key]));

/** A section groups keys; it is no value of its own. */
export const isSection = (key: Key): boolean => key.keys.length > 0 && !key.repeated;

/** Keys that a variable or flag can set: leaves, and lists of tables as a whole (JSON). */
export const settableKeys: readonly Key[] = [...keyByPath.values()].filter(
  (key) => !isSection(key) && !key.path.includes('[]'),
);

/** Name of the environment variable of a key: `server.port` -> `PORTICO_SERVER_PORT`. */
export const variableOf = (key: Key): string => `PORTICO_${key.path.replaceAll('.', '_').toUpperCase()}`;

/** Path of a place in a configuration as `keyByPath` knows it: positions in lists become `[]`. */
export function patternOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
