import { constants } from 'node:os';

/** Calls go on while recordings are finished; they come first. */
export const lowPriority = constants.priority.PRIORITY_LOW;
