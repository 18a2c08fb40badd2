/* Stand-ins for the members that a room's owner works with. */
export { ScriptedAccess } from './scripted-access.ts';
export { ScriptedMixer } from './scripted-mixer.ts';
export { ScriptedPortal, type Guest, type ScriptedJoin } from './scripted-portal.ts';
export type { HeldCall, ScriptedMember } from './scripted-calls.ts';
