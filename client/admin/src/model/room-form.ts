import type { Room, RoomUpdate } from '../../../../management-api/schemas/rooms.ts';
import type { Container } from '../../../../common/contract/egress.ts';
import { viewFormOf, viewsOf } from './view-form.ts';
import type { ViewForm } from './view-form.ts';

type RoleSetting = Room['roles'][number];

/** What the dialog shows of a room; limits as text, empty for none. */
export interface RoomForm {
  name: string;
  participantLimit: string;
  inputLimit: string;
  roles: RoleRow[];
  participantActivities: boolean;
  streamChange: boolean;
  views: ViewForm[];
  autoMix: boolean;
  autoRecord: AutoRecordForm;
}

/** What a room records by itself. */
export interface AutoRecordForm {
  on: boolean;
  /** Label of a view; empty: the first one. */
  view: string;
  container: Container;
}

const autoRecordOf = ({ autoRecord }: Room): AutoRecordForm =>
  autoRecord === false
    ? { on: false, view: '', container: 'auto' }
    : { on: true, view: autoRecord.view ?? '', container: autoRecord.container };

export interface RoleRow {
  role: string;
  publishAudio: boolean;
  publishVideo: boolean;
  subscribeAudio: boolean;
  subscribeVideo: boolean;
  moderate: boolean;
}

export const newRole: RoleRow = {
  role: '',
  publishAudio: true,
  publishVideo: true,
  subscribeAudio: true,
  subscribeVideo: true,
  moderate: false,
};

const rowOf = ({ role, publish, subscribe, moderate }: RoleSetting): RoleRow => ({
  role,
  publishAudio: publish?.audio === true,
  publishVideo: publish?.video === true,
  subscribeAudio: subscribe?.audio === true,
  subscribeVideo: subscribe?.video === true,
  moderate: moderate === true,
});

const settingOf = (row: RoleRow): RoleSetting => ({
  role: row.role.trim(),
  publish: { audio: row.publishAudio, video: row.publishVideo },
  subscribe: { audio: row.subscribeAudio, video: row.subscribeVideo },
  ...(row.moderate ? { moderate: true } : {}),
});

const limitText = (limit: number): string => (limit < 0 ? '' : String(limit));

export const formOf = (room: Room): RoomForm => ({
  name: room.name,
  participantLimit: limitText(room.participantLimit),
  inputLimit: limitText(room.inputLimit),
  roles: room.roles.map(rowOf),
  participantActivities: room.notifying.participantActivities,
  streamChange: room.notifying.streamChange,
  views: room.views.map(viewFormOf),
  autoMix: room.autoMix,
  autoRecord: autoRecordOf(room),
});

/** @throws Error with a sentence */
function limitOf(text: string, what: string): number {
  const trimmed = text.trim();
  if (trimmed === '') return -1;
  if (!/^\d{1,6}$/u.test(trimmed) || Number(trimmed) > 100_000) {
    throw new Error(`The ${what} must be a whole number up to 100000, or empty for no limit.`);
  }
  return Number(trimmed);
}

/** A room without views has nothing to record; a view that is gone gives way to the first one. */
function recordingOf({ autoRecord: { on, view, container }, views }: RoomForm): Room['autoRecord'] {
  if (!on || views.length === 0) return false;
  const known = views.some(({ label }) => label.trim() === view);
  return { container, ...(known ? { view } : {}) };
}

/**
 * What is to be stored.
 *
 * @throws Error with a sentence that says what is missing
 */
export function updateOf(
  form: RoomForm,
): Required<
  Pick<
    RoomUpdate,
    'name' | 'participantLimit' | 'inputLimit' | 'roles' | 'notifying' | 'views' | 'autoMix' | 'autoRecord'
  >
> {
  const name = form.name.trim();
  if (name === '') throw new Error('The room needs a name.');
  const roles = form.roles.map(settingOf);
  if (roles.some(({ role }) => role === '')) throw new Error('Each role needs a name.');
  const twice = roles.find(({ role }, index) => roles.findIndex((other) => other.role === role) < index);
  if (twice !== undefined) throw new Error(`The role “${twice.role}” is there twice.`);
  return {
    name,
    participantLimit: limitOf(form.participantLimit, 'participant limit'),
    inputLimit: limitOf(form.inputLimit, 'input limit'),
    roles,
    notifying: { participantActivities: form.participantActivities, streamChange: form.streamChange },
    views: viewsOf(form.views),
    autoMix: form.autoMix,
    autoRecord: recordingOf(form),
  };
}
