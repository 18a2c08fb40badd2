import { createHash, timingSafeEqual } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { PorticoError, type ErrorCode } from '../../common/contract/errors.ts';
import type { WebhookEvent } from '../schemas/webhooks.ts';
import { readEventBody } from './event-body.ts';

/** Life of a signature, seconds. */
const lifetimeS = 300;
/** How far the clock of a receiver may be from ours, seconds. */
const clockSkewS = 60;

const Claims = z.object({
  /** The service whose key signed. */
  iss: z.string(),
  iat: z.int(),
  exp: z.int(),
  /** Delivery and attempt. */
  jti: z.string(),
  /** base64 of the SHA-256 of the body. */
  sha256: z.string(),
});

const digest = (body: string | Uint8Array): Buffer => createHash('sha256').update(body).digest();

export interface SignatureRequest {
  service: { id: string; key: string };
  body: string;
  /** Delivery and attempt: no two posts have the same. */
  id: string;
  /** ms since 1970. */
  now: number;
}

/** Value of the `authorization` header of a webhook: `Bearer` and a JWT (RFC 7519, HS256) that vouches for the body. */
export function signWebhook({ service, body, id, now }: SignatureRequest): string {
  const iat = Math.floor(now / 1000);
  const claims: z.infer<typeof Claims> = {
    iss: service.id,
    iat,
    exp: iat + lifetimeS,
    jti: id,
    sha256: digest(body).toString('base64'),
  };
  return `Bearer ${jwt.sign(claims, service.key, { algorithm: 'HS256' })}`;
}

export interface ReceivedWebhook {
  /** As it arrived: parsed and printed again it would be another text. */
  body: string | Uint8Array;
  /** The header of that name. */
  authorization: string | undefined;
  /** Of the service that the webhook belongs to. */
  key: string;
  /** Clock, ms since 1970. */
  now?: number;
}

/**
 * Checks that a webhook comes from this server, is recent and complete.
 * @returns the event
 * @throws PorticoError `token_malformed` (no JWT), `token_signature` (signed with another key), `token_expired`,
 * `token_altered` (the body is not the signed one), `bad_request` (signed, but no event that is known here)
 */
export function verifyWebhook({ body, authorization, key, now = Date.now() }: ReceivedWebhook): WebhookEvent {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined)
    throw refused('token_malformed', 'the header authorization is not Bearer and a JWT');
  const claims = Claims.safeParse(checkSignature(token, key, Math.floor(now / 1000)));
  if (!claims.success) {
    const name = String(claims.error.issues[0]?.path[0] ?? '');
    throw refused('token_malformed', `the signature of the webhook lacks an acceptable claim '${name}'`);
  }
  const signed = Buffer.from(claims.data.sha256, 'base64');
  const actual = digest(body);
  if (signed.length !== actual.length || !timingSafeEqual(signed, actual)) {
    throw refused('token_altered', 'the body of the webhook differs from what was signed');
  }
  return readEventBody(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'));
}

function checkSignature(token: string, key: string, nowS: number): unknown {
  try {
    return jwt.verify(token, key, {
      algorithms: ['HS256'],
      clockTimestamp: nowS,
      clockTolerance: clockSkewS,
    });
  } catch (error) {
    throw translate(error);
  }
}

/** jsonwebtoken tells its failures apart by class and text only. */
function translate(error: unknown): PorticoError {
  if (error instanceof jwt.TokenExpiredError) {
    return refused('token_expired', 'the signature of the webhook has expired');
  }
  if (error instanceof jwt.JsonWebTokenError && /signature|algorithm/.test(error.message)) {
    return refused('token_signature', 'the webhook was not signed with this key');
  }
  return refused('token_malformed', 'the header authorization holds no acceptable JWT');
}

const refused = (code: ErrorCode, message: string): PorticoError =>
  new PorticoError(code, message, { field: 'authorization' });
