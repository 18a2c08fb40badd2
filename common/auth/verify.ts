import jwt from 'jsonwebtoken';
import { PorticoError } from '../contract/errors.ts';
import { maxTokenLifetime, TokenClaims, TokenEnvelope } from '../contract/token.ts';
import type { KeyLookup, SigningKey } from './keys.ts';

/** How far the clock of an issuer may run ahead of ours, seconds. */
const clockSkewS = 60;

/** What a token says, and which service signed it. */
export type VerifiedToken = TokenClaims & { readonly service: string };

/**
 * Reads a token and checks all of it that needs no memory (one use is the room owner's to enforce).
 * @param now ms since 1970
 * @throws PorticoError `token_malformed`, `token_signature`, `token_altered`, `token_expired`; of the key lookup.
 */
export async function verifyToken(text: string, keys: KeyLookup, now = Date.now()): Promise<VerifiedToken> {
  const envelope = readEnvelope(text);
  const kid = keyId(envelope.signature);
  const key = kid === undefined ? undefined : await keys.find(kid);
  if (key === undefined) {
    throw new PorticoError('token_signature', 'the token names no key that this server knows');
  }
  const claims = readClaims(envelope.signature, key, Math.floor(now / 1000));
  if (envelope.tokenId !== claims.jti || envelope.host !== claims.host || envelope.secure !== claims.secure) {
    throw new PorticoError('token_altered', 'the envelope of the token differs from what was signed');
  }
  return { ...claims, service: key.id };
}

function readEnvelope(text: string): TokenEnvelope {
  const trimmed = text.trim();
  if (!/^[0-9A-Za-z+/_-]+={0,2}$/.test(trimmed)) throw malformed('the token is not base64 text');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(trimmed, 'base64').toString('utf8'));
  } catch {
    throw malformed('the token is not base64 of JSON');
  }
  const envelope = TokenEnvelope.safeParse(value);
  if (!envelope.success) {
    const field = String(envelope.error.issues[0]?.path[0] ?? '');
    throw malformed(`the envelope of the token is malformed${field === '' ? '' : ` at '${field}'`}`);
  }
  return envelope.data;
}

function readClaims(signature: string, key: SigningKey, nowS: number): TokenClaims {
  const payload = checkSignature(signature, key, nowS);
  const claims = TokenClaims.safeParse(payload);
  if (!claims.success) {
    const field = String(claims.error.issues[0]?.path[0] ?? '');
    throw malformed(`the token lacks an acceptable claim '${field}'`);
  }
  const { iat, exp } = claims.data;
  if (exp - iat > maxTokenLifetime) {
    throw malformed(`the token is valid for more than ${maxTokenLifetime} seconds`);
  }
  if (iat > nowS + clockSkewS) throw malformed('the token was issued in the future');
  return claims.data;
}

function checkSignature(signature: string, key: SigningKey, nowS: number): unknown {
  try {
    return jwt.verify(signature, key.secret, {
      algorithms: ['HS256'],
      audience: 'portico',
      clockTimestamp: nowS,
    });
  } catch (error) {
    throw translate(error);
  }
}

function keyId(signature: string): string | undefined {
  let decoded: jwt.Jwt | null;
  try {
    decoded = jwt.decode(signature, { complete: true });
  } catch {
    throw malformed('the signature of the token is not a JWT');
  }
  if (decoded === null) throw malformed('the signature of the token is not a JWT');
  const kid: unknown = decoded.header.kid;
  return typeof kid === 'string' ? kid : undefined;
}

/** jsonwebtoken tells its failures apart by class and text only. */
function translate(error: unknown): PorticoError {
  if (error instanceof jwt.TokenExpiredError) {
    return new PorticoError('token_expired', 'the token has expired');
  }
  if (error instanceof jwt.NotBeforeError) return malformed('the token is not valid yet');
  if (error instanceof jwt.JsonWebTokenError && /signature|algorithm/.test(error.message)) {
    return new PorticoError('token_signature', 'the signature of the token does not match');
  }
  if (error instanceof jwt.JsonWebTokenError && error.message.includes('audience')) {
    return malformed('the token is meant for another audience');
  }
  return malformed('the signature of the token is not a JWT');
}

function malformed(message: string): PorticoError {
  return new PorticoError('token_malformed', message);
}
