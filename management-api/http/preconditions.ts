import type { FastifyRequest } from 'fastify';
import { PorticoError } from '../../common/contract/errors.ts';

/** Tag of a version of a room (RFC 9110, section 8.8.3). */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that `If-Match` asks for; undefined: any.
 * A tag that is not one of ours matches no version (0).
 * @throws PorticoError `bad_request` when it names several
 */
export function wantedVersion({ headers }: FastifyRequest): number | undefined {
  const text = headers['if-match']?.trim();
  if (text === undefined || text === '' || text === '*') return undefined;
  if (text.includes(',')) {
    throw new PorticoError('bad_request', 'If-Match takes one entity tag', { field: 'if-match' });
  }
  const digits = /^"(\d{1,15})"$/.exec(text)?.[1];
  return digits === undefined ? 0 : Number(digits);
}
