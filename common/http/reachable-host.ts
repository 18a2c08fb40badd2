import { networkInterfaces } from 'node:os';

/**
 * Host for URLs of a server that listens on an address, IPv6 in brackets. A wildcard address is no destination: the first
 * address of this machine that others can reach is.
 */
export function reachableHost(host: string): string {
  if (host === '127.0.0.1' || host === '::1') return 'localhost';
  if (host !== '0.0.0.0' && host !== '::') return host.includes(':') ? `[${host}]` : host;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  return outside?.address ?? 'localhost';
}
