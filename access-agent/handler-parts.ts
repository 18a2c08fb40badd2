import type { CallContext } from '../common/bus/bus.ts';
import { accessContract, type AccessContract } from '../common/contract/access.ts';
import { memberContract, type MemberContract } from '../common/contract/cluster.ts';
import { PorticoError, type ErrorCode } from '../common/contract/errors.ts';
import type { MemberId } from '../common/contract/ids.ts';
import type { Handlers } from '../common/contract/rpc.ts';
import type { WorkerPool } from '../common/media/worker-pool.ts';
import type { Logger } from '../common/observe/log.ts';
import type { EdgePipes } from '../common/media/pipes/edge-pipes.ts';
import type { OriginPipes } from '../common/media/pipes/origin-pipes.ts';
import type { Rooms } from './rooms.ts';

/** Everything that an access agent serves at its address. */
export const servedContract = { ...accessContract, ...memberContract };
export type ServedContract = AccessContract & MemberContract;

export type AllHandlers = Handlers<ServedContract, CallContext>;
/** Handlers of some methods. */
export type Some<M extends keyof ServedContract> = Pick<AllHandlers, M>;

export interface HandlerParts {
  self: MemberId;
  log: Logger;
  rooms: Rooms;
  pool: WorkerPool;
  edgePipes: EdgePipes;
  originPipes: OriginPipes;
}

/** The answer to what has none. */
export const done = {};

/** What belongs to somebody else is as if it did not exist. */
export function missing(code: ErrorCode, what: string): PorticoError {
  return new PorticoError(code, `no ${what} of this participant here`);
}
