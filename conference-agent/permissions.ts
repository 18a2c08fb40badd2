import type { RoomConfig } from '../common/config/schema.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { Kind, Permission } from '../common/contract/media.ts';

/**
 * What a role may do in a room.
 * @throws PorticoError `role_unknown`.
 */
export function permissionOf(config: RoomConfig, role: string): Permission {
  const found = config.roles.find((candidate) => candidate.role === role);
  if (found === undefined)
    throw new PorticoError('role_unknown', `role '${role}' is not defined in this room`, { field: 'role' });
  const { role: _name, ...permission } = found;
  return permission;
}

/** @throws PorticoError `forbidden` when one of the kinds may not be published or subscribed. */
export function requireKinds(
  permission: Permission,
  action: 'publish' | 'subscribe',
  kinds: readonly Kind[],
): void {
  for (const kind of kinds) {
    if (permission[action]?.[kind] !== true) {
      throw new PorticoError('forbidden', `the role of this participant may not ${action} ${kind}`, {
        field: 'media.tracks',
      });
    }
  }
}

/** @throws PorticoError `forbidden`. */
export function requireModerator(permission: Permission, what: string): void {
  if (permission.moderate !== true)
    throw new PorticoError('forbidden', `the role of this participant may not ${what}`);
}
