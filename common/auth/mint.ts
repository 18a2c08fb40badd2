import { randomBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { parse } from '../bus/contract.ts';
import { PorticoError } from '../contract/errors.ts';
import type { Attributes } from '../contract/media.ts';
import { maxTokenLifetime, TokenClaims, type TokenEnvelope } from '../contract/token.ts';
import type { SigningKey } from './keys.ts';

/** Life of a token that asks for none, seconds (OWT 1.2: 3 minutes). */
export const defaultTokenLifetime = 180;

export interface TokenRequest {
  key: SigningKey;
  room: string;
  user: string;
  role: string;
  /** `host[:port]` that the client connects to. */
  host: string;
  /** Whether it connects with TLS. */
  secure: boolean;
  /** Seconds, at most an hour. */
  lifetimeS?: number;
  attributes?: Attributes;
  /** Clock, ms since 1970. */
  now?: number;
}

/** A token and what it says. */
export interface MintedToken {
  readonly text: string;
  readonly claims: TokenClaims;
}

/**
 * Makes a token: base64 text of OWT's envelope (OWT 1.2) whose `signature` is a JWT (RFC 7519, HS256).
 * @throws PorticoError `bad_request` when a claim is not acceptable; `field` names it.
 */
export const mintToken = (request: TokenRequest): string => issueToken(request).text;

/** As `mintToken`, for those who keep account of what they issue. */
export function issueToken(request: TokenRequest): MintedToken {
  const { key, room, user, role, host, secure, attributes, lifetimeS = defaultTokenLifetime } = request;
  if (!Number.isInteger(lifetimeS) || lifetimeS < 1 || lifetimeS > maxTokenLifetime) {
    const message = `the lifetime of a token is 1 to ${maxTokenLifetime} seconds, not ${lifetimeS}`;
    throw new PorticoError('bad_request', message, { field: 'lifetimeS' });
  }
  const now = request.now ?? Date.now();
  const iat = Math.floor(now / 1000);
  const claims = parse(
    TokenClaims,
    {
      jti: randomBytes(12).toString('hex'),
      sub: user,
      room,
      role,
      host,
      secure,
      aud: 'portico',
      iat,
      iat_ms: Math.floor(now - iat * 1000),
      exp: iat + lifetimeS,
      ...(attributes === undefined ? {} : { attributes }),
    },
    'token',
  );
  const signature = jwt.sign(claims, key.secret, { algorithm: 'HS256', keyid: key.id });
  const envelope: TokenEnvelope = { tokenId: claims.jti, host, secure, signature };
  return { text: Buffer.from(JSON.stringify(envelope)).toString('base64'), claims };
}
