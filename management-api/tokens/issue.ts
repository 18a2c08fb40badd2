import { issueToken } from '../../common/auth/mint.ts';
import type { Config } from '../../common/config/schema.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import type { Caller } from '../http/auth/caller.ts';
import type { IssuedToken, TokenCreation } from '../schemas/tokens.ts';
import type { KnownService, ServiceDirectory } from '../services/directory.ts';
import type { ReachedRoom } from '../services/room-access.ts';
import type { Tokens } from '../store/store.ts';
import { choosePortal } from './portal-choice.ts';

export interface IssueOptions {
  config: Config;
  tokens: Tokens;
  membership: Membership;
  directory: ServiceDirectory;
}

/**
 * Roles of a room; those of the configuration where the room is not in the store.
 * @throws PorticoError `room_not_found` where only rooms of the configuration may be opened
 */
function rolesOf({ id, stored }: ReachedRoom, { rooms }: Config): ReadonlySet<string> {
  if (stored !== undefined) return new Set(stored.settings.roles.map(({ role }) => role));
  const configured = rooms.room.find((room) => room.id === id);
  if (configured === undefined && rooms.only_configured)
    throw new PorticoError('room_not_found', 'Room not found');
  return new Set((configured ?? rooms.default).roles.map(({ role }) => role));
}

/** A room is opened by tokens of its service, so the super service signs with that one's key. */
async function signerOf(
  caller: Caller,
  { stored }: ReachedRoom,
  directory: ServiceDirectory,
): Promise<KnownService> {
  if (stored === undefined || stored.service === caller.service.id) return caller.service;
  return (await directory.find(stored.service)) ?? caller.service;
}

/**
 * Signs a token for a room and notes it; it is on disk when this resolves.
 * @throws PorticoError `bad_request` when the user or role is not acceptable, `resource_exhausted` without portals
 */
export async function issue(
  { config, tokens, membership, directory }: IssueOptions,
  caller: Caller,
  { room, request }: { room: ReachedRoom; request: TokenCreation },
): Promise<IssuedToken> {
  const user = caller.user ?? request.user ?? '';
  const role = caller.role ?? request.role ?? '';
  if (user === '' || !rolesOf(room, config).has(role)) {
    throw new PorticoError('bad_request', 'Name or role not valid', { field: user === '' ? 'user' : 'role' });
  }
  const { host, secure, url } = choosePortal(membership);
  const service = await signerOf(caller, room, directory);
  const now = Date.now();
  const { text, claims } = issueToken({
    now,
    key: service.signing,
    room: room.id,
    user,
    role,
    host,
    secure,
    lifetimeS: request.lifetime ?? config.management.token_lifetime_s,
    ...(request.attributes === undefined ? {} : { attributes: request.attributes }),
  });
  const { jti: id, exp } = claims;
  const expiresAt = exp * 1_000;
  const row = { id, service: service.id, room: room.id, user, role, issuedAt: now, expiresAt };
  await tokens.add(row);
  return { token: text, id, expiresAt, url };
}
