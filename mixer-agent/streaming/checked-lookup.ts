import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { PorticoError } from '../../common/contract/errors.ts';
import { isPrivate } from './networks.ts';

/** Which addresses nobody may be connected with. */
export type Forbids = (address: string) => boolean;

/** @param guarded the configuration keeps URLs out of private networks */
export const forbidsFor = (guarded: boolean): Forbids => (guarded ? isPrivate : () => false);

/**
 * A lookup for `node:net` and all that is built on it which gives allowed addresses only: what was checked is what is
 * connected with, whatever a name resolves to at another time.
 */
export const checkedLookup =
  (forbids: Forbids): LookupFunction =>
  (host, options, callback) => {
    systemLookup(host, { ...options, all: true }, (error, found) => {
      const refusal = error ?? (found.some(({ address }) => forbids(address)) ? forbidden(host) : null);
      if (refusal !== null) callback(refusal, []);
      else if (options.all === true) callback(null, found);
      else callback(null, ...first(found));
    });
  };

/** Addresses are not looked up. @throws PorticoError `bad_request` */
export function checkLiteral(host: string, forbids: Forbids): void {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && forbids(address)) throw forbidden(host);
}

const first = ([one]: readonly LookupAddress[]): [string, number] => [one?.address ?? '', one?.family ?? 4];

const forbidden = (host: string): PorticoError =>
  new PorticoError('bad_request', `'${host}' leads into a private, loopback or otherwise reserved network`, {
    field: 'url',
  });
