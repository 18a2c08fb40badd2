import { z } from 'zod';
import { RoomId, TokenId } from '../../common/contract/ids.ts';
import { Attributes } from '../../common/contract/media.ts';
import { maxTokenLifetime } from '../../common/contract/token.ts';
import { PageQuery } from './common.ts';

/** Body of `POST rooms/{r}/tokens`. */
export const TokenCreation = z
  .object({
    user: z
      .string()
      .max(256)
      .optional()
      .describe('Name of the user; absent: the one that signed the request.'),
    role: z.string().max(100).optional().describe('A role of the room.'),
    preference: z
      .object({ isp: z.string().max(100).optional(), region: z.string().max(100).optional() })
      .optional()
      .describe('Accepted from clients of Open WebRTC Toolkit; portals are chosen by load.'),
    lifetime: z
      .int()
      .min(1)
      .max(maxTokenLifetime)
      .optional()
      .describe('Seconds until it must have been used; the configuration has the default.'),
    attributes: Attributes.optional().describe('Shown to others in the room with the participant.'),
  })
  .describe('Whom the token lets in.');
export type TokenCreation = z.input<typeof TokenCreation>;

/** Answer to those who accept JSON; others get `token` alone, as text. */
export const IssuedToken = z
  .object({
    token: z.string().describe('What the client joins with.'),
    id: TokenId,
    expiresAt: z.number().describe('ms since 1970.'),
    url: z.string().describe('The portal that it names.'),
  })
  .meta({ id: 'IssuedToken', description: 'A token, and what there is to know about it.' });
export type IssuedToken = z.infer<typeof IssuedToken>;

export const TokenText = z.string().describe('The token.');

const TokenState = z.enum(['issued', 'used', 'revoked', 'expired']);

/** A token that was issued here; the token itself is not kept. */
export const Token = z
  .object({
    id: TokenId,
    room: RoomId,
    user: z.string(),
    role: z.string(),
    state: TokenState,
    issuedAt: z.number().describe('ms since 1970.'),
    expiresAt: z.number().describe('ms since 1970.'),
    usedAt: z.number().optional().describe('When somebody joined with it, ms since 1970.'),
    participant: z.string().optional().describe('Who joined with it.'),
    revokedAt: z.number().optional().describe('ms since 1970.'),
  })
  .meta({ id: 'Token', description: 'A token that was issued by this API.' });
export type Token = z.infer<typeof Token>;

export const TokenList = z.array(Token).describe('Tokens, newest first.');

export const TokenListQuery = PageQuery.extend({
  room: z.string().max(100).optional().describe('Only tokens of this room.'),
  user: z.string().max(256).optional().describe('Only tokens of this user.'),
  state: TokenState.optional().describe('Only tokens in this state.'),
  service: z.string().max(256).optional().describe('Tokens of this service; only for the super service.'),
});
