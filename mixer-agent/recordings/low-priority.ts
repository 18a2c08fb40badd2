import { constants, setPriority } from 'node:os';

/** Calls go on while recordings are finished; they come first. */
export function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It may be gone already.
  }
}
