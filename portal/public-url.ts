import { networkInterfaces } from 'node:os';
import type { Config } from '../common/config/schema.ts';

/**
 * URL under which clients reach a portal: the configured one, or what follows from the listening address.
 * @param port the port really taken, where the configured one is 0
 */
export function publicUrl(server: Config['server'], port = server.port): string {
  if (server.public_url !== '') return server.public_url.replace(/\/+$/, '');
  const scheme = server.tls_certificate === '' ? 'http' : 'https';
  const host = reachable(server.host);
  const defaultPort = scheme === 'http' ? 80 : 443;
  return `${scheme}://${host}${port === defaultPort ? '' : `:${port}`}`;
}

/** A wildcard address is no destination: the first address of this machine that others can reach is. */
function reachable(host: string): string {
  if (host === '127.0.0.1' || host === '::1') return 'localhost';
  if (host !== '0.0.0.0' && host !== '::') return host.includes(':') ? `[${host}]` : host;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  return outside?.address ?? 'localhost';
}
