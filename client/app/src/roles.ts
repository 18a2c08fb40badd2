/** The roles a room has unless it defines its own. */
export const roles = [
  { id: 'presenter', name: 'Presenter', help: 'Sees, hears, speaks, shares and moderates' },
  { id: 'viewer', name: 'Viewer', help: 'Sees and hears only' },
  { id: 'audio_only_presenter', name: 'Audio only', help: 'Speaks and hears, without pictures' },
  { id: 'video_only_viewer', name: 'Silent viewer', help: 'Sees only, without sound' },
] as const;

export const defaultRole = 'presenter';

/** Readable name of a role; roles that a room defined itself are shown as they are. */
export const roleName = (id: string): string => roles.find((role) => role.id === id)?.name ?? id;

/** What a role will probably want from the devices, before the server has said what it may. */
export const likelySources = (role: string): { mic: boolean; camera: boolean } => ({
  mic: role !== 'viewer' && role !== 'video_only_viewer',
  camera: role !== 'viewer' && role !== 'video_only_viewer' && role !== 'audio_only_presenter',
});
