// @ts-check

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {number} passed
 * @property {number} failed
 * @property {number} seconds
 * @property {{ title: string, seconds: number }[]} slowest the slowest tests, slowest first
 * @property {{ title: string, reason: string }[]} failures
 */

const shownSlowest = 8;
/** Tests faster than this are of no interest, seconds. */
const slowS = 0.5;

/** @param {string} left @param {string} right */
const row = (left, right) => `  ${left.padEnd(30)} ${right}\n`;

/**
 * Prints durations, the slowest tests, what failed, and as the last line the counts. Failures stand here again, as often
 * only the end of a long output is kept.
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
  text += failuresOf(results);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  process.stdout.write(`${text}\n${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** @param {Result[]} results @returns {string} */
function failuresOf(results) {
  const failures = results.flatMap((result) => result.failures.map((one) => ({ ring: result.name, ...one })));
  if (failures.length === 0) return '';
  const texts = failures.map(
    ({ ring, title, reason }) => `  ${ring}: ${title}\n${reason.replaceAll(/^/gm, '      ')}\n`,
  );
  return `\nFailed\n${texts.join('\n')}`;
}
