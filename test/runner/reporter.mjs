// @ts-check
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** How long the process may live on after its last test: what is still open then was left open by a test. */
const graceMs = 15_000;
const slowestCount = 10;
/** Of a failed test in the summary; all of it is in mocha's own report. */
const reasonLines = 12;

/** Mocha's usual report on the terminal, and counts in a file for the summary of all rings. */
export default class RingReporter extends Mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    /** @type {{ title: string, seconds: number }[]} */
    const times = [];
    let passed = 0;
    let failed = 0;
    runner.on('pass', (test) => {
      passed += 1;
      times.push({ title: test.fullTitle(), seconds: (test.duration ?? 0) / 1000 });
    });
    /** @type {{ title: string, reason: string }[]} */
    const failures = [];
    runner.on('fail', (test, error) => {
      failed += 1;
      failures.push({ title: test.fullTitle(), reason: reasonOf(error) });
    });
    runner.once('end', () => {
      const slowest = times.sort((a, b) => b.seconds - a.seconds).slice(0, slowestCount);
      const report = (/** @type {number} */ more) => {
        const text = JSON.stringify({ passed, failed: failed + more, slowest, failures });
        writeFileSync(options.reporterOptions.output, text);
      };
      report(0);
      // Runs only when something keeps the process alive. The exit code is mocha's, so the report says it.
      setTimeout(() => {
        report(1);
        endLeaking();
      }, graceMs).unref();
    });
  }
}

/** @param {unknown} error @returns {string} the message and where it came from, in a few lines */
function reasonOf(error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.split('\n').slice(0, reasonLines).join('\n');
}

function endLeaking() {
  process.stderr.write(
    `\nThe tests are over, but the process does not end: something was left open:\n` +
      `  ${process.getActiveResourcesInfo().join(', ')}\n`,
  );
  process.exit(1);
}
