/**
 * Portico's browser SDK: `new Conference().join(token)`, then `publish`, `subscribe`, `send`, `leave`.
 */
export { Conference } from './conference.ts';
export { PorticoClientError } from './errors.ts';
export type { ClientErrorCode } from './errors.ts';
export { Publication } from './publication.ts';
export { Recording } from './recording.ts';
export { RemoteParticipant } from './participant.ts';
export { MixedStream, RemoteStream } from './stream.ts';
export { Subscription } from './subscription.ts';
export { ViewLayout } from './view-layout.ts';
export type { EventSource } from './emitter.ts';
export type * from './layout-types.ts';
export type * from './types.ts';
export { version } from './version.ts';
