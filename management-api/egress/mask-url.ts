/* URLs of streams carry passwords, stream keys and signatures: none of them leaves the management API. */

const hidden = '***';

/** Parameters that say how to connect, not who may; all others might be secrets. */
const harmless: ReadonlySet<string> = new Set([
  'mode',
  'latency',
  'transtype',
  'pkt_size',
  'rcvlatency',
  'peerlatency',
  'timeout',
  'connect_timeout',
  'listen',
]);

/** With RTMP the last part of the path is the key of the stream. */
const keyInPath = /^rtmp[a-z]*:$/;

/** Parts of a URL that are secrets, as they stand in it. */
function secretsOf(url: URL): string[] {
  const key = keyInPath.test(url.protocol) ? /^\/[^/]+\/(.+)$/.exec(url.pathname)?.[1] : undefined;
  const values = url.search
    .slice(1)
    .split('&')
    .map((part) => [part.split('=', 1)[0] ?? '', part.slice(part.indexOf('=') + 1)] as const)
    .filter(([name, value]) => value !== '' && !harmless.has(name));
  return [
    url.password === '' ? url.username : url.password,
    key ?? '',
    // Errors may name its last part alone.
    key?.split('/').at(-1) ?? '',
    ...values.map(([, value]) => value),
    url.hash.slice(1),
  ].filter((secret) => secret !== '');
}

/** A URL without what only its owner should know: `rtmp://live.example/app/***`. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return hidden;
  const url = new URL(text);
  let { pathname, search } = url;
  if (keyInPath.test(url.protocol)) pathname = pathname.replace(/^(\/[^/]+)\/.+$/, `$1/${hidden}`);
  search = search.replace(/([?&])([^=&]*)(=?)([^&]*)/g, (whole, before: string, name: string, is: string) =>
    harmless.has(name) ? whole : is === '' ? `${before}${hidden}` : `${before}${name}=${hidden}`,
  );
  const user = url.username === '' && url.password === '' ? '' : `${hidden}@`;
  const hash = url.hash === '' ? '' : `#${hidden}`;
  const slashes = text.slice(url.protocol.length).startsWith('//') ? '//' : '';
  return `${url.protocol}${slashes}${user}${url.host}${pathname}${search}${hash}`;
}

/** A text, such as an error of FFmpeg, without the URL and its secrets. */
export function maskIn(text: string, url: string | undefined): string {
  if (url === undefined) return text;
  let masked = text.replaceAll(url, maskUrl(url));
  if (!URL.canParse(url)) return masked;
  // Short ones would hide half of the sentence.
  for (const secret of secretsOf(new URL(url)).filter(({ length }) => length > 3)) {
    for (const form of new Set([secret, decoded(secret)])) masked = masked.replaceAll(form, hidden);
  }
  return masked;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
