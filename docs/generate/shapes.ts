import { z } from 'zod';
import { anchor, code, table } from './markdown.ts';
import type { FieldDocs } from './source-docs.ts';

/** The part of JSON Schema that the contracts are made of. */
export interface Shape {
  title?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: boolean | Shape;
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

/** Describes a schema; those that have a name keep it as `title` wherever they are used. */
export function shapeOf(schema: z.ZodType, names: ReadonlyMap<unknown, string>): Shape {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const name = names.get(zodSchema);
      if (name !== undefined) jsonSchema.title = name;
    },
  }) as Shape;
}

const variantsOf = (shape: Shape): Shape[] | undefined => shape.oneOf ?? shape.anyOf;

const isRecord = (shape: Shape): boolean => shape.properties !== undefined && shape.title === undefined;

/** `2 to 5`, `at least 2`, `at most 5`; nothing for limits that are only JavaScript's. */
function range(low: number | undefined, high: number | undefined): string {
  const min = low === undefined || low <= Number.MIN_SAFE_INTEGER ? undefined : low;
  const max = high === undefined || high >= Number.MAX_SAFE_INTEGER ? undefined : high;
  if (min !== undefined && max !== undefined) return min === max ? String(min) : `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? '' : `at most ${max}`;
}

const withRange = (word: string, limits: string, unit = ''): string =>
  limits === '' ? word : `${word}, ${limits}${unit}`;

/** The type of a value in words; named shapes are links to their own section. */
export function typeText(shape: Shape, top = false): string {
  if (shape.title !== undefined && !top) return `[${shape.title}](#${anchor(shape.title)})`;
  if (shape.const !== undefined) return code(JSON.stringify(shape.const));
  if (shape.enum !== undefined) return shape.enum.map((value) => code(JSON.stringify(value))).join(' or ');
  const variants = variantsOf(shape);
  if (variants !== undefined) return [...new Set(variants.map((variant) => typeText(variant)))].join(' or ');
  if (Array.isArray(shape.type)) return shape.type.join(' or ');
  return plainType(shape);
}

function plainType(shape: Shape): string {
  switch (shape.type) {
    case 'string':
      return withRange('string', range(undefined, shape.maxLength), ' characters');
    case 'number':
    case 'integer':
      return withRange(shape.type, range(shape.minimum, shape.maximum));
    case 'array': {
      const { items = {} } = shape;
      return withRange(`list of ${plural(items)}`, range(shape.minItems, shape.maxItems));
    }
    case 'object':
      return objectType(shape);
    case undefined:
      return 'any JSON';
    default:
      return typeof shape.type === 'string' ? shape.type : 'any JSON';
  }
}

function plural(shape: Shape): string {
  if (isRecord(shape)) return 'objects';
  const text = typeText(shape);
  return text === 'string' || text === 'number' || text === 'integer' ? `${text}s` : text;
}

function objectType({ properties, additionalProperties, required = [] }: Shape): string {
  if (properties === undefined || Object.keys(properties).length === 0) {
    return typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0
      ? `object whose values are ${typeText(additionalProperties)}`
      : 'object';
  }
  const fields = Object.entries(properties).map(
    ([name, child]) => `${name}${required.includes(name) ? '' : '?'}: ${typeText(child)}`,
  );
  return `{ ${fields.join(', ')} }`;
}

type Row = [field: string, type: string, meaning: string];

/** One row for each field, objects inside objects after their own row. */
function rowsOf(shape: Shape, docs: FieldDocs, path = ''): Row[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, child]): Row[] => {
    const inner = path === '' ? name : `${path}.${name}`;
    const optional = shape.required?.includes(name) === true ? '' : ' (optional)';
    const nested = nestedOf(child);
    const type = nested === child ? 'object' : typeText(child);
    const row: Row = [code(inner), `${type}${optional}`, docs.get(inner) ?? ''];
    return nested === undefined
      ? [row]
      : [row, ...rowsOf(nested, docs, nested === child ? inner : `${inner}[]`)];
  });
}

/** The unnamed object that a field holds, directly or as elements of a list. */
function nestedOf(shape: Shape): Shape | undefined {
  if (shape.title !== undefined) return undefined;
  if (isRecord(shape) && Object.keys(shape.properties ?? {}).length > 0) return shape;
  return shape.items !== undefined && isRecord(shape.items) ? shape.items : undefined;
}

/** What tells the variants of a union apart: `operation` is `"update"`. */
function variantTitle({ properties = {} }: Shape): string {
  const fixed = Object.entries(properties).filter(
    ([, child]) => child.const !== undefined || child.enum !== undefined,
  );
  const [name, child] = fixed.find(([, { title }]) => title === undefined) ?? fixed[0] ?? [];
  return name === undefined || child === undefined ? '' : `${code(name)} is ${typeText(child)}:`;
}

const isNothing = (shape: Shape): boolean =>
  shape.type === 'null' || Object.keys(shape).length === 0 || (shape.type === 'object' && noFields(shape));

const noFields = ({ properties, additionalProperties }: Shape): boolean =>
  Object.keys(properties ?? {}).length === 0 && typeof additionalProperties !== 'object';

/** The fields of a shape as tables; one for each variant of a union. */
export function describeShape(shape: Shape, docs: FieldDocs): string {
  const variants = variantsOf(shape);
  if (isNothing(shape) || variants?.every(isNothing) === true) return 'nothing';
  if (variants?.every((variant) => variant.properties !== undefined) === true) {
    return variants
      .map((variant) => `${variantTitle(variant)}\n\n${describeShape(variant, docs)}`)
      .join('\n\n');
  }
  const choice = variants === undefined ? undefined : describeChoice(variants, docs);
  if (choice !== undefined) return choice;
  if (shape.items !== undefined && isRecord(shape.items)) {
    return `A list; of each element:\n\n${describeShape(shape.items, docs)}`;
  }
  const rows = rowsOf(shape, docs);
  return rows.length === 0 ? typeText(shape, true) : table(['Field', 'Type', 'Meaning'], rows);
}

/** An object or something simpler: the fields of the object as a table. */
function describeChoice(variants: readonly Shape[], docs: FieldDocs): string | undefined {
  const all = variants.flatMap((variant) =>
    variant.title === undefined ? (variantsOf(variant) ?? [variant]) : [variant],
  );
  const [object, ...more] = all.filter((variant) => isRecord(variant) && !noFields(variant));
  if (object === undefined || more.length > 0) return undefined;
  const others = all
    .filter((variant) => variant !== object)
    .map((variant) => (isNothing(variant) ? 'Nothing' : typeText(variant)));
  return `${[...new Set(others)].join(', or ')}, or an object:\n\n${describeShape(object, docs)}`;
}

/** Names of the shapes that a shape refers to, its own left out. */
export function namesIn(shape: Shape, own = true): string[] {
  if (!own && shape.title !== undefined) return [shape.title];
  const inside = [
    ...Object.values(shape.properties ?? {}),
    ...(variantsOf(shape) ?? []),
    ...(shape.items === undefined ? [] : [shape.items]),
    ...(typeof shape.additionalProperties === 'object' ? [shape.additionalProperties] : []),
  ];
  return inside.flatMap((child) => namesIn(child, false));
}
