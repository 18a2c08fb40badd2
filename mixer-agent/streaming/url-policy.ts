import { lookup as systemLookup } from 'node:dns/promises';
import { realpath, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LiveProtocol } from '../../common/contract/egress.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { isPrivate } from './networks.ts';
import { inputSchemes, outputSchemes } from './protocols.ts';

/** What of the configuration says which addresses are allowed. */
export interface UrlRules {
  private_networks: boolean;
  /** Files below these may be streamed. */
  input_folders: readonly string[];
}

/** Gives all addresses of a name, as the system resolves it. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** An address that may be fetched. */
export interface CheckedInput {
  /** Without `:`. */
  scheme: string;
  /** What FFmpeg is given as its input: the address, or `file:` and the real path. */
  input: string;
  /** Value for `-protocol_whitelist` before it. */
  protocols: string;
  /** It must not lead into private networks, also when it is connected with. */
  guarded: boolean;
}

const longestUrl = 2_000;

/*
 * Which addresses streams may be sent to and fetched from, so that whoever may name one cannot reach into the networks and
 * files of the server. What is said here is said once more at each connection (`Relay`, `FetchProxy`): a name may resolve to
 * something else then, and a redirect lead elsewhere.
 */

/**
 * Checks where a live stream is to be sent.
 * @throws PorticoError `bad_request` with field `url` and a sentence; `unavailable` when names cannot be resolved now
 */
export async function checkOutput(
  url: string,
  protocol: LiveProtocol,
  rules: Pick<UrlRules, 'private_networks'>,
  lookup: Lookup = allAddresses,
): Promise<void> {
  const parsed = parse(url);
  const schemes = outputSchemes[protocol];
  if (!schemes.includes(schemeOf(parsed))) {
    throw refused(`for ${protocol} must begin with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`);
  }
  if (protocol === 'rtmp' && !/^\/[^/]+\/./.test(parsed.pathname)) {
    throw refused('for rtmp must name an application and a stream: rtmp://host/application/stream');
  }
  if (!rules.private_networks) await checkHost(hostOf(parsed), lookup);
}

/**
 * Checks where a stream is to be fetched.
 * @throws PorticoError as `checkOutput` does
 */
export async function checkInput(
  url: string,
  rules: UrlRules,
  lookup: Lookup = allAddresses,
): Promise<CheckedInput> {
  const parsed = parse(url);
  const scheme = schemeOf(parsed);
  const protocols = Object.hasOwn(inputSchemes, scheme) ? inputSchemes[scheme] : undefined;
  if (protocols === undefined) {
    const known = Object.keys(inputSchemes).map((name) => `${name}://`);
    throw refused(`must begin with one of ${known.join(', ')}`);
  }
  if (scheme === 'file')
    return { scheme, protocols, input: `file:${await realFile(parsed, rules)}`, guarded: false };
  const guarded = !rules.private_networks;
  if (guarded) await checkHost(hostOf(parsed), lookup);
  return { scheme, protocols, input: url, guarded };
}

async function checkHost(host: string, lookup: Lookup): Promise<void> {
  const addresses = isIP(host) === 0 ? await resolve(host, lookup) : [host];
  if (!addresses.some(isPrivate)) return;
  throw refused(
    `leads to '${host}', which is in a private, loopback or otherwise reserved network; streaming.private_networks allows that`,
  );
}

async function resolve(host: string, lookup: Lookup): Promise<readonly string[]> {
  try {
    const addresses = await lookup(host);
    if (addresses.length > 0) return addresses;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOTFOUND' && code !== 'ENODATA') {
      const sentence = `The host '${host}' of the URL cannot be looked up now.`;
      throw new PorticoError('unavailable', sentence, { field: 'url' });
    }
  }
  throw refused(`names the host '${host}', which cannot be found`);
}

/** Path of a file, without symbolic links, in one of the folders for it. */
async function realFile(url: URL, { input_folders }: UrlRules): Promise<string> {
  if (url.host !== '' || url.search !== '' || url.hash !== '') {
    throw refused('of a file must be file:// and an absolute path only');
  }
  try {
    const path = await realpath(fileURLToPath(url));
    const folders = await Promise.all(input_folders.map((folder) => realpath(folder).catch(() => undefined)));
    const allowed = folders.some(
      (folder) => folder !== undefined && path.startsWith(folder.endsWith(sep) ? folder : folder + sep),
    );
    // Also no pipes and devices, which would never end.
    if (allowed && (await stat(path)).isFile()) return path;
  } catch {
    // The answer is the same, so that nobody learns which files there are.
  }
  throw refused('names a file that is not below streaming.input_folders, or is not there');
}

const refused = (what: string): PorticoError =>
  new PorticoError('bad_request', `The URL ${what}.`, { field: 'url' });

const schemeOf = (url: URL): string => url.protocol.slice(0, -1);

/** Brackets of IPv6 off; as FFmpeg will read it. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Takes only addresses that every parser reads alike: where ours and FFmpeg's differ, the one would check another host
 * than the other connects to.
 */
function parse(url: string): URL {
  if (url.length > longestUrl) throw refused(`is longer than ${longestUrl} characters`);
  if (/[^\u0021-\u007e]|[\\"<>^`{|}]/.test(url)) {
    throw refused('holds spaces or characters that must be percent-encoded');
  }
  const parsed = URL.canParse(url) && /^[a-z]+:\/\//i.test(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw refused('cannot be read; it looks like rtmp://host/path');
  if (/(^|\/)(\.|%2e){2}(\/|$)/i.test(url.replace(/[?#].*$/s, ''))) throw refused("holds '..'");
  if (schemeOf(parsed) !== 'file') checkAuthority(parsed, url);
  return parsed;
}

function checkAuthority(parsed: URL, url: string): void {
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  const host = hostOf(parsed);
  const plain = isIP(host) !== 0 || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?$/i.test(host);
  if (!plain || authority === '' || authority.split('@').length > 2)
    throw refused('has no host that can be read');
  // FFmpeg would listen on an address of this machine, or meet the far end half-way.
  if (schemeOf(parsed) !== 'srt') return;
  if (parsed.port === '') throw refused('for srt must name a port: srt://host:port');
  if ([...parsed.searchParams].some(([name, value]) => name === 'mode' && value !== 'caller')) {
    throw refused("may only have 'caller' as mode of srt");
  }
}

async function allAddresses(host: string): Promise<string[]> {
  return (await systemLookup(host, { all: true })).map(({ address }) => address);
}
