// @ts-check

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {number} passed
 * @property {number} failed
 * @property {number} seconds
 * @property {{ title: string, seconds: number }[]} slowest the slowest tests, slowest first
 */

const shownSlowest = 8;
/** Tests faster than this are of no interest, seconds. */
const slowS = 0.5;

/** @param {string} left @param {string} right */
const row = (left, right) => `  ${left.padEnd(30)} ${right}\n`;

/**
 * Prints durations, the slowest tests, and as the last line the counts.
 *
 * @param {Result[]} results
 * @returns {0 | 1} exit code
 */
export function printSummary(results) {
  let text = '\nDurations\n';
  for (const { name, passed, failed, seconds } of results) {
    text += row(name, `${seconds.toFixed(1).padStart(7)} s   ${passed} passed, ${failed} failed`);
  }
  const slowest = results
    .flatMap((result) => result.slowest)
    .filter((test) => test.seconds >= slowS)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, shownSlowest);
  if (slowest.length > 0) text += '\nSlowest tests\n';
  for (const { title, seconds } of slowest) text += `  ${seconds.toFixed(1).padStart(7)} s   ${title}\n`;
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  process.stdout.write(`${text}\n${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
