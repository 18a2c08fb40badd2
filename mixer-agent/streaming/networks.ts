import { BlockList, isIP } from 'node:net';

/* Which addresses belong to nobody on the internet (IANA's registries of special-purpose addresses, RFC 6890). */

const refused4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT; one cloud's metadata
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local; metadata of most clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24], // protocol assignments; one cloud's metadata
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarks
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
  ['168.63.129.16', 32], // one cloud's agent, on every virtual machine
];

const refused6: readonly (readonly [string, number])[] = [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48], // NAT64 of local networks
  ['100::', 64], // discarded
  ['2001::', 32], // Teredo
  ['fc00::', 7], // unique local
  ['fe80::', 10], // link-local
  ['fec0::', 10], // site-local
  ['ff00::', 8], // multicast
];

const list = new BlockList();
for (const [network, prefix] of refused4) {
  list.addSubnet(network, prefix, 'ipv4');
  // The same, written in IPv6: IPv4-compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). IPv4-mapped ones match by themselves.
  const [high, low] = words(network);
  list.addSubnet(`::${high}:${low}`, 96 + prefix, 'ipv6');
  list.addSubnet(`64:ff9b::${high}:${low}`, 96 + prefix, 'ipv6');
  list.addSubnet(`2002:${high}:${low}::`, 16 + prefix, 'ipv6');
}
for (const [network, prefix] of refused6) list.addSubnet(network, prefix, 'ipv6');

function words(address: string): [string, string] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
}

/** Whether an IP address is private, loopback, link-local, multicast, unspecified or one where clouds answer their machines. */
export function isPrivate(address: string): boolean {
  // A zone (`fe80::1%eth0`) only makes sense on the local link.
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return true;
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
