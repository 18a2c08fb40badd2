import type { AdminRequest, Transport } from './transport.ts';

/** Entries asked for at a time. */
const pageSize = 200;

/** All entries of a list, page after page as they are wanted. */
export async function* entries<T>(
  transport: Transport,
  request: Pick<AdminRequest, 'path' | 'query'>,
): AsyncGenerator<T, void, undefined> {
  let after: string | undefined;
  do {
    const query = { limit: pageSize, ...request.query, after };
    const { data, headers } = await transport.json<T[]>({ method: 'GET', path: request.path, query });
    yield* data;
    after = nextOf(headers.get('link'));
  } while (after !== undefined);
}

/** `after` of the link to the next page (RFC 8288). */
function nextOf(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  return new URL(target, 'http://localhost').searchParams.get('after') ?? undefined;
}
