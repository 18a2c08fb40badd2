// @ts-check
/**
 * What each command needs before it can run. Everything needs a Node that runs Portico, and its packages.
 *
 * @typedef {object} Needs
 * @property {boolean} worker  the mediasoup worker
 * @property {'no' | 'wanted' | 'required'} ffmpeg  `wanted`: the command runs without, with less
 * @property {boolean} client  the built browser files
 * @property {boolean} tests   the programs that the tests drive
 */

/** @type {Needs} */
const PACKAGES_ONLY = { worker: false, ffmpeg: 'no', client: false, tests: false };

/** @type {Needs} */
const EVERYTHING = { worker: true, ffmpeg: 'wanted', client: true, tests: false };

/** @type {Readonly<Record<string, Needs>>} */
const BY_COMMAND = {
  start: EVERYTHING,
  portal: { ...PACKAGES_ONLY, client: true },
  access: { ...PACKAGES_ONLY, worker: true },
  mixer: { ...PACKAGES_ONLY, worker: true, ffmpeg: 'required' },
  doctor: EVERYTHING,
  'load-test': { ...PACKAGES_ONLY, worker: true },
};

/**
 * @param {string} mode of the set-up: `start`, `test`, `bench` or `portico`
 * @param {string[]} args after it; for `portico` they begin with the command
 * @returns {Needs}
 */
export function needsOf(mode, args) {
  if (mode === 'test' || mode === 'bench')
    return { worker: true, ffmpeg: 'required', client: true, tests: true };
  const command = mode === 'start' ? 'start' : args.find((arg) => !arg.startsWith('-'));
  const asksForHelp = args.some((arg) => arg === '--help' || arg === '-h');
  return (!asksForHelp && BY_COMMAND[command ?? '']) || PACKAGES_ONLY;
}
