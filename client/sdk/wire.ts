import type { z } from 'zod';
import type {
  ClientContract,
  ClientMethod,
  Cursor,
  Notification,
  NotificationName,
  NotificationPayload,
  RecordingInfo,
  RoomSnapshot,
  StreamUpdate,
} from '../../common/contract/client.ts';
import type {
  IceServer,
  MixedStreamInfo,
  ParticipantInfo,
  StreamInfo,
  TrackInfo,
} from '../../common/contract/media.ts';

/*
 * The wire to the portal as types only: the schemas themselves stay on the server, which checks every request.
 */

export type Method = ClientMethod;

/** Input of a request before validation: ids are plain strings. */
export type Request<M extends Method> = z.input<ClientContract[M]['input']>;
export type Answer<M extends Method> = z.output<ClientContract[M]['output']>;

/** Position of a logged notification: compared as (epoch, seq); `prev` is the seq before it meant for us. */
export interface Position {
  epoch: number;
  seq: number;
  prev: number;
}

/** A notification as it arrives; logged ones carry their position. */
export interface Incoming {
  notification: Notification;
  position?: Position;
}

/** What a client still has of its media. */
export interface Held {
  transports: string[];
  publications: string[];
  subscriptions: string[];
}

export type {
  Cursor,
  IceServer,
  MixedStreamInfo,
  Notification,
  NotificationName,
  NotificationPayload,
  ParticipantInfo,
  RecordingInfo,
  RoomSnapshot,
  StreamInfo,
  StreamUpdate,
  TrackInfo,
};

/** Names to listen to: typed so that a notification added to the contract does not compile until it is handled. */
export const notificationNames = Object.keys({
  participant: true,
  stream: true,
  recording: true,
  text: true,
  progress: true,
  room: true,
  speaking: true,
  layers: true,
  quality: true,
  permission: true,
  portals: true,
  drop: true,
} satisfies Record<NotificationName, true>) as NotificationName[];
