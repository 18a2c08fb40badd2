import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RoomConfig } from '../../../common/config/schema.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import type { Kind } from '../../../common/contract/media.ts';
import { defaultRoles } from '../../../common/contract/room-settings.ts';
import { permissionOf, requireKinds, requireModerator } from '../../../conference-agent/permissions.ts';

const config = RoomConfig.parse({});
const codeOf = (action: () => void): string => {
  try {
    action();
  } catch (error) {
    return PorticoError.from(error).code;
  }
  return 'ok';
};

describe('permissions', () => {
  it('of the default roles are those of OWT', () => {
    const may = (role: string, action: 'publish' | 'subscribe', kind: Kind) =>
      codeOf(() => {
        requireKinds(permissionOf(config, role), action, [kind]);
      }) === 'ok';
    const table = defaultRoles.map(({ role }) => [
      role,
      may(role, 'publish', 'audio'),
      may(role, 'publish', 'video'),
      may(role, 'subscribe', 'audio'),
      may(role, 'subscribe', 'video'),
      permissionOf(config, role).moderate === true,
    ]);
    assert.deepEqual(table, [
      ['presenter', true, true, true, true, true],
      ['viewer', false, false, true, true, false],
      ['audio_only_presenter', true, false, true, false, false],
      ['video_only_viewer', false, false, false, true, false],
    ]);
  });

  it('carry nothing but what they permit', () => {
    assert.deepEqual(Object.keys(permissionOf(config, 'presenter')).toSorted(), [
      'moderate',
      'publish',
      'subscribe',
    ]);
  });

  it('do not exist for a role that the room does not define', () => {
    for (const role of ['', 'admin', 'constructor', '__proto__']) {
      assert.equal(
        codeOf(() => permissionOf(config, role)),
        'role_unknown',
      );
    }
  });

  it('must cover every kind that is asked for; what is not said is not permitted', () => {
    const kinds = fc.subarray<Kind>(['audio', 'video'], { minLength: 1 });
    const flag = fc.constantFrom(true, false, undefined);
    fc.assert(
      fc.property(kinds, flag, flag, (asked, audio, video) => {
        const publish = {
          ...(audio === undefined ? {} : { audio }),
          ...(video === undefined ? {} : { video }),
        };
        const allowed = asked.every((kind) => (kind === 'audio' ? audio : video) === true);
        const outcome = codeOf(() => {
          requireKinds({ publish }, 'publish', asked);
        });
        assert.equal(outcome, allowed ? 'ok' : 'forbidden');
        const other = codeOf(() => {
          requireKinds({ publish }, 'subscribe', asked);
        });
        assert.equal(other, 'forbidden');
      }),
    );
  });

  it('to moderate are needed by name', () => {
    const outcomes = [{}, { moderate: false }, { moderate: true }].map((permission) =>
      codeOf(() => {
        requireModerator(permission, 'remove others');
      }),
    );
    assert.deepEqual(outcomes, ['forbidden', 'forbidden', 'ok']);
  });
});
