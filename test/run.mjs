// @ts-check
/**
 * `npm test`: static checks, then the rings of tests (unit, integration, end to end), each in a process of its own.
 * `npm test -- unit` runs one ring, `npm test -- static unit` two; options and files after the names go to mocha:
 * `npm test -- unit --grep token`, `npm test -- integration test/integration/bus/calls.test.ts`.
 * The last line says `N passed, N failed`; the exit code is 1 when anything failed.
 */
import { checks, runCheck } from './runner/checks.mjs';
import { rings, runRing } from './runner/ring.mjs';
import { printSummary } from './runner/summary.mjs';

/** @typedef {import('./runner/summary.mjs').Result} Result */

// Paths below are those of the checkout, wherever the command was given.
process.chdir(new URL('..', import.meta.url).pathname);

const parts = ['static', ...Object.keys(rings)];

/** @param {string[]} argv @returns {{ chosen: string[], rest: string[] }} */
function readArguments(argv) {
  const end = argv.findIndex((word) => !parts.includes(word));
  const names = end < 0 ? argv : argv.slice(0, end);
  const rest = end < 0 ? [] : argv.slice(end);
  if (names.length === 0 && rest.length > 0) {
    process.stderr.write(`usage: npm test -- [${parts.join('|')}]... [mocha options and files]\n`);
    process.exit(2);
  }
  return { chosen: names.length === 0 ? parts : parts.filter((part) => names.includes(part)), rest };
}

/**
 * One broker for all rings that want one. It is told to the tests by a variable; tests that must kill a broker start
 * their own.
 *
 * @param {string[]} chosen
 */
async function startBroker(chosen) {
  if (!chosen.some((name) => rings[name]?.broker)) return undefined;
  const { sharedBrokerVariable, startRabbit } = await import('./support/rabbitmq.ts');
  if (process.env[sharedBrokerVariable]) return undefined;
  const broker = await startRabbit();
  process.env[sharedBrokerVariable] = broker.url;
  return broker;
}

/** @param {string[]} chosen @param {string[]} rest @returns {Promise<Result[]>} */
async function runRings(chosen, rest) {
  /** @type {Result[]} */
  const results = [];
  let broker;
  try {
    broker = await startBroker(chosen);
  } catch (error) {
    process.stderr.write(`\nRabbitMQ could not be started for the tests: ${String(error)}\n`);
    const failures = [{ title: 'start RabbitMQ', reason: String(error) }];
    results.push({ name: 'broker', passed: 0, failed: 1, seconds: 0, slowest: [], failures });
  }
  try {
    for (const name of chosen) if (rings[name]) results.push(await runRing(name, rest));
  } finally {
    await broker?.stop();
  }
  return results;
}

async function main() {
  const { chosen, rest } = readArguments(process.argv.slice(2));
  /** @type {Result[]} */
  const results = [];
  if (chosen.includes('static')) for (const check of checks) results.push(await runCheck(check));
  results.push(...(await runRings(chosen, rest)));
  process.exitCode = printSummary(results);
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  // Children are told by the terminal or by the set-up; the broker goes when this process is gone.
  process.once(signal, () => process.exit(130));
}
await main();
