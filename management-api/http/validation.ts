import type { FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { PorticoError } from '../../common/contract/errors.ts';

interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/**
 * What a schema found wrong, as far down as it is clear: of alternatives the one is meant that came furthest, or
 * that names the fewest problems.
 */
function clearest(issue: {
  instancePath: string;
  message?: string | undefined;
  params: Record<string, unknown>;
}): Issue {
  const path = issue.instancePath.split('/').filter((part) => part !== '');
  const { errors, keys } = issue.params;
  if (Array.isArray(keys) && typeof keys[0] === 'string') {
    return { path: [...path, keys[0]], message: 'is not a known field' };
  }
  const nested = Array.isArray(errors) ? errors.map(firstOf).filter((found) => found !== undefined) : [];
  const deepest = nested.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (deepest !== undefined && deepest.path.length > 0) {
    return { path: [...path, ...deepest.path], message: deepest.message };
  }
  return { path, message: issue.message ?? 'is not acceptable' };
}

/** The first problem of an alternative. */
function firstOf(alternative: unknown): Issue | undefined {
  const issue: unknown = Array.isArray(alternative) ? alternative[0] : undefined;
  if (!isObject(issue) || !Array.isArray(issue.path)) return undefined;
  const { path, message, code: _code, ...params } = issue;
  return clearest({
    instancePath: `/${(path as unknown[]).map(String).join('/')}`,
    message: typeof message === 'string' ? message : undefined,
    params,
  });
}

const notation = (path: readonly string[]): string =>
  path.reduce(
    (text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

/** A request that does not fit the schema of its route. */
export function validationError(
  issues: readonly FastifySchemaValidationError[],
  context: string | undefined,
  { body }: FastifyRequest,
): PorticoError {
  const first = issues[0];
  if (context === 'body' && (body === undefined || body === null)) {
    return new PorticoError('bad_request', 'the request needs a body, as JSON');
  }
  if (first === undefined) return new PorticoError('bad_request', 'the request is not acceptable');
  const { path, message } = clearest({ ...first, params: first.params });
  const field = notation(path);
  const part = context === 'querystring' ? 'query' : (context ?? 'request');
  if (field === '') return new PorticoError('bad_request', `${part}: ${message}`);
  return new PorticoError('bad_request', `${part} field '${field}': ${message}`, { field });
}
