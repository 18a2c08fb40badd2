import type { FastifyRequest } from 'fastify';
import { PorticoError } from '../../../common/contract/errors.ts';
import type { KnownService } from '../../services/directory.ts';

/** Who sent a request, as its signature proves. */
export interface Caller {
  readonly service: KnownService;
  /** Whether it manages services and the cluster and may act on any room. */
  readonly isSuper: boolean;
  /** The user that the service acts for, and its role, when it said so (MAuth). */
  readonly user?: string;
  readonly role?: string;
}

/** Name of the request's decorator. */
export const callerKey = 'managementCaller';

/** Who sent an authenticated request. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = request.getDecorator<Caller | null>(callerKey);
  if (caller === null) throw new PorticoError('unauthorized', 'the request was not authenticated');
  return caller;
}

/** @throws PorticoError `forbidden` when another service than the super service asks. */
export function requireSuper(request: FastifyRequest): Caller {
  const caller = callerOf(request);
  if (!caller.isSuper) throw new PorticoError('forbidden', 'only the super service may do this');
  return caller;
}
