import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { PorticoError } from '../contract/errors.ts';

/** Where media listens, and what clients are told. */
export interface MediaAddress {
  ip: string;
  /** Absent: as `ip`. */
  announcedAddress?: string;
}

/** Something like 0.0.0.0, which nobody can send to. */
const isWildcard = (ip: string): boolean => ip === '0.0.0.0' || ip === '::';

function firstExternal(family: 'IPv4' | 'IPv6'): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find((address) => !address.internal && address.family === family)?.address;
}

/**
 * Address for media. The engine wants an IP address and cannot announce a wildcard one.
 * @param listen address or name to listen on
 * @param announced what others are told; empty: as `listen`, or the first address of the machine if that is a wildcard
 * @param field key of the configuration that holds `listen`
 */
export async function mediaAddress(
  listen: string,
  announced: string,
  field = 'access.listen_ip',
): Promise<MediaAddress> {
  const ip = isIP(listen) === 0 ? await resolve(listen, field) : listen;
  if (announced !== '') return { ip, announcedAddress: announced };
  if (!isWildcard(ip)) return { ip };
  const address = firstExternal(ip === '::' ? 'IPv6' : 'IPv4');
  return { ip, announcedAddress: address ?? (ip === '::' ? '::1' : '127.0.0.1') };
}

async function resolve(name: string, field: string): Promise<string> {
  try {
    const { address } = await lookup(name, { family: 4 });
    return address;
  } catch (error) {
    throw new PorticoError(
      'bad_request',
      `media cannot listen on '${name}': no such address`,
      { field },
      { cause: error },
    );
  }
}
