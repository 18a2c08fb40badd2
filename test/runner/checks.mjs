// @ts-check
import { existsSync } from 'node:fs';
import { run } from './run-program.mjs';

/** @typedef {import('./summary.mjs').Result} Result */

/**
 * Checks that run no test; each counts as one.
 *
 * @type {ReadonlyArray<{ name: string, args: string[], needs?: string }>}
 */
export const checks = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  {
    name: 'types of the client',
    args: ['node_modules/typescript/bin/tsc', '-p', 'client'],
    needs: 'client/tsconfig.json',
  },
  {
    name: 'types of the tests in browsers',
    args: ['node_modules/typescript/bin/tsc', '-p', 'test'],
    needs: 'test/tsconfig.json',
  },
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0', '.'] },
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'] },
  { name: 'unused code', args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
];

/** Of a failed check in the summary; all of it stands where it ran. */
const reasonLines = 20;

/** @param {typeof checks[number]} check @returns {Promise<Result>} */
export async function runCheck({ name, args, needs }) {
  process.stdout.write(`${name} ...`);
  if (needs !== undefined && !existsSync(needs)) {
    process.stdout.write(` failed: ${needs} is missing\n`);
    return {
      name,
      passed: 0,
      failed: 1,
      seconds: 0,
      slowest: [],
      failures: [{ title: name, reason: `${needs} is missing` }],
    };
  }
  const { code, output, seconds } = await run(args, { limitS: 600, capture: true });
  const ok = code === 0;
  process.stdout.write(
    ok ? ` ok (${seconds.toFixed(1)} s)\n` : ` FAILED (${seconds.toFixed(1)} s)\n${output}\n`,
  );
  const failures = ok
    ? []
    : [{ title: name, reason: output.trim().split('\n').slice(-reasonLines).join('\n') }];
  return { name, passed: ok ? 1 : 0, failed: ok ? 0 : 1, seconds, slowest: [], failures };
}
