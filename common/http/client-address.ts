/**
 * Network address of a client, for limits. Reverse proxies append the address that they see to `X-Forwarded-For`; what
 * stands before that may be made up by the client itself.
 * @param forwarded the header, as it came
 * @param proxies how many proxies of our own are in front; 0: the header is not believed
 */
export function clientAddress(
  peer: string,
  forwarded: string | string[] | undefined,
  proxies: number,
): string {
  if (proxies === 0 || forwarded === undefined) return peer;
  const chain = [forwarded].flat().join(',').split(',');
  // The last one was added by the proxy next to us.
  const seen = chain.at(-proxies)?.trim() ?? '';
  return seen === '' ? peer : seen;
}
