import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { PorticoError } from '../../../common/contract/errors.ts';
import type { KnownService } from '../../services/directory.ts';

/** Audience of the JWTs that sign requests. */
const bearerAudience = 'portico-admin';

/** Longest life of such a JWT, and how far clocks may differ; seconds. */
const maxLifetimeS = 3_600;
const clockSkewS = 60;

const Claims = z.object({
  exp: z.number(),
  iat: z.number().optional(),
  sub: z
    .string()
    .min(1)
    .max(256)
    .refine((user) => !user.includes('\0'))
    .optional(),
});

const refused = (message: string) => new PorticoError('unauthorized', message);

/**
 * Id of the service that a JWT claims to come from: its `kid`, or else its `iss`.
 * @throws PorticoError `unauthorized` when both are there and differ, or none is
 */
export function serviceOfBearer(text: string): string {
  let decoded: jwt.Jwt | null;
  try {
    decoded = jwt.decode(text, { complete: true });
  } catch {
    throw refused('the bearer token is not a JWT');
  }
  if (decoded === null) throw refused('the bearer token is not a JWT');
  const kid: unknown = decoded.header.kid;
  const issuer: unknown = typeof decoded.payload === 'string' ? undefined : decoded.payload.iss;
  if (kid !== undefined && issuer !== undefined && kid !== issuer) {
    throw refused('the bearer token names two services (kid and iss)');
  }
  const service = kid ?? issuer;
  if (typeof service !== 'string') throw refused('the bearer token names no service (kid or iss)');
  return service;
}

/**
 * Checks a JWT (RFC 7519, HS256) that signs requests; it is good until it expires.
 * @returns the user that the service acts for, when it says so (`sub`)
 * @throws PorticoError `unauthorized`
 */
export function checkBearer(text: string, service: KnownService | undefined, now: number): { user?: string } {
  if (service === undefined) throw refused('the service is not known, or the signature does not match');
  const nowS = Math.floor(now / 1000);
  let payload: unknown;
  try {
    payload = jwt.verify(text, service.signing.secret, {
      algorithms: ['HS256'],
      audience: bearerAudience,
      clockTimestamp: nowS,
      clockTolerance: clockSkewS,
    });
  } catch (error) {
    throw translate(error);
  }
  const claims = Claims.safeParse(payload);
  if (!claims.success)
    throw refused('the bearer token needs the claim exp, and sub, where it is there, must be a name');
  const { exp, iat = nowS, sub } = claims.data;
  if (exp - Math.min(iat, nowS) > maxLifetimeS + (iat > nowS ? clockSkewS : 0)) {
    throw refused(`the bearer token is valid for more than ${maxLifetimeS} seconds`);
  }
  if (iat > nowS + clockSkewS) throw refused('the bearer token was issued in the future');
  return sub === undefined ? {} : { user: sub };
}

/** jsonwebtoken tells its failures apart by class and text only. */
function translate(error: unknown): PorticoError {
  if (error instanceof jwt.TokenExpiredError) return refused('the bearer token has expired');
  if (error instanceof jwt.NotBeforeError) return refused('the bearer token is not valid yet');
  if (error instanceof jwt.JsonWebTokenError && error.message.includes('audience')) {
    return refused(`the audience of the bearer token must be ${bearerAudience}`);
  }
  return refused('the service is not known, or the signature does not match');
}
