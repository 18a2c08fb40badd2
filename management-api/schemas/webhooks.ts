import { z } from 'zod';
import { RoomId } from '../../common/contract/ids.ts';
import { ManagedEgress, ManagedParticipant, RoomEvent } from '../../common/contract/management.ts';
import { MixedStreamInfo, StreamInfo } from '../../common/contract/media.ts';
import { EgressEndReason } from '../../common/contract/mixing.ts';
import { LeaveReason, SessionEndReason } from '../../common/contract/reasons.ts';
import { PageQuery } from './common.ts';

const EventType = z.enum(RoomEvent.options.map(({ shape }) => shape.type.value));

/** What the events of a webhook have in common. */
const about = {
  id: z.string().describe('Of the event: the same in all attempts, and for all webhooks.'),
  at: z.iso.datetime().describe('When it happened.'),
  service: z.string().describe('The service that the webhook belongs to.'),
};

const inRoom = <T extends RoomEvent['type'], D extends z.ZodRawShape>(type: T, data: D) =>
  z.object({ ...about, type: z.literal(type), room: RoomId, data: z.object(data) });

/** Body of a webhook. */
export const WebhookEvent = z.discriminatedUnion('type', [
  inRoom('room_started', {}),
  inRoom('room_ended', {}),
  inRoom('participant_joined', { participant: ManagedParticipant }),
  inRoom('participant_left', { participant: ManagedParticipant, reason: LeaveReason }),
  inRoom('stream_added', { stream: StreamInfo }),
  inRoom('stream_removed', { stream: StreamInfo, reason: SessionEndReason }),
  inRoom('mix_started', { stream: MixedStreamInfo }),
  inRoom('mix_stopped', { stream: MixedStreamInfo, reason: SessionEndReason }),
  inRoom('layout_changed', { stream: MixedStreamInfo }),
  inRoom('recording_started', { egress: ManagedEgress }),
  inRoom('recording_ended', { egress: ManagedEgress, reason: EgressEndReason }),
  inRoom('recording_ready', { egress: ManagedEgress, reason: EgressEndReason }),
  inRoom('live_started', { egress: ManagedEgress }),
  inRoom('live_changed', { egress: ManagedEgress }),
  inRoom('live_ended', { egress: ManagedEgress, reason: EgressEndReason }),
  z.object({ ...about, type: z.literal('test'), data: z.object({}) }),
]);
export type WebhookEvent = z.infer<typeof WebhookEvent>;

/** Requests go nowhere else, whatever the answer says, so this is where it must be right. */
const Url = z
  .string()
  .max(2_000)
  .superRefine((text, context) => {
    const problem = urlProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be an absolute http or https URL';
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must begin with http:// or https://';
  if (username !== '' || password !== '') {
    return 'must not carry user or password: the signature tells who calls';
  }
  return undefined;
}

const Events = z.array(EventType).max(20);

/** Body of `POST webhooks`. */
export const WebhookCreation = z
  .strictObject({
    url: Url.describe('Where events are posted; http or https.'),
    events: Events.default([]).describe('Types of events; all of them when empty.'),
    enabled: z.boolean().default(true),
  })
  .describe('A webhook to be made.');
export type WebhookCreation = z.input<typeof WebhookCreation>;

/** Body of `PATCH webhooks/{id}`. */
export const WebhookChange = z
  .strictObject({
    url: Url.optional().describe('Where events are posted from now on, also those that wait.'),
    events: Events.optional().describe('Types of events; all of them when empty.'),
    enabled: z
      .boolean()
      .optional()
      .describe('false: nothing is posted; what waits is kept until it is switched on again.'),
  })
  .describe('What is to change.');
export type WebhookChange = z.input<typeof WebhookChange>;

export const Webhook = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(EventType).describe('Types of events; all of them when empty.'),
    enabled: z.boolean().describe('A receiver that answers 410 switches its webhook off.'),
    createdAt: z.number().describe('ms since 1970.'),
  })
  .meta({ id: 'Webhook', description: 'Where events of the rooms of a service are posted.' });
export type Webhook = z.infer<typeof Webhook>;

export const WebhookList = z.array(Webhook).describe('The webhooks of the service.');

/** Answer of `POST webhooks/{id}/test`. */
export const WebhookTestResult = z
  .object({
    delivered: z.boolean().describe('Whether the receiver took it (2xx).'),
    status: z.int().optional().describe('HTTP status of its answer.'),
    error: z.string().optional().describe('What went wrong.'),
    durationMs: z.number().describe('Time until the answer.'),
  })
  .meta({ id: 'WebhookTestResult', description: 'What happened to a test event.' });
export type WebhookTestResult = z.infer<typeof WebhookTestResult>;

const State = z.enum(['waiting', 'delivered', 'dead']);

export const Delivery = z
  .object({
    id: z.int(),
    webhook: z.string().describe('Id of the webhook.'),
    room: RoomId,
    type: EventType,
    event: z.looseObject({ id: z.string() }).describe('The event, as it is posted.'),
    state: State.describe('`dead`: given up; it can be tried again.'),
    attempts: z.int().describe('How often it was tried.'),
    createdAt: z.number().describe('ms since 1970.'),
    nextAt: z.number().optional().describe('When it is tried next, ms since 1970.'),
    deliveredAt: z.number().optional().describe('ms since 1970.'),
    lastError: z.string().optional().describe('Why the last attempt failed.'),
  })
  .meta({ id: 'Delivery', description: 'An event on its way to a webhook.' });
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryList = z.array(Delivery).describe('Deliveries, newest first.');

export const DeliveryListQuery = PageQuery.extend({
  state: State.optional().describe('Only those in this state.'),
  webhook: z.string().max(100).optional().describe('Only those of this webhook.'),
});

export const DeliveryParams = z.object({
  id: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the number of a delivery')
    .transform(Number)
    .describe('Number of the delivery.'),
});
