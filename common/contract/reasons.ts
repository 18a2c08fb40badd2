import { z } from 'zod';

/** Why a participant left, as others see it in `participant` `leave`, in logs and in metric labels. */
export const LeaveReason = z.enum([
  'left', // asked to
  'disconnected', // its signalling connection went away, and the deployment keeps no places
  'reconnect_timeout', // its signalling connection went away and did not return in time
  'dropped', // removed by a moderator or by management
  'join_failed', // the connection went away while it was joining
  'portal_lost', // its portal died, and the deployment keeps no places
  'room_closed',
  'shutdown',
]);
export type LeaveReason = z.infer<typeof LeaveReason>;

/** Why a session (publication or subscription) ended or was interrupted. */
export const SessionEndReason = z.enum([
  'closed', // its participant asked
  'participant_left',
  'source_ended', // the stream it received is gone
  'source_interrupted', // the stream it received will be published again
  'worker_died',
  'agent_lost',
  'transport_closed',
  'track_ended',
  'permission_revoked',
  'dropped',
  'room_closed',
  'shutdown',
  'orphaned', // nobody claimed it after a takeover
  'client_restarted', // its client came back without it
]);
export type SessionEndReason = z.infer<typeof SessionEndReason>;

/** Why the portal closes a signalling connection. */
export const SocketCloseReason = z.enum([
  'login_timeout',
  'login_failed',
  'relogin_failed',
  'logged_out',
  'dropped',
  'replaced',
  'moved', // it went to another portal, as it was told
  'reconnect_timeout',
  'room_closed',
  'shutdown',
  'abuse',
]);
export type SocketCloseReason = z.infer<typeof SocketCloseReason>;
