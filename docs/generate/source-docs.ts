import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** Comments of the fields of a schema, by path: `media.tracks[].mid`. */
export type FieldDocs = ReadonlyMap<string, string>;

/** Builders of zod whose arguments hold fields. */
const holders = new Set([
  'object',
  'strictObject',
  'looseObject',
  'union',
  'discriminatedUnion',
  'extend',
  'method',
]);

function commentOf(node: ts.Node): string | undefined {
  const [comment] = ts.getJSDocCommentsAndTags(node);
  const text =
    comment !== undefined && ts.isJSDoc(comment) ? ts.getTextOfJSDocComment(comment.comment) : undefined;
  return text?.replaceAll(/\s*\n\s*/g, ' ').trim();
}

/**
 * The comments of schemas. zod does not see them, but they stand beside the fields, where they are kept true.
 */
export class SourceDocs {
  readonly #constants = new Map<string, { value: ts.Expression; comment: string | undefined }>();

  constructor(files: readonly URL[]) {
    for (const file of files) this.#read(file);
  }

  /** The comment above a schema. */
  of(constant: string): string | undefined {
    return this.#constants.get(constant)?.comment;
  }

  /** The comments inside a schema. */
  fieldsOf(constant: string): FieldDocs {
    const found = new Map<string, string>();
    const value = this.#constants.get(constant)?.value;
    if (value !== undefined) this.#walk(value, '', found);
    return found;
  }

  /** The comments inside the `position`-th argument of `name: method(...)` in a table of methods. */
  argumentFields(constant: string, name: string, position: number): FieldDocs {
    const found = new Map<string, string>();
    const argument = this.#methodCall(constant, name)?.arguments[position];
    if (argument !== undefined) this.#walk(argument, '', found);
    return found;
  }

  #methodCall(constant: string, name: string): ts.CallExpression | undefined {
    let value = this.#constants.get(constant)?.value;
    if (value !== undefined && ts.isAsExpression(value)) value = value.expression;
    if (value === undefined || !ts.isObjectLiteralExpression(value)) return undefined;
    const property = value.properties.find((candidate) => nameOf(candidate) === name);
    if (property === undefined || !ts.isPropertyAssignment(property)) return undefined;
    return ts.isCallExpression(property.initializer) ? property.initializer : undefined;
  }

  #read(file: URL): void {
    const source = ts.createSourceFile(
      file.pathname,
      readFileSync(file, 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    for (const statement of source.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (!ts.isIdentifier(name) || initializer === undefined) continue;
        this.#constants.set(name.text, { value: initializer, comment: commentOf(statement) });
      }
    }
  }

  #walk(node: ts.Expression, path: string, found: Map<string, string>): void {
    if (ts.isObjectLiteralExpression(node)) {
      for (const property of node.properties) this.#property(property, path, found);
    } else if (ts.isCallExpression(node)) {
      this.#call(node, path, found);
    } else if (ts.isArrayLiteralExpression(node)) {
      for (const element of node.elements) this.#walk(element, path, found);
    } else if (ts.isAsExpression(node)) {
      this.#walk(node.expression, path, found);
    } else if (ts.isIdentifier(node)) {
      const constant = this.#constants.get(node.text);
      if (constant !== undefined) this.#walk(constant.value, path, found);
    }
  }

  #property(property: ts.ObjectLiteralElementLike, path: string, found: Map<string, string>): void {
    const name = nameOf(property);
    if (ts.isSpreadAssignment(property)) {
      this.#walk(property.expression, path, found);
    } else if (name !== undefined) {
      const inner = path === '' ? name : `${path}.${name}`;
      const comment = commentOf(property);
      if (comment !== undefined) found.set(inner, comment);
      if (ts.isPropertyAssignment(property)) this.#walk(property.initializer, inner, found);
      else if (ts.isShorthandPropertyAssignment(property)) this.#walk(property.name, inner, found);
    }
  }

  /** `z.array(X)` goes one level down; of `X.optional()` and the like it is X that counts. */
  #call(node: ts.CallExpression, path: string, found: Map<string, string>): void {
    const { expression } = node;
    if (!ts.isPropertyAccessExpression(expression)) return;
    const name = expression.name.text;
    if (name === 'array') for (const argument of node.arguments) this.#walk(argument, `${path}[]`, found);
    else if (holders.has(name)) for (const argument of node.arguments) this.#walk(argument, path, found);
    this.#walk(expression.expression, path, found);
  }
}

function nameOf({ name }: ts.ObjectLiteralElementLike): string | undefined {
  return name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : undefined;
}
