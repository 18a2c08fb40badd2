import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PageQuery } from '../schemas/common.ts';
import type { Page, PageRequest } from '../store/store.ts';

const defaultLimit = 100;

export const pageOf = ({ limit, after }: PageQuery): PageRequest => ({
  limit: limit ?? defaultLimit,
  ...(after === undefined ? {} : { after }),
});

/** Names the next part of a list in the answer (RFC 8288), with the same conditions as this one. */
export function linkNext<T>(request: FastifyRequest, reply: FastifyReply, { items, next }: Page<T>): T[] {
  if (next !== undefined) {
    const url = new URL(request.url, 'http://here');
    url.searchParams.set('after', next);
    void reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  return items;
}
