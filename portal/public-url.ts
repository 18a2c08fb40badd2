import type { Config } from '../common/config/schema.ts';
import { reachableHost } from '../common/http/reachable-host.ts';

/**
 * URL under which clients reach a portal: the configured one, or what follows from the listening address.
 * @param port the port really taken, where the configured one is 0
 */
export function publicUrl(server: Config['server'], port = server.port): string {
  if (server.public_url !== '') return server.public_url.replace(/\/+$/, '');
  const scheme = server.tls_certificate === '' ? 'http' : 'https';
  const host = reachableHost(server.host);
  const defaultPort = scheme === 'http' ? 80 : 443;
  return `${scheme}://${host}${port === defaultPort ? '' : `:${port}`}`;
}
