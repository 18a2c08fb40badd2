// @ts-check
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run-program.mjs';

/** @typedef {import('./summary.mjs').Result} Result */

/**
 * The rings, from the inside out. `testMs`: limit of a test that sets none. `limitS`: of the ring.
 *
 * @type {Readonly<Record<string, { title: string, testMs: number, limitS: number, broker: boolean }>>}
 */
export const rings = {
  unit: { title: 'unit tests', testMs: 10_000, limitS: 300, broker: false },
  integration: { title: 'integration tests', testMs: 30_000, limitS: 2400, broker: true },
  e2e: { title: 'end-to-end tests', testMs: 120_000, limitS: 3600, broker: true },
};

/**
 * Runs one ring with mocha. Nothing is skipped, repeated after a failure, or run alone.
 *
 * @param {string} name
 * @param {string[]} extra options for mocha, and files instead of all of the ring
 * @returns {Promise<Result>}
 */
export async function runRing(name, extra) {
  const ring = rings[name];
  if (ring === undefined) throw new Error(`there is no ring '${name}'`);
  process.stdout.write(`\n${ring.title}\n`);
  const files = extra.some((word) => word.endsWith('.test.ts')) ? [] : filesOf(name);
  const folder = mkdtempSync(join(tmpdir(), 'portico-test-'));
  const report = join(folder, 'report.json');
  const args = [
    'node_modules/mocha/bin/mocha.js',
    ...['--extension', 'ts', '--forbid-only', '--forbid-pending', '--timeout', String(ring.testMs)],
    ...['--reporter', 'test/runner/reporter.mjs', '--reporter-option', `output=${report}`],
    ...files,
    ...extra,
  ];
  try {
    const { code, seconds } = await run(args, { limitS: ring.limitS });
    return resultOf({ name: ring.title, code, seconds, report });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} name @returns {string[]} sorted, so that every run has the same order */
const filesOf = (name) => globSync(`test/${name}/**/*.test.ts`).sort();

/**
 * A run that ends badly without a failed test (a crash, something left open, no tests at all) is a failure, too.
 *
 * @param {{ name: string, code: number, seconds: number, report: string }} options
 * @returns {Result}
 */
function resultOf({ name, code, seconds, report }) {
  const { passed, failed, slowest, failures } = readReport(report);
  const crashed = failed === 0 && (code !== 0 || passed === 0);
  if (crashed) process.stdout.write(`\n${name}: ended with code ${code} although no test failed\n`);
  return { name, passed, failed: crashed ? 1 : failed, seconds, slowest, failures };
}

/** @param {string} file @returns {Pick<Result, 'passed' | 'failed' | 'slowest' | 'failures'>} */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, slowest: [], failures: [] };
  }
}
