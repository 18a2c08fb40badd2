import { PorticoClientError } from './errors.ts';

/** Socket.IO takes a path in the address for a namespace, so host and path are told apart here. */
export interface Endpoint {
  origin: string;
  path: string;
}

const malformed = (why: string): PorticoClientError =>
  new PorticoClientError('token_malformed', `The token cannot be read: ${why}.`);

function decode(token: string): Record<string, unknown> {
  let value: unknown;
  try {
    // Tokens are base64, with either alphabet; the text inside is JSON in ASCII.
    value = JSON.parse(atob(token.trim().replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    throw malformed('it is not base64 of JSON');
  }
  if (typeof value !== 'object' || value === null) throw malformed('it holds no object');
  return value as Record<string, unknown>;
}

/** Address of the server that the token names; undefined when it names none (the page's own server is meant). */
function addressOfToken(token: string): string | undefined {
  const { host, secure } = decode(token);
  if (typeof host !== 'string') throw malformed('it names no host');
  if (host === '') return undefined;
  if (/^https?:\/\//.test(host)) return host;
  return `${secure === true ? 'https' : 'http'}://${host}`;
}

const pageOrigin = (): string | undefined => (globalThis as { location?: Location }).location?.origin;

/** Where to connect: the given address, else the token's, else the page's origin. Tickets name no server. */
export function endpointFor(token: string | undefined, url: string | undefined): Endpoint {
  const address = url ?? (token === undefined ? undefined : addressOfToken(token)) ?? pageOrigin();
  if (address === undefined) {
    throw new PorticoClientError('connect_failed', 'Neither the token nor the option `url` names a server.');
  }
  return endpointOf(address);
}

/** @throws PorticoClientError `connect_failed` */
export function endpointOf(address: string): Endpoint {
  try {
    const { origin, pathname } = new URL(address, pageOrigin());
    return { origin, path: `${pathname.replace(/\/+$/, '')}/socket.io/` };
  } catch (cause) {
    throw new PorticoClientError('connect_failed', `'${address}' is not an address.`, { cause });
  }
}
