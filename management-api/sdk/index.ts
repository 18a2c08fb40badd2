/** The server SDK: `import { PorticoAdmin } from 'portico/admin'`. */
export { PorticoAdmin, type AdminOptions, type MintedToken } from './admin.ts';
export { PorticoAdminError, type AdminErrorCode } from './error.ts';
export type { NewLayout } from './mixes.ts';
export type { MediaSelection, NewRecording, NewStreamingOut, OutputChanges } from './outputs.ts';
export type { PermissionChanges } from './people.ts';
export type { IfVersion, RoomChanged, VersionedRoom } from './rooms.ts';
export { verifyWebhook, type ReceivedWebhook } from './verify-webhook.ts';
export type { TokenListFilter } from './tokens.ts';
export type { DeliveryListFilter } from './webhooks.ts';
export type { ManagedSubscription as Subscription } from '../../common/contract/management.ts';
export type { AuditEntry } from '../schemas/audit.ts';
export type { Node, RunningRoom } from '../schemas/cluster.ts';
export type { Participant } from '../schemas/participants.ts';
export type { EndedRecording, Recording } from '../schemas/recordings.ts';
export type { Revocation, RevocationCreation, RevocationResult } from '../schemas/revocations.ts';
export type {
  Room,
  RoomCreation,
  RoomMeasuresAnswer as RoomMeasures,
  RoomMergePatch,
  RoomStatus,
  RoomUpdate,
} from '../schemas/rooms.ts';
export type { NewService, Service, ServiceCreation } from '../schemas/services.ts';
export type { StreamingIn11 as StreamingIn, StreamingInCreation } from '../schemas/streaming-ins.ts';
export type { StreamingOut } from '../schemas/streaming-outs.ts';
export type { Stream11 as Stream } from '../schemas/streams.ts';
export type { View11 as View } from '../schemas/views.ts';
export type { IssuedToken, Token, TokenCreation } from '../schemas/tokens.ts';
export type {
  Delivery,
  Webhook,
  WebhookChange,
  WebhookCreation,
  WebhookEvent,
  WebhookTestResult,
} from '../schemas/webhooks.ts';
