import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { PorticoError } from '../../../common/contract/errors.ts';

/** What an `Authorization: MAuth` header says (OWT 7.1). */
export interface MAuthFields {
  readonly service: string;
  readonly nonce: string;
  /** As it stands in the header: ms since 1970. */
  readonly timestamp: string;
  readonly signature: string;
  /** As they stand in the header: the user in base64, the role in plain text. */
  readonly username?: string;
  readonly role?: string;
}

const refused = (message: string) => new PorticoError('unauthorized', message);

/**
 * Reads the part of the header after `MAuth`.
 * @throws PorticoError `unauthorized`
 */
export function readMAuth(text: string): MAuthFields {
  const values = new Map<string, string>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim();
    if (name === '') throw refused('the MAuth header is malformed');
    if (values.has(name)) throw refused(`the MAuth header says '${name}' twice`);
    values.set(name, part.slice(at + 1).trim());
  }
  const need = (name: string): string => {
    const value = values.get(name);
    if (value === undefined || value === '') throw refused(`the MAuth header lacks '${name}'`);
    return value;
  };
  if (need('mauth_signature_method') !== 'HMAC_SHA256')
    throw refused('the signature method is not HMAC_SHA256');
  const username = values.get('mauth_username');
  const role = values.get('mauth_role');
  // Both or none are signed: one alone could be anybody's addition.
  if ((username === undefined) !== (role === undefined)) {
    throw refused("the MAuth header says 'mauth_username' and 'mauth_role' together or not at all");
  }
  return {
    service: need('mauth_serviceid'),
    nonce: need('mauth_cnonce'),
    timestamp: need('mauth_timestamp'),
    signature: need('mauth_signature'),
    ...(username === undefined ? {} : { username }),
    ...(role === undefined ? {} : { role }),
  };
}

/** base64 of the hex text of HMAC-SHA256 over `timestamp,nonce[,username,role]`. */
function signMAuth(
  key: string,
  { timestamp, nonce, username, role }: Omit<MAuthFields, 'signature' | 'service'>,
) {
  const named = username !== undefined && role !== undefined;
  const text = named ? `${timestamp},${nonce},${username},${role}` : `${timestamp},${nonce}`;
  return Buffer.from(createHmac('sha256', key).update(text).digest('hex')).toString('base64');
}

/** Compares texts without telling by the time it takes where they differ. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(left, right);
}

/**
 * Checks signature and time.
 * @param key secret of the service; undefined: there is no such service (as much work is done as with one)
 * @throws PorticoError `unauthorized`
 */
export function checkMAuth(
  fields: MAuthFields,
  key: string | undefined,
  { windowMs, now }: { windowMs: number; now: number },
): void {
  const expected = signMAuth(key ?? 'no such service', fields);
  const same = sameText(expected, fields.signature);
  if (key === undefined || !same) throw refused('the service is not known, or the signature does not match');
  if (!/^\d{1,16}$/.test(fields.timestamp) || Math.abs(Number(fields.timestamp) - now) > windowMs) {
    throw refused('the timestamp is too far from the time of this server');
  }
}

/** What a signature is remembered by, so that it is good once. */
export function replayKey({ service, timestamp, nonce, signature }: MAuthFields): string {
  const text = JSON.stringify([service, timestamp, nonce, signature]);
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * The user that the header names; undefined when it names none.
 * @throws PorticoError `unauthorized` when it is no text
 */
export function userOf({ username }: MAuthFields): string | undefined {
  if (username === undefined) return undefined;
  const user = Buffer.from(username, 'base64').toString('utf8');
  if (user.includes('\0')) throw refused('the user of the MAuth header contains a NUL character');
  return user;
}
