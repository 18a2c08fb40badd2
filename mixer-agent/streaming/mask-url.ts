/* Addresses of streams hold secrets: passwords, stream keys, signatures. Nobody is told these. */

const hidden = '***';
/** Shorter ones would be found in ordinary words. */
const shortestSecret = 4;

interface Parts {
  scheme: string;
  user: string | undefined;
  password: string | undefined;
  host: string;
  path: string;
  query: string | undefined;
}

/** As FFmpeg takes it apart: not the same as a browser's parser, and it never throws. */
function partsOf(url: string): Parts | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/is.exec(url);
  if (!match) return undefined;
  const [, scheme = '', authority = '', path = '', query] = match;
  const at = authority.lastIndexOf('@');
  const login = at < 0 ? undefined : authority.slice(0, at);
  const colon = login?.indexOf(':') ?? -1;
  return {
    scheme: scheme.toLowerCase(),
    user: colon < 0 ? login : login?.slice(0, colon),
    password: colon < 0 ? undefined : login?.slice(colon + 1),
    host: authority.slice(at + 1),
    path,
    query,
  };
}

/** Where the name of the stream begins, which is a key on public services: after the application of RTMP. */
function keyOf({ scheme, path }: Parts): string | undefined {
  if (!/^rtmp/.test(scheme)) return undefined;
  const key = /^\/[^/]*\/(.+)$/s.exec(path)?.[1];
  return key === '' ? undefined : key;
}

/** The address with stream keys, passwords and values of its query replaced. What is no address becomes `***`. */
export function maskUrl(url: string): string {
  const parts = partsOf(url);
  if (parts === undefined) return hidden;
  const { scheme, user, password, host, path, query } = parts;
  const key = keyOf(parts);
  // A name alone may well be a token.
  const login = user === undefined ? '' : password === undefined ? `${hidden}@` : `${user}:${hidden}@`;
  const shownPath = key === undefined ? path : path.slice(0, path.length - key.length) + hidden;
  const shownQuery = query === undefined ? '' : `?${maskQuery(query)}`;
  return `${scheme}://${login}${host}${shownPath}${shownQuery}`;
}

const maskQuery = (query: string): string =>
  query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? (pair === '' ? '' : hidden) : `${pair.slice(0, equals)}=${hidden}`;
    })
    .join('&');

/**
 * Makes a function that takes the secrets of an address out of a text, e.g. of what FFmpeg writes on stderr: also where
 * they stand alone or decoded.
 */
export function masker(url: string): (text: string) => string {
  const parts = partsOf(url);
  if (parts === undefined) return (text) => text;
  const secrets = new Set<string>();
  const add = (secret: string | undefined) => {
    if (secret === undefined) return;
    for (const form of [secret, decoded(secret)]) if (form.length >= shortestSecret) secrets.add(form);
  };
  add(parts.password ?? parts.user);
  add(keyOf(parts));
  add(parts.query);
  for (const pair of parts.query?.split('&') ?? []) add(pair.slice(pair.indexOf('=') + 1));
  // Longer ones first: one may be a part of another.
  const ordered = [...secrets].sort((one, other) => other.length - one.length);
  return (text) => {
    const shown = text.replaceAll(url, maskUrl(url));
    return ordered.reduce((rest, secret) => rest.replaceAll(secret, hidden), shown);
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
