import type { Claim } from '../common/bus/bus.ts';
import { compareOwners } from '../common/cluster/owners.ts';
import type { Owner } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import { roomAddress, type RoomId } from '../common/contract/ids.ts';
import { pause } from '../common/lifecycle/wait.ts';
import type { ServiceContext } from '../common/service.ts';
import { Census } from './census.ts';
import { newestOwner, type Inventories } from './inventories.ts';

/** How often an owner that lost its claim asks for it, and whether somebody else has it, ms. */
const reclaimMs = 50;
const surveyMs = 500;
/**
 * An owner that was cut off for longer gives the room up, ms: agents repeat their reports for 10 s, later only their
 * inventories tell what happened, and whoever opens the room asks for these.
 */
const longestAbsenceMs = 8_000;

export interface ReclaimOptions {
  context: ServiceContext;
  room: RoomId;
  inventories: Inventories;
  /** Who claims it. */
  owner: Owner;
  /** Whether the room was let go meanwhile. */
  isClosed: () => boolean;
}

/**
 * Holds the address of a room for as long as it can be had.
 * @param options `serve`: answers by a claim that was taken back
 * @returns false when somebody else owns the room now, true when it was released
 */
export async function keepClaim(
  first: Claim,
  { serve, ...options }: ReclaimOptions & { serve: (claim: Claim) => Promise<void> },
): Promise<boolean> {
  for (let claim = first; !options.isClosed();) {
    if ((await claim.ended) === 'released') return true;
    const again = await reclaim(options);
    if (again === undefined) return false;
    claim = again;
    try {
      await serve(claim);
      options.context.log.info({ room: options.room }, 'room claimed again');
    } catch {
      // The connection broke again: this claim has ended, too.
    }
  }
  return true;
}

/**
 * Takes the address of a room back that was lost with the connection. Our own ghost may hold the name for some heartbeats;
 * or somebody has taken over: then nothing is returned.
 */
async function reclaim(options: ReclaimOptions): Promise<Claim | undefined> {
  const { context, room, isClosed } = options;
  const patience = 3 * context.config.bus.heartbeat_s * 1000;
  const lostAt = performance.now();
  let takenAt: number | undefined;
  let surveyAt = 0;
  while (!isClosed() && performance.now() - lostAt < longestAbsenceMs) {
    try {
      const claim = await context.bus.claim(roomAddress(room));
      if (!isClosed() && (await isNewest(options)) && !isClosed()) return claim;
      await claim.release();
      return undefined;
    } catch (error) {
      const { code } = PorticoError.from(error);
      if (code === 'closing') return undefined;
      const now = performance.now();
      if (code === 'taken') takenAt ??= now;
      if (takenAt !== undefined && now - takenAt > patience) return undefined;
      if (code === 'taken' && now >= surveyAt) {
        if (!(await isNewest(options))) return undefined;
        surveyAt = performance.now() + surveyMs;
      }
      await pause(reclaimMs);
    }
  }
  return undefined;
}

/** Whether nobody has owned the room while our connection was broken. */
async function isNewest({ context, room, inventories, owner }: ReclaimOptions): Promise<boolean> {
  const known = await new Census(room, inventories).take(context.config.cluster.inventory_timeout_ms);
  const newest = newestOwner(known);
  return newest === undefined || compareOwners(owner, newest) >= 0;
}
