import type { z } from 'zod';
import { errorCodes, type ErrorCode } from '../../common/contract/errors.ts';
import { Problem } from '../schemas/common.ts';

/** Errors that every operation may answer with. */
const everywhere: readonly ErrorCode[] = ['bad_request', 'unauthorized', 'rate_limited', 'internal'];

export interface OperationOptions<R> {
  /** Group in the documentation. */
  tag: string;
  /** What it does, in a sentence. */
  summary: string;
  description?: string;
  /** Schema of the answer. */
  ok: R;
  /** Further errors. */
  errors?: readonly ErrorCode[];
}

/** The parts of a route's schema that all operations have alike. */
export function operation<R extends z.ZodType | { content: object; description: string }>(
  options: OperationOptions<R>,
) {
  const { tag, summary, description, ok, errors = [] } = options;
  const codes = [...new Set([...everywhere, ...errors])];
  const problems = Object.fromEntries(codes.map((code) => [errorCodes[code].http, Problem]));
  const response: { 200: R } = { 200: ok, ...problems };
  return {
    tags: [tag],
    summary,
    description: [description, `Error codes: ${codes.map((code) => `\`${code}\``).join(', ')}.`]
      .filter((text) => text !== undefined)
      .join('\n\n'),
    security: [{ mauth: [] }, { bearer: [] }],
    response,
    'x-error-codes': codes,
  };
}
