import { z } from 'zod';
import { RoomId, TokenId } from '../../common/contract/ids.ts';
import { Revocation as RevocationContract } from '../../common/contract/management.ts';

/** Body of `POST revocations`. */
export const RevocationCreation = z
  .strictObject({
    token: TokenId.optional().describe('One token. `room` must be given when it was not issued by this API.'),
    user: z.string().min(1).max(256).optional().describe('All tokens of this user.'),
    room: RoomId.optional().describe('All tokens of this room; with `user`: of that user in it.'),
  })
  .refine(({ token, user, room }) => (token ?? user ?? room) !== undefined, 'name a token, a user or a room')
  .refine(({ token, user }) => token === undefined || user === undefined, {
    path: ['user'],
    message: 'must be absent when a token is named',
  })
  .describe('Which tokens join nobody any more, and whoever joined with them is dropped.');
export type RevocationCreation = z.input<typeof RevocationCreation>;

export const Revocation = RevocationContract.meta({
  id: 'Revocation',
  description: 'Tokens that join nobody any more.',
});
export type Revocation = z.infer<typeof Revocation>;

/** Answer of `POST revocations` and `DELETE tokens/{id}`. */
export const RevocationResult = z
  .object({
    ...RevocationContract.shape,
    dropped: z.int().describe('How many participants were dropped at once.'),
  })
  .meta({ id: 'RevocationResult', description: 'A revocation, and what it did at once.' });
export type RevocationResult = z.infer<typeof RevocationResult>;

export const RevocationList = z.array(Revocation).describe('Revocations that still concern somebody.');
