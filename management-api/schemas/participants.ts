import { z } from 'zod';
import { MemberId, ParticipantId, TokenId } from '../../common/contract/ids.ts';
import { ManagedSubscription } from '../../common/contract/management.ts';
import { Attributes, Connection, Permission } from '../../common/contract/media.ts';

/** A participant: OWT's fields first, then ours. */
export const Participant = z
  .object({
    id: ParticipantId,
    user: z.string(),
    role: z.string(),
    permission: Permission.describe('What it may do right now.'),
    attributes: Attributes.optional().describe('What the application said about it in its token.'),
    joinedAt: z.number().describe('ms since 1970.'),
    connection: Connection.describe('`lost` while its place is kept for it.'),
    token: TokenId.describe('Id of the token that it joined with.'),
    portal: MemberId.describe('The portal that it is connected to.'),
    agent: MemberId.optional().describe('The access agent that carries its media.'),
  })
  .meta({ id: 'Participant', description: 'A participant of a room.' });
export type Participant = z.infer<typeof Participant>;

export const ParticipantList = z
  .array(Participant)
  .describe('Everybody in the room; [] while it does not run.');

const wholePermission = z.strictObject({
  op: z.literal('replace'),
  path: z.enum(['/permission/publish', '/permission/subscribe']),
  value: z.strictObject({ audio: z.boolean(), video: z.boolean() }),
});

const onePermission = z.strictObject({
  op: z.literal('replace'),
  path: z.enum([
    '/permission/publish/audio',
    '/permission/publish/video',
    '/permission/subscribe/audio',
    '/permission/subscribe/video',
  ]),
  value: z.boolean(),
});

/** Body of `PATCH participants/{p}`. */
export const ParticipantPatch = z
  .array(z.union([wholePermission, onePermission]))
  .min(1)
  .max(10)
  .describe('JSON patch of what the participant may do.');
export type ParticipantPatch = z.infer<typeof ParticipantPatch>;

const Subscription = ManagedSubscription.meta({
  id: 'Subscription',
  description: 'A participant receiving one or two tracks.',
});
export const SubscriptionList = z
  .array(Subscription)
  .describe('All subscriptions of the room; [] while it does not run.');
