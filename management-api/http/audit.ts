import type { FastifyRequest } from 'fastify';
import { callerOf } from './auth/caller.ts';
import type { ApiParts } from './parts.ts';

export interface Deed {
  /** E.g. `room.update`. */
  action: string;
  room?: string;
  target?: string;
  detail?: unknown;
}

/** Notes who changed what. The change has happened: when it cannot be noted, that is logged instead. */
export async function record(parts: ApiParts, request: FastifyRequest, deed: Deed): Promise<void> {
  const { service, user } = callerOf(request);
  const who = { at: Date.now(), service: service.id, ...(user === undefined ? {} : { user }) };
  try {
    await parts.store.audit.add({ ...who, ...deed });
  } catch (error) {
    parts.log.error({ err: error, ...who, action: deed.action, room: deed.room }, 'change not noted');
  }
}
