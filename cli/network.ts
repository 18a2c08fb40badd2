import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from '../common/config/environment.ts';
import type { Config } from '../common/config/schema.ts';

/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** Folder for what the server makes for itself: [data_dir], else the user's data folder (XDG). */
export function dataDir(config: Config, env: Environment): string {
  if (config.data_dir !== '') return config.data_dir;
  const xdg = env['XDG_DATA_HOME'];
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env['HOME'] ?? homedir(), '.local', 'share');
  return join(base, 'portico');
}
