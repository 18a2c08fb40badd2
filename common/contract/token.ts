import { z } from 'zod';
import { RoomId, TokenId } from './ids.ts';
import { Attributes } from './media.ts';

/** Claims of the JWT that a token carries as its `signature` (HS256, header `kid` = service id). Times in seconds. */
export const TokenClaims = z.object({
  jti: TokenId,
  sub: z.string().min(1).max(256),
  room: RoomId,
  role: z.string().min(1).max(100),
  host: z.string().max(300),
  secure: z.boolean(),
  aud: z.literal('portico'),
  iat: z.number().int(),
  /** Milliseconds beyond `iat`: without them a token of the same second as a revocation counts as older. */
  iat_ms: z.number().int().min(0).max(999).optional(),
  exp: z.number().int(),
  attributes: Attributes.optional(),
});
export type TokenClaims = z.infer<typeof TokenClaims>;

/** What the base64 text of a token holds: OWT's envelope (OWT 1.2) whose `signature` is the JWT. */
export const TokenEnvelope = z.strictObject({
  tokenId: z.string().max(64),
  host: z.string().max(300),
  secure: z.boolean(),
  signature: z.string().max(8192),
});
export type TokenEnvelope = z.infer<typeof TokenEnvelope>;

/** Longest life of a token, seconds. */
export const maxTokenLifetime = 3600;
