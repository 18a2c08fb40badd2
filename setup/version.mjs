// @ts-check

/** The Node release that the set-up brings when the machine's own is too old: a current LTS. */
export const PINNED_NODE = '22.23.3';

/**
 * @param {string} text such as `v20.20.2` or `22.18.0-nightly`
 * @returns {[number, number, number] | undefined}
 */
export function parseVersion(text) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} below zero when `a` is older than `b`; a text that is no version is older than any
 */
export function compareVersions(a, b) {
  const left = parseVersion(a) ?? [-1, -1, -1];
  const right = parseVersion(b) ?? [-1, -1, -1];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/**
 * Whether this Node runs our sources. They are TypeScript whose types Node itself strips, which it
 * does without a flag from 22.18 on, and in the 23 line from 23.6.
 *
 * @param {string} version
 */
export function runsPortico(version) {
  const major = parseVersion(version)?.[0] ?? 0;
  return major === 23 ? compareVersions(version, '23.6.0') >= 0 : compareVersions(version, '22.18.0') >= 0;
}
