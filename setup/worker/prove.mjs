// @ts-check
import { run } from '../command.mjs';

/** What a mediasoup worker answers when it is not started by mediasoup: its environment variable is missing. */
const NOT_MY_FATHER = 41;

/**
 * @param {string} file
 * @returns {Promise<string | undefined>} why this is no worker that runs here; nothing when it is one
 */
export async function whyUnusable(file) {
  const { code, output, unstartable } = await run(file, [], { env: {}, timeoutMs: 10_000 });
  if (code === NOT_MY_FATHER) return undefined;
  if (unstartable !== undefined) return `${file} cannot be started (${unstartable})`;
  const last = output.trim().split('\n').at(-1);
  return `${file} is no working mediasoup worker: it ended with code ${code} instead of ${NOT_MY_FATHER}${last ? ` (${last})` : ''}`;
}
